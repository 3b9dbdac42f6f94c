// A person: picture and name. Names are written by people, so each stands in a box of its own that nothing leaves.

import { useContext } from "../vendor/preact-hooks.js";
import { isPicture } from "../checks.js";
import { t } from "../words.js";
import { html, Page } from "./html.js";

export const Picture = ({ who, size = 24 }) =>
  isPicture(who.avatar)
    ? html`<img class="picture" src=${who.avatar} alt="" width=${size} height=${size} loading="lazy" />`
    : html`<span class="picture" aria-hidden="true"></span>`;

// Whether something is cut depends on where it stands, so it is looked at when the mouse comes.
function tellWhole({ currentTarget: box }) {
  if (box.scrollWidth > box.clientWidth) box.title = box.textContent;
  else box.removeAttribute("title");
}

/** A name in one line; where that is too short for it, the mouse gets the whole. */
export const Name = ({ name, kind = "name" }) => html`<bdi class=${kind} onPointerEnter=${tellWhole}>${name}</bdi>`;

/**
 * Picture and name as one button that opens a private conversation; plain where none can be had. What a press of the
 * other button of the mouse opens is `menu(opener)`.
 */
export function Chip({ who, me, note, tabindex, menu = null }) {
  const { act } = useContext(Page);
  const inner = html`<${Picture} who=${who} /><${Name} name=${who.name} />${note && html`<span class="note">${note}</span>`}`;
  const onContextMenu = (event) => {
    if (menu === null || who.id === me?.id) return;
    event.preventDefault();
    menu(event.currentTarget);
  };
  if (who.id === me?.id || who.via) return html`<span class="chip" onContextMenu=${onContextMenu}>${inner}</span>`;
  return html`
    <button type="button" class="chip" tabindex=${tabindex} title=${t("Write to this person alone")} onClick=${() => act.openPrivate(who)} onContextMenu=${onContextMenu}>${inner}</button>
  `;
}
