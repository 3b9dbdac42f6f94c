// Files that come over the page: dropped on it, or pasted.

import { useContext, useEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { t } from "../words.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";

const holds = (data) => data !== null && [...data.types].includes("Files");

/** Has them go beside what is written in the room of that name, or nowhere where it is null. */
export function Dropping({ room, title }) {
  const { act } = useContext(Page);
  const [over, setOver] = useState(false);
  const now = useRef(null);
  now.current = room;
  useEffect(() => {
    let depth = 0;
    const may = () => now.current !== null && document.querySelector("dialog[open]") === null;
    const leave = () => {
      depth = 0;
      setOver(false);
    };
    const acts = {
      dragenter() {
        depth += 1;
        if (may()) setOver(true);
      },
      dragleave() {
        depth -= 1;
        if (depth <= 0) leave();
      },
      dragover: (event) => {
        event.dataTransfer.dropEffect = may() ? "copy" : "none";
      },
      drop(event) {
        leave();
        if (may() && event.dataTransfer.files.length > 0) act.tray("add", now.current, [...event.dataTransfer.files]);
      },
    };
    const onDrag = (event) => {
      if (!holds(event.dataTransfer)) return;
      // A browser would go to the file, and away from here.
      event.preventDefault();
      acts[event.type](event);
    };
    const onPaste = (event) => {
      const { clipboardData: data } = event;
      // What has words too, such as a part of a document, is pasted as words.
      if (data === null || data.files.length === 0 || [...data.types].includes("text/plain") || !may()) return;
      event.preventDefault();
      act.tray("add", now.current, [...data.files]);
    };
    const names = Object.keys(acts);
    for (const name of names) document.addEventListener(name, onDrag);
    document.addEventListener("paste", onPaste);
    return () => {
      for (const name of names) document.removeEventListener(name, onDrag);
      document.removeEventListener("paste", onPaste);
    };
  }, []);
  return over && html`<div class="dropping" aria-hidden="true"><p><${Icon} name="clip" />${t("Drop files to send them to {name}", { name: title })}</p></div>`;
}
