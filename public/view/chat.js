// The whole of the page once one has joined: rooms, the flow of one of them, people, and the line where one writes.

import { useContext, useEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { at, titleOf } from "../room.js";
import { Composer } from "./composer.js";
import { Flow } from "./flow.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { Name, Picture } from "./person.js";
import { People, Rooms } from "./sidebar.js";

export function Line({ link, now }) {
  const { act } = useContext(Page);
  if (link.status === "open") return null;
  if (link.status === "closed") {
    return html`<p class="line closed" role="status">
      <span>${link.why}</span> <button type="button" onClick=${act.wake}>Join again</button>
    </p>`;
  }
  const seconds = link.status === "waiting" ? Math.ceil((link.until - now) / 1000) : 0;
  return html`<p class="line">
    <span role="status">The connection is gone.</span>
    <span aria-hidden="true">${seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again…"}</span>
    ${link.status === "waiting" && html`<button type="button" onClick=${act.wake}>Try now</button>`}
  </p>`;
}

function Me({ me }) {
  const { act } = useContext(Page);
  const [name, setName] = useState(null);
  const field = useRef(null);
  useEffect(() => field.current?.select(), [name === null]);
  const close = () => setName(null);
  const onSubmit = (event) => {
    event.preventDefault();
    if (name.trim() === me.name || act.rename(name)) close();
  };
  if (name === null) {
    return html`
      <div class="me">
        <button type="button" class="chip" title="Change your name" onClick=${() => setName(me.name)}>
          <${Picture} who=${me} size=${28} /><${Name} name=${me.name} /><${Icon} name="pencil" />
        </button>
      </div>
    `;
  }
  return html`
    <form class="me" onSubmit=${onSubmit} onKeyDown=${(event) => event.key === "Escape" && close()}>
      <input
        ref=${field}
        aria-label="Your name"
        autocomplete="off"
        spellcheck=${false}
        value=${name}
        onInput=${(event) => setName(event.currentTarget.value)}
      />
      <span class="choices">
        <button type="submit" class="primary">Rename</button>
        <button type="button" onClick=${close}>Cancel</button>
        <button type="button" onClick=${act.leaveChat}>Log out</button>
      </span>
    </form>
  `;
}

/** For screen readers: what has just been said, one line at a time, and not the whole history. */
const Spoken = ({ spoken }) => html`
  <div class="unseen" role="log" aria-live="polite">${spoken && html`<p key=${`${spoken.room} ${spoken.offset}`}>${spoken.from.name}: ${spoken.text}</p>`}</div>
`;

export function Chat({ state, panel }) {
  const { act } = useContext(Page);
  const room = state.active === null ? null : at(state.rooms, state.active);
  const pending = state.pending.filter((one) => one.room === state.active);
  return html`
    <div class="chat" data-panel=${panel ?? "none"} onKeyDown=${(event) => event.key === "Escape" && act.panel(null)}>
      <nav class="side" aria-label="Rooms and conversations">
        <div class="scroll"><${Rooms} rooms=${state.rooms} directory=${state.directory} active=${state.active} /></div>
        <${Me} key=${state.me.name} me=${state.me} />
      </nav>
      <main class="talk">
        ${
          room === null
            ? html`<p class="empty">Choose a room, or make one.</p>`
            : html`
                <div class="heading">
                  <h1>${room.with ? html`<${Picture} who=${room.with} /> ` : html`<span class="hash" aria-hidden="true">#</span>`}<${Name} name=${titleOf(room)} /></h1>
                  ${room.topic && html`<bdi class="topic">${room.topic}</bdi>`}
                </div>
                <${Flow} key=${`flow ${room.name}`} room=${room} me=${state.me} pending=${pending} />
              `
        }
        <${Line} link=${state.link} now=${state.now} />
        ${room !== null && html`<${Composer} room=${room.name} title=${titleOf(room)} most=${state.limits.text} draft=${state.draft} />`}
      </main>
      ${room !== null && html`<aside class="crowd" aria-label="People"><div class="scroll"><${People} room=${room} me=${state.me} /></div></aside>`}
      <button type="button" class="veil" tabindex="-1" aria-label="Close" onClick=${() => act.panel(null)}></button>
      <${Spoken} spoken=${state.spoken} />
    </div>
  `;
}
