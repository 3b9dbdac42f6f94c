// What the page knows: one pure reducer. Actions in, state out; no DOM, no clock, no I/O.
//
// Actions come from the connection (what the server said, how the line is) and from the views (what the person wants to
// see). `action.at` is the page's clock in milliseconds where a step needs the time.

import { at, isPrivate, newRoom, titleOf, told, withPerson } from "./room.js";
import { firstOffset, lastOffset, trimmed, withEvent, withPage } from "./timeline.js";

/** How long after coming back somebody who was listed before is not announced as a newcomer, in milliseconds. */
export const LISTED_FOR_MS = 300_000;

export const initial = {
  phase: "form", // form, joining, joined
  notice: null, // {n, text}: shown for a moment
  notices: 0,
  forms: {}, // name, room and rename: the last answer to each, {n, fault}; `fault` is null where it went well
  link: { status: "off" }, // off, connecting, open, waiting {until}, closed {why}
  me: null,
  limits: { text: 4000 },
  active: null, // the room that is shown
  wanted: null, // the room to show when the first joins are answered
  rooms: {}, // by the server's spelling: those joined, and private ones
  directory: [], // the public rooms of the server
  pending: [], // what was said and has not been echoed: {cid, room, text, status, why}
  draft: null, // {n, room, text}: a refused text handed back to the composer
  spoken: null, // the newest live message, for screen readers
  hidden: false, // whether the tab is in the background
};

function patch(state, name, change) {
  const room = at(state.rooms, name);
  if (room === undefined) return state;
  return { ...state, rooms: { ...state.rooms, [name]: { ...room, ...change(room) } } };
}

function notify(state, text) {
  return { ...state, notices: state.notices + 1, notice: { n: state.notices + 1, text } };
}

function answer(state, form, fault) {
  const n = state.notices + 1;
  return { ...state, notices: n, forms: { ...state.forms, [form]: { n, fault } } };
}

function show(state, name) {
  if (at(state.rooms, name) === undefined) return state;
  const next = patch(state, name, (room) => ({ unread: 0, seen: Math.max(room.seen, lastOffset(room.items) ?? 0) }));
  return { ...next, active: name };
}

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

