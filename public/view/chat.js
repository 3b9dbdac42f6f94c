// The whole of the page once one has joined: rooms, the flow of one of them, people, and the line where one writes.

import { useContext } from "../vendor/preact-hooks.js";
import { at, titleOf } from "../room.js";
import { Composer } from "./composer.js";
import { useDrawer } from "./drawer.js";
import { Flow } from "./flow.js";
import { html, Page } from "./html.js";
import { Me } from "./me.js";
import { Name, Picture } from "./person.js";
import { People, Rooms } from "./sidebar.js";

export function Line({ link, now }) {
  const { act } = useContext(Page);
  if (link.status === "open") return null;
  if (link.status === "closed") {
    return html`<p class="line closed" role="status">
      <span>${link.why}</span><button type="button" onClick=${act.wake}>Join again</button>
    </p>`;
  }
  const seconds = link.status === "waiting" ? Math.ceil((link.until - now) / 1000) : 0;
  return html`<p class="line">
    <span><span role="status">The connection is gone.</span> <span aria-hidden="true">${seconds > 0 ? `Next try in ${seconds} s.` : "Trying again…"}</span></span>
    ${link.status === "waiting" && html`<button type="button" onClick=${act.wake}>Try now</button>`}
  </p>`;
}

/** For screen readers: what has just been said, one line at a time, and not the whole history. */
const Spoken = ({ spoken }) => html`
  <div class="unseen" role="log" aria-live="polite">${spoken && html`<p key=${`${spoken.room} ${spoken.offset}`}>${spoken.from.name}: ${spoken.text}</p>`}</div>
`;

export function Chat({ state, panel }) {
  const { act } = useContext(Page);
  const room = state.active === null ? null : at(state.rooms, state.active);
  const pending = state.pending.filter((one) => one.room === state.active);
  const close = () => panel !== null && act.panel(null);
  useDrawer(panel, () => act.panel(null));
  return html`
    <div class="chat" data-panel=${panel ?? "none"}>
      <nav class="side" id="rooms" tabindex="-1" aria-label="Rooms and conversations">
        <${Rooms} rooms=${state.rooms} directory=${state.directory} active=${state.active} answer=${state.forms.room} />
        <${Me} me=${state.me} answer=${state.forms.rename} />
      </nav>
      <main class="talk" onFocusIn=${close}>
        ${
          room === null
            ? html`<p class="empty">Choose a room, or make one.</p>`
            : html`
                <div class="heading">
                  <h1>${room.with ? html`<${Picture} who=${room.with} /> ` : html`<span class="hash" aria-hidden="true">#</span>`}<${Name} name=${titleOf(room)} /></h1>
                  ${room.topic && html`<${Name} name=${room.topic} kind="topic" />`}
                </div>
                <${Flow} key=${`flow ${room.name}`} room=${room} me=${state.me} pending=${pending} />
              `
        }
        <${Line} link=${state.link} now=${state.now} />
        ${room !== null && html`<${Composer} room=${room.name} title=${titleOf(room)} most=${state.limits.text} draft=${state.draft} />`}
      </main>
      ${room !== null && html`<aside class="crowd" id="people" tabindex="-1" aria-label="People"><div class="scroll"><${People} room=${room} me=${state.me} /></div></aside>`}
      <button type="button" class="veil" tabindex="-1" aria-label="Close" onClick=${() => act.panel(null)}></button>
      <${Spoken} spoken=${state.spoken} />
    </div>
  `;
}
