// The steps of what is in a room's log, and of how far it has been read. Pure; see state.js.

import { allSeen, notify, patch, show } from "./changes.js";
import { doneBy, wipedBy, wipedByAll } from "./deeds.js";
import { mentions } from "./mentions.js";
import { at, isPrivate, newRoom } from "./room.js";
import { firstOffset, holding, lastOffset, trimmed, withEvent, withNewer, withPage } from "./timeline.js";
import { t } from "./words.js";

/** How long after coming back somebody who was listed before is not announced as a newcomer, in milliseconds. */
export const LISTED_FOR_MS = 300_000;

const speaksTo = (me, event) => isPrivate(event.room) || (event.text !== undefined && mentions(event.text, me.name));

/** What is among the items, is not one's own, and was said after `offset`. */
const after = (room, offset, me) => room.items.filter((item) => item.kind === "message" && item.offset > offset && item.from?.id !== me?.id);

// A page may have been on its way when they were taken away.
const wiped = wipedByAll;

/** What was wiped on the whole server is told in its log alone. */
function wipedEverywhere(state, event) {
  if (event.type !== "wiped" || event.room !== "+audit" || event.in !== undefined) return state;
  const names = Object.keys(state.rooms).filter((name) => !isPrivate(name));
  return names.reduce((next, name) => patch(next, name, (room) => ({ items: wipedBy(event, room.items, { elsewhere: true }) })), state);
}

/** Whether it is there to be read, by whoever is not there. */
const tells = (event) => event.type === "message" || (event.type === "reported" && event.room === "+reports");

function turned(room, page, way) {
  if (way === "newer") {
    const items = wiped(withNewer(room.items, page.events));
    const fits = items !== room.items || page.events.length === 0;
    return { items, loading: false, stuck: !fits, newer: fits ? page.more : room.newer };
  }
  if (way === "around" || way === "newest") {
    const items = wiped(withPage([], page.events));
    const end = lastOffset(items) ?? 0;
    return { items, loading: false, stuck: false, older: page.more, newer: way === "around" && end < room.head };
  }
  const items = wiped(withPage(room.items, page.events));
  const fits = items !== room.items || page.events.length === 0;
  const held = holding(items);
  const newer = room.newer || held.length < items.length;
  return { items: held, newer, loading: false, stuck: items === room.items, older: fits ? page.more : room.older };
}

