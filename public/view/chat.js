// The whole of the page once one has joined: rooms, the flow of one of them, people, and the line where one writes.

import { useContext, useEffect, useMemo } from "../vendor/preact-hooks.js";
import { rank, silence } from "../rights.js";
import { saidIn } from "../attached.js";
import { at, isLog, isPrivate, titleOf } from "../room.js";
import { around, plural, t } from "../words.js";
import { Composer } from "./composer.js";
import { useDrawer } from "./drawer.js";
import { Flow } from "./flow.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { useKeys } from "./keys.js";
import { Me } from "./me.js";
import { Name } from "./person.js";
import { Silence } from "./silence.js";
import { People, Rooms, Sign } from "./sidebar.js";

// A line that is back soon is nobody's concern.
const QUIET_MS = 5000;
const MOST_NAMED = 2;

export function Line({ link, now }) {
  const { act } = useContext(Page);
  if (link.status === "open" || link.status === "off") return null;
  if (link.status === "closed") {
    return html`<p class="line closed" role="status">
      <span>${link.why}</span><button type="button" onClick=${act.wake}>${t("Join again")}</button>
    </p>`;
  }
  if (now - link.since < QUIET_MS) return null;
  const seconds = link.status === "waiting" ? Math.ceil((link.until - now) / 1000) : 0;
  return html`<p class="line">
    <span><span role="status">${t("The connection is gone.")}</span> <span aria-hidden="true">${seconds > 0 ? t("Next try in {seconds} s.", { seconds }) : t("Trying again…")}</span></span>
    ${link.status === "waiting" && html`<button type="button" onClick=${act.wake}>${t("Try now")}</button>`}
  </p>`;
}

/** Who writes here just now. */
function Typing({ typing }) {
  const [one, two] = typing.map(({ name }) => html`<${Name} name=${name} />`);
  const words =
    typing.length === 0
      ? null
      : typing.length > MOST_NAMED
        ? t("Several people are typing")
        : typing.length === 2
          ? around("{one} and {two} are typing", { one, two })
          : around("{one} is typing", { one });
  return html`<p class="typing">${words}</p>`;
}

/** For screen readers: what has just been said, one line at a time, and not the whole history. */
const Spoken = ({ spoken }) => html`
  <div class="unseen" role="log" aria-live="polite">${spoken && html`<p key=${`${spoken.room} ${spoken.offset}`}>${spoken.from.name}: ${saidIn(spoken)}</p>`}</div>
`;

function Heading({ room, quiet }) {
  const { act } = useContext(Page);
  const pinned = plural(room.pins.length, "{n} pinned message", "{n} pinned messages");
  const about = isPrivate(room.name) ? t("About this conversation") : t("About this room");
  return html`
    <div class="heading">
      <h1><${Sign} room=${room} /><${Name} name=${titleOf(room)} /></h1>
      ${room.topic && html`<${Name} name=${room.topic} kind="topic" />`}
      ${room.pins.length > 0 && html`<button type="button" class="plain pins" aria-label=${pinned} title=${pinned} onClick=${() => act.dialog("pins", { room: room.name })}><${Icon} name="pin" /><span aria-hidden="true">${room.pins.length}</span></button>`}
      ${
        !isPrivate(room.name) &&
        !isLog(room.name) &&
        html`<button type="button" class="plain comings" aria-label=${t("Show who comes and goes")} title=${t("Show who comes and goes")} aria-pressed=${quiet ? "false" : "true"} onClick=${() => act.quiet(room.name, !quiet)}>
          <${Icon} name="comings" />
        </button>`
      }
      ${
        !isLog(room.name) &&
        html`<button type="button" class="plain" aria-label=${about} title=${about} onClick=${() => act.dialog("room", { room: room.name })}>
          <${Icon} name=${isPrivate(room.name) ? "bell" : room.archived ? "log" : room.locked ? "lock" : "pencil"} />
        </button>`
      }
    </div>
  `;
}

/** Whom one can call for there; moderators can call for all. */
function namesIn(room, me) {
  const others = room.members.filter((one) => one.id !== me.id).map((one) => one.name);
  return rank(me, room) >= 2 ? [...others, "room"] : others;
}

export function Chat({ state, ui }) {
  const { act, part, settings, there } = useContext(Page);
  const { panel } = ui;
  const room = state.active === null ? null : at(state.rooms, state.active);
  const pending = useMemo(() => state.pending.filter((one) => one.room === state.active), [state.pending, state.active]);
  const names = useMemo(() => (room === null ? [] : namesIn(room, state.me)), [room?.members, room?.role, state.me]);
  const leaving = useMemo(() => state.leaving.filter((one) => one.room === state.active).map((one) => one.offset), [state.leaving, state.active]);
  const writes = room !== null && !room.muted && silence({ me: state.me, can: state.can, room }) === null;
  const above = room !== null && (room.replying !== null || state.leaving.some((one) => one.held));
  const amends = above ? part("amends") : null;
  const takes = writes && state.limits.upload > 0;
  useEffect(() => {
    if (room === null) return undefined;
    act.takes(takes ? room.name : null);
    return () => act.takes(null);
  }, [room?.name, takes]);
  const parcels = useMemo(() => state.tray.filter((one) => one.room === state.active), [state.tray, state.active]);
  const files = parcels.length > 0 ? part("files") : there("files");
  const quiet = room !== null && settings.quiet.includes(room.name);
  const close = () => panel !== null && act.panel(null);
  useDrawer(panel);
  useKeys(state, ui, act);
  return html`
    <div class="chat" data-panel=${panel ?? "none"} data-link=${state.link.status}>
      <nav class="side" id="rooms" tabindex="-1" aria-label=${t("Rooms and conversations")}>
        <${Rooms} rooms=${state.rooms} me=${state.me} directory=${state.directory} active=${state.active} answer=${state.forms.room} />
        <${Me} me=${state.me} can=${state.can} answer=${state.forms.rename} />
      </nav>
      <main class="talk" id="talk" tabindex="-1" onFocusIn=${close}>
        ${
          room === null
            ? html`<p class="empty">${state.wanted === null && t("Choose a room, or make one.")}</p>`
            : html`
                <${Heading} room=${room} quiet=${quiet} />
                <${Flow} key=${`flow ${room.name}`} room=${room} me=${state.me} pending=${pending} quiet=${quiet} ignored=${state.ignored} leaving=${leaving} most=${state.limits.text} writes=${writes} />
                <${Typing} typing=${room.typing} />
              `
        }
        <${Line} link=${state.link} now=${state.now} />
        ${amends && state.leaving.some((one) => one.held) && html`<${amends.Undo} leaving=${state.leaving} />`}
        ${amends && writes && room.replying !== null && html`<${amends.Replying} room=${room} />`}
        ${files && parcels.length > 0 && html`<${files.Tray} parcels=${parcels} />`}
        ${files && room !== null && html`<${files.Dropping} may=${takes} title=${titleOf(room)} />`}
        ${room !== null && html`<${Silence} state=${state} room=${room}><${Composer} room=${room.name} title=${titleOf(room)} most=${state.limits.text} draft=${state.draft} names=${names} replying=${room.replying !== null} takes=${takes} carries=${parcels.some((one) => !one.sent)} /><//>`}
      </main>
      ${room !== null && html`<aside class="crowd" id="people" tabindex="-1" aria-label=${t("People")}><div class="scroll"><${People} room=${room} me=${state.me} /></div></aside>`}
      <button type="button" class="veil" tabindex="-1" aria-label=${t("Close")} onClick=${() => act.panel(null)}></button>
      <${Spoken} spoken=${state.spoken} />
    </div>
  `;
}
