// Left: the rooms one is in, the conversations of two, and the other rooms there are. Right: who is in the room.

import { useContext, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { roomProblem } from "../names.js";
import { at, isPrivate, titleOf } from "../room.js";
import { folded } from "../storage.js";
import { Fault, faulty } from "./fault.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { Chip, Name, Picture } from "./person.js";

const MOST_LISTED = 100;
const MOST_PEOPLE = 250;
const SETTLING_MS = 500;

const inOrder = new Intl.Collator(undefined, { numeric: true }).compare;
const byName = (one, other) => inOrder(one.name, other.name);

const Badge = ({ count }) =>
  count > 0 ? html`<span class="badge" title=${`${count} unread`}>${count > 99 ? "99+" : count}</span>` : null;

const Hash = () => html`<span class="hash" aria-hidden="true">#</span>`;

function Joined({ room, active, leave }) {
  const { act } = useContext(Page);
  return html`
    <li class="entry">
      <button type="button" class="room" aria-current=${active ? "true" : null} onClick=${() => act.show(room)}>
        ${room.with ? html`<${Picture} who=${room.with} />` : html`<${Hash} />`}<${Name} name=${titleOf(room)} />
        <${Badge} count=${room.unread} />
      </button>
      ${!room.with && html`<button type="button" class="quiet" title="Leave this room" aria-label=${`Leave ${room.name}`} onClick=${() => leave(room.name)}><${Icon} name="leave" /></button>`}
    </li>
  `;
}

const Other = ({ one, join }) => html`
  <li class="entry">
    <button type="button" class="room other" title=${`Join ${one.room}`} onClick=${() => join(one.room)}>
      <${Hash} /><${Name} name=${one.room} /><span class="many" title=${`${one.count} in the room`}>${one.count}</span>
    </button>
  </li>
`;

function Find({ sought, setSought, submit, answer }) {
  const { act } = useContext(Page);
  const field = useRef(null);
  const asked = useRef("");
  // What was typed stays until the room is there, and longer if it has been changed since.
  useLayoutEffect(() => {
    if (!answer) return;
    if (answer.fault === null) setSought((now) => (now === asked.current ? "" : now));
    else field.current.focus();
  }, [answer]);
  const onSubmit = (event) => {
    event.preventDefault();
    asked.current = sought;
    submit();
  };
  const onInput = (event) => {
    setSought(event.currentTarget.value);
    act.retyped("room");
  };
  return html`
    <form class="find" onSubmit=${onSubmit}>
      <input
        ref=${field}
        aria-label="Find or make a room"
        placeholder="Find or make a room"
        autocomplete="off"
        autocapitalize="none"
        spellcheck=${false}
        value=${sought}
        onFocus=${act.survey}
        onInput=${onInput}
        ...${faulty("room-fault", answer)}
      />
      <button type="submit" aria-label="Join this room"><${Icon} name="plus" /></button>
      <${Fault} id="room-fault" answer=${answer} />
    </form>
  `;
}

export function Rooms({ rooms, directory, active, answer }) {
  const { act } = useContext(Page);
  const [sought, setSought] = useState("");
  const leftAt = useRef(-SETTLING_MS);
  const wanted = folded(sought.trim());
  const fits = (name) => folded(name).includes(wanted);
  const mine = Object.values(rooms);
  const joined = mine.filter((room) => !isPrivate(room.name)).sort(byName);
  const pairs = mine.filter((room) => isPrivate(room.name) && room.with).sort((a, b) => b.unread - a.unread || byName(a.with, b.with));
  const others = directory
    .filter((one) => at(rooms, one.room) === undefined && fits(one.room))
    .sort((one, other) => other.count - one.count || inOrder(one.room, other.room));

  const submit = () => {
    const problem = roomProblem(sought);
    const known = [...joined.map((room) => room.name), ...others.map((one) => one.room)].find((name) => folded(name) === wanted);
    if (problem === null) act.join(known ?? sought.trim(), { typed: true });
    else act.answered("room", problem);
  };
  const leave = (name) => {
    leftAt.current = performance.now();
    act.leave(name);
  };
  // The list has moved up under the mouse: a second click at the same place was not meant for what is there now.
  const onClickCapture = (event) => {
    if (performance.now() - leftAt.current < SETTLING_MS) event.stopPropagation();
  };

  const found = { joined: joined.filter((room) => fits(room.name)), pairs: pairs.filter((room) => fits(titleOf(room))) };
  const all = wanted === "";
  const row = (room) => html`<${Joined} key=${room.name} room=${room} active=${room.name === active} leave=${leave} />`;
  return html`
    <${Find} sought=${sought} setSought=${setSought} submit=${submit} answer=${answer} />
    <div class="scroll" onClickCapture=${onClickCapture}>
      ${
        (all || found.joined.length > 0) &&
        html`<section aria-labelledby="rooms-title">
          <h2 id="rooms-title">Rooms</h2>
          <ul>${found.joined.map(row)}</ul>
        </section>`
      }
      ${
        (all || found.pairs.length > 0) &&
        html`<section aria-labelledby="private-title">
          <h2 id="private-title">Private</h2>
          ${pairs.length === 0 && html`<p class="hint">Choose a name in the room to write to that person alone.</p>`}
          <ul>${found.pairs.map(row)}</ul>
        </section>`
      }
      ${
        others.length > 0 &&
        html`<section aria-labelledby="others-title">
          <h2 id="others-title">Other rooms</h2>
          <ul>${others.slice(0, MOST_LISTED).map((one) => html`<${Other} key=${one.room} one=${one} join=${act.join} />`)}</ul>
          ${others.length > MOST_LISTED && html`<p class="hint">${others.length - MOST_LISTED} more: type a part of the name.</p>`}
        </section>`
      }
    </div>
  `;
}

export function People({ room, me }) {
  const sorted = [...room.members].sort((one, other) => (other.id === me?.id) - (one.id === me?.id) || byName(one, other));
  const people = sorted.slice(0, MOST_PEOPLE);
  const unlisted = room.count - people.length;
  return html`
    <section aria-labelledby="people-title">
      <h2 id="people-title">${room.with ? "The two of you" : html`People here <span class="many">${room.count}</span>`}</h2>
      <ul class="persons">
        ${people.map((who) => html`<li key=${who.id}><${Chip} who=${who} me=${me} note=${who.id === me?.id ? "you" : null} /></li>`)}
      </ul>
      ${unlisted > 0 && html`<p class="hint">and ${unlisted} more</p>`}
    </section>
  `;
}
