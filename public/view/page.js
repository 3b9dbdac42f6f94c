// Header, footer, the notice, and between them either the door or the chat.

import { useContext, useEffect } from "../vendor/preact-hooks.js";
import { at } from "../room.js";
import { Chat } from "./chat.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { Join } from "./join.js";

const NOTICE_MS = 4000;

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
  const unread = Object.values(state.rooms).reduce((sum, room) => sum + room.unread, 0);
  const count = state.active === null ? 0 : (at(state.rooms, state.active)?.count ?? 0);
  const toggle = (name) => act.panel(panel === name ? null : name);
  return html`
    <header class="top">
      ${
        inside &&
        html`<button type="button" class="opener" aria-label="Rooms" aria-controls="rooms" aria-expanded=${panel === "rooms"} onClick=${() => toggle("rooms")}>
          <${Icon} name="rooms" />${unread > 0 && html`<span class="badge">${unread > 99 ? "99+" : unread}</span>`}
        </button>`
      }
      <a class="brand" href="/"><img src="/icon.svg" alt="" width="24" height="24" />chatd</a>
      ${
        inside &&
        state.active !== null &&
        html`<button type="button" class="opener people" aria-label="People" aria-controls="people" aria-expanded=${panel === "people"} onClick=${() => toggle("people")}>
          <${Icon} name="people" /><span>${count}</span>
        </button>`
      }
    </header>
  `;
}

export function Root({ state, page, panel }) {
  return html`
    <${Page.Provider} value=${page}>
      <${Top} state=${state} panel=${panel} />
      ${
        state.phase === "joined"
          ? html`<${Chat} state=${state} panel=${panel} />`
          : html`<${Join} name=${page.name} email=${page.email} joining=${state.phase === "joining"} link=${state.link} answer=${state.forms.name} />`
      }
      <footer class=${state.phase === "joined" ? "bottom inside" : "bottom"}>
        <span>Every message is kept, and shown once.</span>
        ${state.phase === "joined" && html`<span>Enter sends, Shift and Enter break the line.</span>`}
      </footer>
      <${Toast} notice=${state.notice} />
    <//>
  `;
}
