// What comes in front of the page: closed by Escape, by its button, and by a press beside it. The focus goes in, and back.

import { useLayoutEffect, useRef } from "../vendor/preact-hooks.js";
import { t } from "../words.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";

export function Dialog({ kind, title, close, children }) {
  const box = useRef(null);
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const onPress = (event) => event.target === box.current && close();
  const onCancel = (event) => {
    event.preventDefault();
    close();
  };
  return html`
    <dialog class=${kind} ref=${box} aria-labelledby=${`${kind}-title`} onPointerDown=${onPress} onCancel=${onCancel}>
      <div class="sheet">
        <header>
          <h2 id=${`${kind}-title`}>${title}</h2>
          <button type="button" class="plain" aria-label=${t("Close")} onClick=${close}><${Icon} name="close" /></button>
        </header>
        ${children}
      </div>
    </dialog>
  `;
}
