// The grid of emoji: by group, or those whose code fits what is typed.

import { useContext, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { emojiFitting } from "../emoji.js";
import { key, t } from "../words.js";
import { html, Page } from "./html.js";
import { onArrows, useOneStop } from "./roving.js";

const MOST_FOUND = 120;

const GROUPS = [key("Smileys"), key("People"), key("Nature"), key("Food"), key("Travel"), key("Activities"), key("Objects"), key("Symbols"), key("Flags")];

const arrows = onArrows("button", { grid: true });

function Signs({ signs, label, choose }) {
  const list = useRef(null);
  useOneStop(list, "button");
  return html`
    <div class="signs" ref=${list} role="group" aria-label=${label} onKeyDown=${arrows}>
      ${signs.map(([sign, code]) => html`<button type="button" key=${code} aria-label=${code.replaceAll("_", " ")} title=${`:${code}:`} onClick=${() => choose(sign)}>${sign}</button>`)}
    </div>
  `;
}

export function Emojis({ choose, close }) {
  const { act, grid } = useContext(Page);
  const [group, setGroup] = useState(0);
  const [sought, setSought] = useState("");
  const field = useRef(null);
  const box = useRef(null);
  const tabs = useRef(null);
  useOneStop(tabs, "button");
  useLayoutEffect(() => {
    act.wantGrid();
    field.current.focus();
    const onPress = ({ target }) => {
      if (!box.current.contains(target) && !target.closest(".picks")) close();
    };
    document.addEventListener("pointerdown", onPress);
    return () => document.removeEventListener("pointerdown", onPress);
  }, []);
  const onKeyDown = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
  };
  const all = grid();
  const found = all === null ? [] : sought.trim() === "" ? (all[group] ?? []) : emojiFitting(all, sought.trim(), MOST_FOUND);
  return html`
    <div class="emojis" ref=${box} role="dialog" aria-label=${t("Emoji")} onKeyDown=${onKeyDown}>
      <input ref=${field} type="search" aria-label=${t("Find an emoji")} placeholder=${t("Find an emoji")} autocomplete="off" value=${sought} onInput=${(event) => setSought(event.currentTarget.value)} />
      <div class="groups" ref=${tabs} role="group" aria-label=${t("Groups")} onKeyDown=${arrows}>
        ${(all ?? []).map((signs, index) => html`<button type="button" key=${index} aria-pressed=${index === group && sought.trim() === "" ? "true" : "false"} aria-label=${t(GROUPS[index] ?? "Emoji")} onClick=${() => { setGroup(index); setSought(""); }}>${signs[0][0]}</button>`)}
      </div>
      ${
        all === null
          ? html`<p class="hint" role="status">${t("Loading…")}</p>`
          : found.length === 0
            ? html`<p class="hint" role="status">${t("Nothing is called that.")}</p>`
            : html`<${Signs} signs=${found} label=${sought.trim() === "" ? t(GROUPS[group] ?? "Emoji") : t("Found")} choose=${choose} />`
      }
    </div>
  `;
}
