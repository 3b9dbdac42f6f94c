// Left: the rooms one is in, the conversations of two, and the other rooms there are. Right: who is in the room.

import { useContext, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { nearestName, roomProblem } from "../names.js";
import { byCrowd, logs as logsOf, meFirst, openRooms, pairs as pairsOf } from "../order.js";
import { hasAccount, isStaff } from "../rights.js";
import { at, isClosed, isLog, isPrivate, titleOf } from "../room.js";
import { folded } from "../storage.js";
import { around, key, plural, t } from "../words.js";
import { Fault, faulty } from "./fault.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { More } from "./more.js";
import { Chip, Name, Picture } from "./person.js";
import { onArrows, useOneStop } from "./roving.js";

const MOST_LISTED = 100;
const MOST_PEOPLE = 250;
const SETTLING_MS = 500;

const said = (words) => ({ title: words, "aria-label": words });
const short = (count) => (count > 99 ? "99+" : count);

/** What is unread in a room, and what of it calls for one; of a conversation of two all does. */
function Badge({ room: { unread, mentions, notice, with: other } }) {
  if (unread === 0) return null;
  const called = other ? 0 : mentions;
  return html`
    ${called > 0 && html`<span class="badge called" role="img" ...${said(plural(called, "{n} mention", "{n} mentions"))}>@${short(called)}</span>`}
    <span class=${notice === "nothing" ? "badge still" : "badge"} role="img" ...${said(plural(unread, "{n} unread", "{n} unread"))}>${short(unread)}</span>
  `;
}

const Hash = () => html`<span class="hash" aria-hidden="true">#</span>`;

/** What kind of room it is. */
export function Sign({ room }) {
  if (room.with) return html`<${Picture} who=${room.with} />`;
  return isClosed(room.name) ? html`<span class="hash"><${Icon} name=${isLog(room.name) ? "log" : "lock"} /></span>` : html`<${Hash} />`;
}

function Joined({ room, active, leave, here }) {
  const { act } = useContext(Page);
  return html`
    <li class="entry">
      <button type="button" class=${room.unread > 0 && room.notice !== "nothing" ? "room fresh" : "room"} aria-current=${active ? "true" : null} onClick=${() => act.show(room)}>
        ${room.with ? html`<span class=${here ? "seat here" : "seat"}><${Picture} who=${room.with} />${here && html`<span class="unseen">${t("is here")}</span>`}</span>` : html`<${Sign} room=${room} />`}<${Name} name=${titleOf(room)} />
        <${Badge} room=${room} />
      </button>
      ${!room.with && !isClosed(room.name) && html`<button type="button" class="quiet" title=${t("Leave this room")} aria-label=${t("Leave {room}", { room: room.name })} onClick=${() => leave(room.name)}><${Icon} name="leave" /></button>`}
    </li>
  `;
}

const Other = ({ one, join }) => html`
  <li class="entry">
    <button type="button" class="room other" title=${t("Join {room}", { room: one.room })} onClick=${() => join(one.room)}>
      <${Hash} /><${Name} name=${one.room} /><span class="many" title=${plural(one.count, "{n} in the room", "{n} in the room")}>${one.count}</span>
    </button>
  </li>
`;

const entries = onArrows(".entry");

/** A list in which the Tab key stops once. */
function Entries({ children, kind = null }) {
  const list = useRef(null);
  useOneStop(list, ".entry");
  return html`<ul class=${kind} role="list" ref=${list} onKeyDown=${entries}>${children}</ul>`;
}

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
  const take = (offer) => {
    setSought(offer);
    act.retyped("room");
    field.current.focus();
  };
  return html`
    <form class="find" onSubmit=${onSubmit}>
      <input
        ref=${field}
        aria-label=${t("Find or make a room")}
        placeholder=${t("Find or make a room")}
        autocomplete="off"
        autocapitalize="none"
        spellcheck=${false}
        value=${sought}
        onFocus=${act.survey}
        onInput=${onInput}
        ...${faulty("room-fault", answer)}
      />
      <button type="submit" aria-label=${t("Join this room")}><${Icon} name="plus" /></button>
      <${Fault} id="room-fault" answer=${answer} take=${take} />
    </form>
  `;
}

