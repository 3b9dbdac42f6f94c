// What the page knows: one pure reducer. Actions in, state out; no DOM, no clock, no I/O.
//
// Actions come from the connection (what the server said, how the line is) and from the views (what the person wants to
// see). `action.at` is the page's clock in milliseconds where a step needs the time.

import { answer, notify, patch, show } from "./changes.js";
import { amendedBy, isChange } from "./amends.js";
import { countsOf } from "./counts.js";
import { logSteps } from "./logs.js";
import { at, isClosed, isPrivate, newRoom, titleOf, told, withPerson } from "./room.js";
import { sentSteps } from "./sent.js";

/** How long somebody is said to be writing after they have said so, in milliseconds. */
export const TYPING_MS = 6000;
const MOST_TYPING = 20;
const AT_THE_DOOR = 40;

export const initial = {
  phase: "form", // form, joining, joined
  notice: null, // {n, text}: shown for a moment
  notices: 0,
  forms: {}, // name, room and rename: the last answer to each, {n, fault}; `fault` is null where it went well
  link: { status: "off" }, // off, connecting, open, waiting {until}, closed {why}; {since}: when it was lost
  door: [], // what is said in the lobby while one is not in yet
  me: null,
  limits: { text: 4000 },
  can: { signUp: "off", guests: "on", locked: false, claimed: true }, // what the server lets those do who have no account
  ignored: [], // whom one does not want to hear
  active: null, // the room that is shown
  wanted: null, // the room to show when the first joins are answered
  rooms: {}, // by the server's spelling: those joined, and private ones
  directory: [], // the public rooms of the server
  pending: [], // what was said and has not been echoed: {cid, room, text, status, why}
  leaving: [], // {room, offset, held}: deleted by oneself, and not told by the server yet; held while it can be undone
  tray: [], // the files that are to be said, see tray.js
  draft: null, // {n, room, text}: a refused text handed back to the composer
  spoken: null, // the newest live message, for screen readers
  called: null, // the newest live one that is for this person and was not seen
  hidden: false, // whether the tab is in the background
};

/** One's own name changed: nobody is told of oneself, so every list is set right here. */
function asMe(state, me) {
  const before = state.me;
  let next = { ...state, me };
  if (before === null || before.id !== me.id || before.name === me.name) return next;
  for (const [name, room] of Object.entries(next.rooms)) {
    const listed = room.members.some((one) => one.id === me.id);
    next = patch(next, name, () => ({
      members: listed ? withPerson(room.members, me) : room.members,
      ...(name === next.active ? told(room, "renamed", me, { was: before.name }) : {}),
    }));
  }
  return next;
}

/** Where one is when the room that was shown is gone; null for nowhere. */
function homeOf(rooms) {
  const names = rooms.map((room) => room.name);
  return names.includes("lobby") ? "lobby" : (names.find((one) => !isPrivate(one)) ?? names[0] ?? null);
}

