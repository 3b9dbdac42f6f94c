// Header, footer, the notice, and between them either the door or the chat.

import { useContext, useEffect } from "../vendor/preact-hooks.js";
import { placeOf } from "../address.js";
import { unreadIn } from "../order.js";
import { at } from "../room.js";
import { t } from "../words.js";
import { Chat } from "./chat.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { Join } from "./join.js";

const NOTICE_MS = 4000;

// The part that has a dialog, where that is not the one of most of them.
const PARTS = { search: "search", picture: "files" };

function Toast({ notice }) {
  const { act } = useContext(Page);
  useEffect(() => {
    if (notice === null) return undefined;
    const timer = setTimeout(() => act.noticeOver(notice.n), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return html`<div class="toasts" role="alert">${notice && html`<p class="toast" key=${notice.n}>${notice.text}</p>`}</div>`;
}

function Top({ state, panel }) {
  const { act } = useContext(Page);
  const inside = state.phase === "joined";
  const { count: unread, called } = unreadIn(state.rooms);
  const count = state.active === null ? 0 : (at(state.rooms, state.active)?.count ?? 0);
  const toggle = (name) => act.panel(panel === name ? null : name);
  return html`
    <header class="top">
      ${
        inside &&
        html`<button type="button" class="opener" aria-label=${t("Rooms")} aria-controls="rooms" aria-expanded=${panel === "rooms" ? "true" : "false"} onClick=${() => toggle("rooms")}>
          <${Icon} name="rooms" />${unread > 0 && html`<span class=${called > 0 ? "badge called" : "badge"}>${unread > 99 ? "99+" : unread}</span>`}
        </button>`
      }
      <a class="brand" href="/"><img src="/icon.svg" alt="" width="24" height="24" />chatd</a>
      ${inside && html`<button type="button" class="plain" aria-label=${t("Go to a room or a person")} title=${t("Go to a room or a person")} onClick=${() => act.dialog("switcher")}><${Icon} name="rooms-of" /></button>`}
      ${inside && html`<button type="button" class="plain" aria-label=${t("Search messages")} title=${t("Search messages")} onClick=${() => act.dialog("search")}><${Icon} name="search" /></button>`}
      ${inside && html`<button type="button" class="plain shortcuts" aria-label=${t("Keyboard")} title=${t("Keyboard")} onClick=${() => act.dialog("help")}><${Icon} name="keys" /></button>`}
      <button type="button" class="plain" aria-label=${t("Settings")} title=${t("Settings")} onClick=${() => act.dialog("settings")}><${Icon} name="settings" /></button>
      ${
        inside &&
        state.active !== null &&
        html`<button type="button" class="opener people" aria-label=${t("People")} aria-controls="people" aria-expanded=${panel === "people" ? "true" : "false"} onClick=${() => toggle("people")}>
          <${Icon} name="people" /><span>${count}</span>
        </button>`
      }
    </header>
  `;
}

export function Root({ state, page, ui }) {
  const inside = state.phase === "joined";
  const close = () => page.act.dialog(null);
  const Open = ui.dialog === null || (!inside && ui.dialog !== "settings") ? null : page.part(PARTS[ui.dialog] ?? "dialogs")?.[ui.dialog];
  const Floating = inside && ui.picker !== null ? page.part("amends")?.Floating : null;
  const Menu = inside && ui.menu !== null ? page.part("dialogs")?.menu : null;
  const skip = (event) => {
    event.preventDefault();
    document.querySelector(".composer textarea, #username")?.focus();
  };
  return html`
    <${Page.Provider} value=${page}>
      <a class="skip" href="#talk" onClick=${skip}>${inside ? t("To the message field") : t("To the form")}</a>
      <${Top} state=${state} panel=${ui.panel} />
      ${
        inside
          ? html`<${Chat} state=${state} ui=${ui} />`
          : html`<${Join} name=${page.name} email=${page.email} joining=${state.phase === "joining"} link=${state.link} answer=${state.forms.name} door=${state.door} can=${state.can} invited=${page.link} place=${placeOf(location.hash)} />`
      }
      <footer class=${inside ? "bottom inside" : "bottom"}>
        <span>${t("Every message is kept, and shown once.")}</span>
        ${inside && html`<span>${t("Enter sends, Shift and Enter break the line.")}</span>`}
      </footer>
      <${Toast} notice=${state.notice} />
      ${Open && html`<${Open} key=${ui.dialog} close=${close} state=${state} inside=${inside} about=${ui.about} />`}
      ${Floating && html`<${Floating} picker=${ui.picker} />`}
      ${Menu && html`<${Menu} state=${state} ...${ui.menu} />`}
    <//>
  `;
}