const steps = {
  form: (state) => ({ ...initial, notices: state.notices, hidden: state.hidden }),
  notice: (state, { text }) => notify(state, text),
  notice_over: (state, { n }) => (state.notice?.n === n ? { ...state, notice: null } : state),
  answered: (state, { form, fault }) => answer(state, form, fault),
  retyped: (state, { form }) => (state.forms[form]?.fault ? { ...state, forms: { ...state.forms, [form]: null } } : state),
  joining: (state, { wanted, pending = [] }) => ({ ...state, phase: "joining", forms: {}, wanted, pending }),
  show: (state, { room }) => show(state, room),
  hidden(state, { hidden }) {
    const next = { ...state, hidden };
    return hidden || state.active === null ? next : show(next, state.active);
  },
  drafted: (state, { n }) => (state.draft?.n === n ? { ...state, draft: null } : state),

  link(state, { link }) {
    let next = { ...state, link };
    if (link.status === "open") return next;
    for (const [name, room] of Object.entries(state.rooms)) {
      // The list as it was when the line was cut; a second cut before the list is back must not empty it.
      const listed = room.live ? Object.fromEntries(room.members.map((one) => [one.id, true])) : room.listed;
      next = patch(next, name, () => ({ live: false, loading: false, stuck: false, listed }));
    }
    return next;
  },

  welcome(state, { welcome, seen = {} }) {
    let next = asMe(state, welcome.me);
    const other = state.me !== null && state.me.id !== welcome.me.id;
    if (other) next = { ...next, rooms: {}, active: null };
    for (const one of welcome.rooms.filter((entry) => entry.with)) {
      const known = at(next.rooms, one.room);
      const from = known?.seen ?? at(seen, one.room) ?? one.read ?? 0;
      const room = known ?? newRoom(one.room);
      const unread = room.items.length === 0 ? Math.max(room.unread, one.head - from) : room.unread;
      const entry = { ...room, with: one.with, head: one.head, seen: from, unread };
      next = { ...next, rooms: { ...next.rooms, [one.room]: entry } };
    }
    return { ...next, phase: "joined", limits: welcome.limits ?? state.limits };
  },

  turned_away(state, { form, why }) {
    const outside = { ...state, phase: "form", link: { status: "off" } };
    return form === null ? notify(outside, why) : answer(outside, form, why);
  },

  opened(state, { room, person }) {
    const known = at(state.rooms, room) ?? { ...newRoom(room), with: person };
    return show({ ...state, rooms: { ...state.rooms, [room]: known } }, room);
  },

  joined(state, { joined, focus, at: now }) {
    const name = joined.room;
    const known = at(state.rooms, name) ?? { ...newRoom(name), seen: isPrivate(name) ? 0 : joined.head };
    const fresh = joined.recovered ? {} : { items: [], older: false, loading: false, stuck: false };
    const room = {
      ...known,
      ...fresh,
      seen: Math.min(known.seen, joined.head),
      unread: joined.recovered ? known.unread : 0,
      with: joined.with ?? known.with,
      topic: joined.topic ?? "",
      head: joined.head,
      joined: true,
      members: joined.members,
      count: joined.count,
      listedUntil: now + LISTED_FOR_MS,
    };
    const next = { ...state, rooms: { ...state.rooms, [name]: room } };
    const wanted = focus || state.active === null || state.wanted === name;
    return wanted ? { ...show(next, name), wanted: state.wanted === name ? null : state.wanted } : next;
  },

  event(state, { event }) {
    const { room: name, offset } = event;
    const before = at(state.rooms, name);
    if (before === undefined) return state;
    const items = trimmed(withEvent(before.items, event));
    const mine = event.from?.id === state.me?.id;
    const looking = name === state.active && !state.hidden;
    const fresh = items !== before.items && offset > before.seen;
    const next = patch(state, name, (room) => ({
      items,
      older: room.older || items.length < before.items.length,
      head: Math.max(room.head, offset),
      with: event.with ?? room.with,
      seen: looking || mine ? Math.max(room.seen, offset) : room.seen,
      unread: fresh && !looking && !mine ? room.unread + 1 : room.unread,
    }));
    const pending = mine && event.cid ? next.pending.filter((one) => one.cid !== event.cid) : next.pending;
    const spoken = before.live && fresh && looking && !mine ? event : next.spoken;
    return { ...next, pending, spoken };
  },

  live: (state, { room }) =>
    patch(state, room, (now) => {
      const first = firstOffset(now.items);
      return { live: true, older: first === null ? now.head > 0 : first > 1 };
    }),

  older_wanted: (state, { room }) => patch(state, room, () => ({ loading: true, stuck: false })),
  older_failed: (state, { room }) => patch(state, room, () => ({ loading: false, stuck: true })),
  page: (state, { page }) =>
    patch(state, page.room, (room) => {
      const items = withPage(room.items, page.events);
      const fits = items !== room.items || page.events.length === 0;
      return { items, loading: false, stuck: items === room.items, older: fits ? page.more : room.older };
    }),

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
      const members = room.members.filter((one) => one.id !== who.id);
      const { [who.id]: _, ...listed } = room.listed;
      if (members.length === room.members.length) return { listed };
      return { members, listed, count: Math.max(0, room.count - 1), ...told(room, reason, who) };
    }),

  me: (state, { me }) => asMe(state, me),

  directory(state, { rooms, anew }) {
    const open = rooms.filter((one) => !one.with);
    const names = new Set(open.map((one) => one.room));
    const kept = anew ? [] : state.directory.filter((one) => !names.has(one.room));
    return { ...state, directory: [...kept, ...open] };
  },

  left(state, { room: name, why }) {
    const gone = at(state.rooms, name);
    const rooms = Object.fromEntries(Object.entries(state.rooms).filter(([other]) => other !== name));
    const words = why && `${gone ? titleOf(gone) : name}: ${why}`;
    if (gone === undefined) return why ? notify(state, words) : state;
    const others = Object.keys(rooms);
    const home = others.includes("lobby") ? "lobby" : (others.find((one) => !isPrivate(one)) ?? others[0] ?? null);
    const next = { ...state, rooms };
    const shown = state.active === name ? (home === null ? { ...next, active: null } : show(next, home)) : next;
    return why ? notify(shown, words) : shown;
  },

  said: (state, { cid, room, text }) => ({
    ...state,
    pending: [...state.pending.filter((one) => one.cid !== cid), { cid, room, text, status: "waiting", why: null }],
  }),
  held: (state, { cid, why }) => marked(state, cid, { status: "waiting", why }),
  refused: (state, { cid, why }) => notify(marked(state, cid, { status: "refused", why }), why),
  settled: (state, { cid }) => ({ ...state, pending: state.pending.filter((one) => one.cid !== cid) }),
  handed_back(state, { cid }) {
    const one = state.pending.find((item) => item.cid === cid);
    if (one === undefined) return state;
    const draft = { n: (state.draft?.n ?? 0) + 1, room: one.room, text: one.text };
    return show({ ...state, pending: state.pending.filter((item) => item !== one), draft }, one.room);
  },
};

function marked(state, cid, change) {
  return { ...state, pending: state.pending.map((one) => (one.cid === cid ? { ...one, ...change } : one)) };
}

/** The state after `action`. Unknown actions change nothing. */
export function reduce(state, action) {
  const step = Object.hasOwn(steps, action.type) ? steps[action.type] : null;
  return step === null ? state : step(state, action);
}