const steps = {
  form: (state) => ({ ...initial, notices: state.notices, hidden: state.hidden, can: state.can }),
  signed_out: (state, { why }) => (why ? notify(steps.form(state), why) : steps.form(state)),
  possible: (state, { can }) => ({ ...state, can: { ...state.can, ...can } }),
  ignored: (state, { ignored }) =>
    ignored.reduce((next, { id }) => patch(next, `@${id}`, () => ({ unread: 0, mentions: 0 })), { ...state, ignored }),
  notice: (state, { text }) => notify(state, text),
  notice_over: (state, { n }) => (state.notice?.n === n ? { ...state, notice: null } : state),
  answered: (state, { form, fault, offer }) => answer(state, form, fault, offer),
  retyped: (state, { form }) => (state.forms[form]?.fault ? { ...state, forms: { ...state.forms, [form]: null } } : state),
  joining: (state, { wanted, pending = [] }) => ({ ...state, phase: "joining", forms: {}, wanted, pending, door: [] }),
  at_the_door: (state, { event }) =>
    isChange(event)
      ? { ...state, door: amendedBy(event, state.door) }
      : event.type !== "message" || state.phase !== "form" || state.door.some((one) => one.offset === event.offset)
        ? state
        : { ...state, door: [...state.door, event].slice(-AT_THE_DOOR) },
  show: (state, { room }) => show(state, room),
  hidden(state, { hidden }) {
    const next = { ...state, hidden };
    return hidden || state.active === null ? next : show(next, state.active);
  },
  drafted: (state, { n }) => (state.draft?.n === n ? { ...state, draft: null } : state),

  link(state, { link, at: now }) {
    if (link.status === "open") return { ...state, link };
    const since = state.link.status === "open" || state.link.since === undefined ? now : state.link.since;
    let next = { ...state, link: { ...link, since } };
    for (const [name, room] of Object.entries(state.rooms)) {
      // The list as it was when the line was cut; a second cut before the list is back must not empty it.
      const listed = room.live ? Object.fromEntries(room.members.map((one) => [one.id, true])) : room.listed;
      next = patch(next, name, () => ({ live: false, loading: false, stuck: false, typing: [], listed }));
    }
    return next;
  },

  welcome(state, { welcome, seen = {} }) {
    let next = { ...asMe(state, welcome.me), can: welcome.can ?? state.can, ignored: welcome.ignored ?? [] };
    const other = state.me !== null && state.me.id !== welcome.me.id;
    if (other) next = { ...next, rooms: {}, active: null };
    for (const one of welcome.rooms.filter((entry) => entry.with)) {
      const known = at(next.rooms, one.room);
      const from = Math.min(one.head, Math.max(known?.seen ?? at(seen, one.room) ?? 0, one.read ?? 0));
      const room = known ?? newRoom(one.room);
      const told = { unread: one.unread ?? 0, mentions: one.mentions ?? 0 };
      const ignored = next.ignored.some(({ id }) => id === one.with.id);
      const count = ignored ? { unread: 0, mentions: 0 } : room.items.length === 0 ? countsOf({ ...room, head: one.head }, from, told, next) : {};
      const entry = { ...room, with: one.with, head: one.head, seen: from, notice: one.notice ?? "", ...count };
      next = { ...next, rooms: { ...next.rooms, [one.room]: entry } };
    }
    return { ...next, phase: "joined", limits: welcome.limits ?? state.limits };
  },

  turned_away(state, { form, why, offer }) {
    const outside = { ...state, phase: "form", link: { status: "off" } };
    return form === null ? notify(outside, why) : answer(outside, form, why, offer);
  },

  opened(state, { room, person }) {
    const known = at(state.rooms, room) ?? { ...newRoom(room), with: person };
    return show({ ...state, rooms: { ...state.rooms, [room]: known } }, room);
  },

  members: (state, { members }) => patch(state, members.room, () => ({ members: members.members, count: members.count })),
  count: (state, { count }) => patch(state, count.room, () => ({ count: count.count })),

  present: (state, { room: name, who, at: now }) =>
    patch(state, name, (room) => {
      const before = room.members.find((one) => one.id === who.id);
      const members = withPerson(room.members, who);
      if (before !== undefined) {
        return before.name === who.name ? { members } : { members, ...told(room, "renamed", who, { was: before.name }) };
      }
      const { [who.id]: _, ...listed } = room.listed;
      const quiet = at(room.listed, who.id) && now < room.listedUntil;
      return { members, listed, count: room.count + 1, ...(quiet ? {} : told(room, "joined", who)) };
    }),

  absent: (state, { room: name, who, reason }) =>
    patch(state, name, (room) => {
      const typing = room.typing.filter((one) => one.id !== who.id);
      const members = room.members.filter((one) => one.id !== who.id);
      const { [who.id]: _, ...listed } = room.listed;
      if (members.length === room.members.length) return { listed };
      return { members, typing, listed, count: Math.max(0, room.count - 1), ...told(room, reason, who) };
    }),

  typing: (state, { room: name, who, at: now }) =>
    who.id === state.me?.id || state.ignored.some(({ id }) => id === who.id)
      ? state
      : patch(state, name, (room) => {
          const others = room.typing.filter((one) => one.id !== who.id && one.until > now).slice(-MOST_TYPING + 1);
          return { typing: [...others, { id: who.id, name: who.name, until: now + TYPING_MS }] };
        }),
  tick(state, { at: now }) {
    const over = Object.values(state.rooms).filter((room) => room.typing.some((one) => one.until <= now));
    return over.reduce((next, { name }) => patch(next, name, (room) => ({ typing: room.typing.filter((one) => one.until > now) })), state);
  },

  me: (state, { me }) => asMe(state, me),

  directory(state, { rooms, anew }) {
    const open = rooms.filter((one) => !one.with);
    const names = new Set(open.map((one) => one.room));
    const kept = anew ? [] : state.directory.filter((one) => !names.has(one.room));
    return { ...state, directory: [...kept, ...open] };
  },

  /** The room that one wanted to see first is not there: another takes its place. */
  no_room(state, { room: name }) {
    if (state.wanted !== name) return state;
    const next = { ...state, wanted: null };
    const home = homeOf(Object.values(state.rooms).filter((room) => room.joined));
    return state.active !== null || home === null ? next : show(next, home);
  },

  left(given, { room: name, why }) {
    const state = steps.no_room(given, { room: name });
    const gone = at(state.rooms, name);
    const rooms = Object.fromEntries(Object.entries(state.rooms).filter(([other]) => other !== name));
    // The name of a room for its members alone says nothing.
    const words = why && (gone === undefined && isClosed(name) ? why : `${gone ? titleOf(gone) : name}: ${why}`);
    if (gone === undefined) return why ? notify(state, words) : state;
    const home = homeOf(Object.values(rooms));
    const next = { ...state, rooms };
    const shown = state.active === name ? (home === null ? { ...next, active: null } : show(next, home)) : next;
    return why ? notify(shown, words) : shown;
  },

};

const all = { ...steps, ...logSteps, ...sentSteps };

/** The state after `action`. Unknown actions change nothing. */
export function reduce(state, action) {
  const step = Object.hasOwn(all, action.type) ? all[action.type] : null;
  return step === null ? state : step(state, action);
}
