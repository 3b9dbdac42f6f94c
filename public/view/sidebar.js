// Left: the rooms one is in, the others there are, and the conversations of two. Right: who is in the room.

import { useContext, useState } from "../vendor/preact-hooks.js";
import { at, isPrivate } from "../room.js";
import { folded } from "../storage.js";
import { html, Page } from "./html.js";
import { Chip, Name, Picture } from "./person.js";
import { Icon } from "./icons.js";

const MOST_LISTED = 100;

const inOrder = new Intl.Collator(undefined, { numeric: true }).compare;
const byName = (one, other) => inOrder(one.name, other.name);

const Badge = ({ count }) =>
  count > 0 ? html`<span class="badge" title=${`${count} unread`}>${count > 99 ? "99+" : count}</span>` : null;

function Joined({ room, active }) {
  const { act } = useContext(Page);
  return html`
    <li class="entry">
      <button type="button" class="room" aria-current=${active ? "true" : null} onClick=${() => act.show(room)}>
        ${room.with ? html`<${Picture} who=${room.with} size=${22} /><${Name} name=${room.with.name} />` : html`<span class="hash" aria-hidden="true">#</span><${Name} name=${room.name} />`}
        <${Badge} count=${room.unread} />
      </button>
      ${!room.with && html`<button type="button" class="quiet" title="Leave this room" aria-label=${`Leave ${room.name}`} onClick=${() => act.leave(room.name)}><${Icon} name="leave" /></button>`}
    </li>
  `;
}

export function Rooms({ rooms, directory, active }) {
  const { act } = useContext(Page);
  const [sought, setSought] = useState("");
  const all = Object.values(rooms);
  const joined = all.filter((room) => !isPrivate(room.name)).sort(byName);
  const pairs = all.filter((room) => isPrivate(room.name) && room.with).sort((a, b) => b.unread - a.unread || byName(a.with, b.with));
  const wanted = folded(sought.trim());
  const others = directory
    .filter((one) => at(rooms, one.room) === undefined && folded(one.room).includes(wanted))
    .sort((one, other) => other.count - one.count || inOrder(one.room, other.room));
  const onSubmit = (event) => {
    event.preventDefault();
    if (wanted === "") return;
    const known = [...joined.map((room) => room.name), ...others.map((one) => one.room)].find((name) => folded(name) === wanted);
    act.join(known ?? sought.trim());
    setSought("");
  };
  return html`
    <section aria-labelledby="rooms-title">
      <h2 id="rooms-title">Rooms</h2>
      <ul>
        ${joined.map((room) => html`<${Joined} key=${room.name} room=${room} active=${room.name === active} />`)}
      </ul>
    </section>
    <section aria-labelledby="private-title">
      <h2 id="private-title">Private</h2>
      ${
        pairs.length === 0
          ? html`<p class="hint">Click a name to write to that person alone.</p>`
          : html`<ul>
              ${pairs.map((room) => html`<${Joined} key=${room.name} room=${room} active=${room.name === active} />`)}
            </ul>`
      }
    </section>
    <section aria-labelledby="others-title">
      <h2 id="others-title">Other rooms</h2>
      <form class="find" onSubmit=${onSubmit}>
        <input
          aria-label="Find or make a room"
          placeholder="Find or make a room"
          maxlength="50"
          autocomplete="off"
          autocapitalize="none"
          spellcheck=${false}
          value=${sought}
          onFocus=${act.survey}
          onInput=${(event) => setSought(event.currentTarget.value)}
        />
        <button type="submit" aria-label="Join this room"><${Icon} name="plus" /></button>
      </form>
      ${
        others.length > 0 &&
        html`<ul>
            ${others.slice(0, MOST_LISTED).map(
              (one) => html`<li key=${one.room} class="entry">
                <button type="button" class="room other" title=${`Join ${one.room}`} onClick=${() => act.join(one.room)}>
                  <span class="hash" aria-hidden="true">#</span><${Name} name=${one.room} />
                  <span class="many" title=${`${one.count} in the room`}>${one.count}</span>
                </button>
              </li>`,
            )}
          </ul>
          ${others.length > MOST_LISTED && html`<p class="hint">${others.length - MOST_LISTED} more: type a part of the name.</p>`}`
      }
    </section>
  `;
}

export function People({ room, me }) {
  const people = [...room.members].sort((one, other) => (other.id === me?.id) - (one.id === me?.id) || byName(one, other));
  const unlisted = room.count - people.length;
  return html`
    <section aria-labelledby="people-title">
      <h2 id="people-title">${room.with ? "The two of you" : "People here"} <span class="many">${room.count}</span></h2>
      <ul class="persons">
        ${people.map((who) => html`<li key=${who.id}><${Chip} who=${who} me=${me} note=${who.id === me?.id ? "you" : null} /></li>`)}
      </ul>
      ${unlisted > 0 && html`<p class="hint">and ${unlisted} more</p>`}
    </section>
  `;
}
