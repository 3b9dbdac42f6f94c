// The list of shortcuts.

import { LIST } from "../keyboard.js";
import { t } from "../words.js";
import { Dialog } from "./dialog.js";
import { html } from "./html.js";

const MAC = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

const named = (key) => (MAC ? ({ Ctrl: "⌘", Alt: "⌥" }[key] ?? key) : key);

export const Help = ({ close }) => html`
  <${Dialog} kind="help" title=${t("Keyboard")} close=${close}>
    <dl class="keys">
      ${LIST.map(([keys, words]) => html`<div key=${words}><dt>${keys.map((key, index) => html`${index > 0 && " + "}<kbd>${named(key)}</kbd>`)}</dt><dd>${t(words)}</dd></div>`)}
    </dl>
  <//>
`;
