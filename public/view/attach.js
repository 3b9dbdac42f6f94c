// What is shown while files are held over the page. They are taken by incoming.js.

import { useEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { t } from "../words.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";

/** `may` is whether the room of that title takes files from this person. */
export function Dropping({ may, title }) {
  const [over, setOver] = useState(false);
  const now = useRef(null);
  now.current = may;
  useEffect(() => {
    let depth = 0;
    const onDrag = ({ type, dataTransfer: data }) => {
      if (!data?.types.includes("Files")) return;
      depth = type === "drop" ? 0 : Math.max(0, depth + (type === "dragenter" ? 1 : -1));
      setOver(depth > 0 && now.current && document.querySelector("dialog[open]") === null);
    };
    const names = ["dragenter", "dragleave", "drop"];
    for (const name of names) document.addEventListener(name, onDrag);
    return () => {
      for (const name of names) document.removeEventListener(name, onDrag);
    };
  }, []);
  return over && html`<div class="dropping" aria-hidden="true"><p><${Icon} name="clip" />${t("Drop files to send them to {name}", { name: title })}</p></div>`;
}