export function Rooms({ rooms, me, directory, active, answer }) {
  const { act } = useContext(Page);
  const [sought, setSought] = useState("");
  const leftAt = useRef(-SETTLING_MS);
  const wanted = folded(sought.trim());
  const fits = (name) => folded(name).includes(wanted);
  const joined = openRooms(rooms);
  const pairs = pairsOf(rooms);
  const others = directory.filter((one) => at(rooms, one.room) === undefined && fits(one.room)).sort(byCrowd);
  const here = (who) => joined.some((room) => room.live && room.members.some((one) => one.id === who.id));

  const submit = () => {
    const problem = roomProblem(sought);
    const known = [...joined.map((room) => room.name), ...others.map((one) => one.room)].find((name) => folded(name) === wanted);
    if (problem === null) act.join(known ?? sought.trim(), { typed: true });
    else act.answered("room", problem, nearestName(sought, { most: 50 }));
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
  const row = (room) => html`<${Joined} key=${room.name} room=${room} active=${room.name === active} leave=${leave} here=${room.with !== null && here(room.with)} />`;
  return html`
    <${Find} sought=${sought} setSought=${setSought} submit=${submit} answer=${answer} />
    <div class="scroll" onClickCapture=${onClickCapture}>
      ${
        (all || found.joined.length > 0) &&
        html`<section aria-labelledby="rooms-title">
          <h2 id="rooms-title">${t("Rooms")}</h2>
          <${Entries}>${found.joined.map(row)}<//>
          ${all && hasAccount(me) && html`<button type="button" class="room other" onClick=${() => act.dialog("make")}><${Icon} name="plus" />${t("New private room")}</button>`}
        </section>`
      }
      ${
        (all || found.pairs.length > 0) &&
        html`<section aria-labelledby="private-title">
          <h2 id="private-title">${t("Private")}</h2>
          ${pairs.length === 0 && html`<p class="hint">${t("Choose a name in the room to write to that person alone.")}</p>`}
          <${Entries}>${found.pairs.map(row)}<//>
        </section>`
      }
      ${
        all &&
        isStaff(me.role) &&
        html`<section aria-labelledby="server-title">
          <h2 id="server-title">${t("Server")}</h2>
          <${Entries}>${logsOf(rooms).map(row)}<//>
          <button type="button" class="room other" onClick=${() => act.dialog("server")}><${Icon} name="settings" />${t("Accounts and invitations")}</button>
        </section>`
      }
      ${
        others.length > 0 &&
        html`<section aria-labelledby="others-title">
          <h2 id="others-title">${t("Other rooms")}</h2>
          <${Entries}>${others.slice(0, MOST_LISTED).map((one) => html`<${Other} key=${one.room} one=${one} join=${act.join} />`)}<//>
          ${others.length > MOST_LISTED && html`<p class="hint">${plural(others.length - MOST_LISTED, "{n} more: type a part of the name.", "{n} more: type a part of the name.")}</p>`}
        </section>`
      }
    </div>
  `;
}

const ROLES = { owner: key("owner"), moderator: key("moderator") };

/** What one should know of somebody in the list: that it is oneself, and what they are here. */
function noteOf(who, room, me) {
  const role = ROLES[room.staff.find((one) => one.who.id === who.id)?.role];
  return [who.id === me?.id ? t("you") : null, role ? t(role) : null].filter(Boolean).join(" · ") || null;
}

export function People({ room, me }) {
  const { act } = useContext(Page);
  const people = [...room.members].sort(meFirst(me)).slice(0, MOST_PEOPLE);
  const unlisted = room.count - people.length;
  const many = html`<span class="many">${room.count}</span>`;
  return html`
    <section aria-labelledby="people-title">
      <h2 id="people-title">${room.with ? t("The two of you") : around("People here {many}", { many })}</h2>
      <${Entries} kind="persons">
        ${people.map((who) => html`<li class="entry" key=${who.id}>
          <${Chip} who=${who} me=${me} note=${noteOf(who, room, me)} menu=${(opener) => act.menu({ who, room: room.name, message: null, opener })} />
          ${who.id !== me?.id && !isPrivate(room.name) && html`<${More} who=${who} room=${room.name} />`}
        </li>`)}
      <//>
      ${unlisted > 0 && html`<p class="hint">${plural(unlisted, "and {n} more", "and {n} more")}</p>`}
    </section>
  `;
}