export const logSteps = {
  joined(state, { joined, focus, at: now }) {
    const name = joined.room;
    const read = joined.read ?? 0;
    const start = isPrivate(name) || read > 0 ? Math.min(read, joined.head) : joined.head;
    const known = at(state.rooms, name) ?? { ...newRoom(name), seen: start };
    const fresh = joined.recovered ? {} : { items: [], older: false, newer: false, loading: false, stuck: false, reading: false };
    const seen = Math.min(Math.max(known.seen, read), joined.head);
    const missed = seen < joined.head && (seen > 0 || isPrivate(name));
    const room = {
      ...known,
      ...fresh,
      seen,
      line: known.line !== null && joined.recovered ? known.line : missed ? seen : null,
      unread: joined.recovered ? known.unread : 0,
      mentions: joined.recovered ? known.mentions : 0,
      with: joined.with ?? known.with,
      topic: joined.topic ?? "",
      title: joined.title ?? "",
      role: joined.role ?? "",
      staff: joined.staff ?? [],
      slow: joined.slow ?? 0,
      locked: joined.locked ?? false,
      archived: joined.archived ?? false,
      guests: joined.guests ?? true,
      muted: joined.muted ?? false,
      head: joined.head,
      joined: true,
      members: joined.members,
      count: joined.count,
      fresh: !joined.recovered,
      listedUntil: now + LISTED_FOR_MS,
    };
    const next = { ...state, rooms: { ...state.rooms, [name]: room } };
    const wanted = focus || state.active === null || state.wanted === name;
    return wanted ? { ...show(next, name), wanted: state.wanted === name ? null : state.wanted } : next;
  },

  event(given, { event }) {
    const { room: name, offset } = event;
    const state = wipedEverywhere(given, event);
    const before = at(state.rooms, name);
    if (before === undefined) return state;
    const placed = before.newer ? before.items : withEvent(before.items, event);
    const added = event.type === "wiped" ? wipedBy(event, placed) : placed;
    // Nobody's place is taken away while they read.
    const items = before.reading ? added : trimmed(added);
    const mine = event.from?.id === state.me?.id;
    const looking = name === state.active && !state.hidden && !before.reading && !before.newer;
    const fresh = (before.newer ? offset > before.head : added !== before.items) && offset > before.seen;
    const ignored = state.ignored.some(({ id }) => id === event.from?.id);
    const unseen = fresh && !looking && !mine && !ignored && tells(event);
    const done = event.deed && offset > before.head ? doneBy(event, before, state.me) : {};
    const next = patch(state, name, (room) => ({
      ...done,
      items,
      older: room.older || items.length < before.items.length,
      head: Math.max(room.head, offset),
      with: event.with ?? room.with,
      typing: room.typing.filter((one) => one.id !== event.from?.id),
      seen: looking || mine ? Math.max(room.seen, offset) : room.seen,
      line: unseen && room.line === null ? offset - 1 : room.line,
      unread: unseen ? room.unread + 1 : room.unread,
      mentions: unseen && speaksTo(state.me, event) ? room.mentions + 1 : room.mentions,
    }));
    const pending = mine && event.cid ? next.pending.filter((one) => one.cid !== event.cid) : next.pending;
    const told = before.live && fresh && !mine && !ignored && tells(event);
    const unsaid = event.type === "wiped" && next.spoken?.from.id === event.who.id ? null : next.spoken;
    const spoken = told && name === state.active && !state.hidden && event.type === "message" ? event : unsaid;
    const called = unseen && before.live && speaksTo(state.me, event) ? event : next.called;
    return { ...next, pending, spoken, called };
  },

  live: (state, { room }) =>
    patch(state, room, (now) => {
      const first = firstOffset(now.items);
      // What was missed and did not come along is unread too.
      const counts = now.fresh && now.name !== state.active && first !== null && (now.seen > 0 || isPrivate(now.name));
      const missed = counts ? Math.max(0, first - now.seen - 1) : 0;
      const older = first === null ? now.head > 0 : first > 1;
      return { live: true, fresh: false, older, unread: now.unread + missed };
    }),

  /** `way` is older, newer, around (a target) or newest. */
  more_wanted: (state, { room }) => patch(state, room, () => ({ loading: true, stuck: false })),
  more_failed: (state, { room }) => patch(state, room, () => ({ loading: false, stuck: true })),
  page(state, { page, way = "older" }) {
    let next = patch(state, page.room, (room) => turned(room, page, way));
    const room = at(next.rooms, page.room);
    if (room === undefined) return state;
    if (way === "newest" && room.name === next.active) next = patch(next, page.room, () => ({ reading: false }));
    if (way === "around" && room.target !== null && !room.items.some((item) => item.offset === room.target.offset)) {
      next = notify(patch(next, page.room, () => ({ target: null })), t("This message is not here any more."));
    }
    return next;
  },

  goto: (state, { room, offset }) => patch(show(state, room), room, (now) => ({ target: { offset, n: (now.target?.n ?? 0) + 1 } })),
  arrived: (state, { room }) => patch(state, room, () => ({ target: null })),

  /** Whether the person reads above the newest messages. */
  reading(state, { room, reading }) {
    const next = patch(state, room, () => ({ reading }));
    return reading || state.hidden || state.active !== room ? next : patch(next, room, allSeen);
  },

  /** Everything is known: no line, nothing unread. */
  caught_up: (state, { room }) => patch(state, room, (now) => ({ ...allSeen({ ...now, newer: true }), line: null })),

  /** One has read so far in another tab. */
  read: (state, { room: name, offset }) =>
    patch(state, name, (room) => {
      if (offset <= room.seen) return {};
      const left = after(room, offset, state.me);
      const called = left.filter((item) => speaksTo(state.me, item));
      const done = offset >= room.head;
      return { seen: Math.min(offset, room.head), unread: done ? 0 : Math.min(room.unread, left.length), mentions: called.length, line: done && name !== state.active ? null : room.line };
    }),
};
