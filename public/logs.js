// The steps of what is in a room's log, and of how far it has been read. Pure; see state.js.

import { allSeen, notify, patch, show } from "./changes.js";
import { amended, amendedBy, isChange, ownedBy, pinsAfter, wipedBy } from "./amends.js";
import { countsOf, tally, tells, wanted } from "./counts.js";
import { doneBy } from "./deeds.js";
import { at, isPrivate, newRoom } from "./room.js";
import { firstOffset, holding, lastOffset, trimmed, withEvent, withNewer, withPage } from "./timeline.js";
import { t } from "./words.js";

/** How long after coming back somebody who was listed before is not announced as a newcomer, in milliseconds. */
export const LISTED_FOR_MS = 300_000;

const MOST_AMENDS = 100;

/** What was wiped on the whole server is told in its log alone. */
function wipedEverywhere(state, event) {
  if (event.type !== "wiped" || event.room !== "+audit" || event.in !== undefined) return state;
  const names = Object.keys(state.rooms).filter((name) => !isPrivate(name));
  return names.reduce((next, name) => patch(next, name, (room) => ({ items: wipedBy(event, room.items, { elsewhere: true }) })), state);
}

function turned(room, page, way, me) {
  // What has been heard may have changed what was on its way meanwhile.
  // Which reactions are one's own the page says as it is by now, and not as it was after some of them.
  const known = page.events.filter((one) => one.type !== "reacted" || one.from.id !== me?.id);
  const after = (items) => amended(ownedBy(page.mine ?? [], items), [...known, ...room.amends, ...room.items.filter((one) => one.amends && one.reason)], me);
  if (way === "newer") {
    const items = withNewer(room.items, page.events);
    const fits = items !== room.items || page.events.length === 0;
    return { items: after(items), loading: false, stuck: !fits, newer: fits ? page.more : room.newer };
  }
  if (way === "around" || way === "newest") {
    const items = after(withPage([], page.events));
    const end = lastOffset(items) ?? 0;
    return { items, loading: false, stuck: false, older: page.more, newer: way === "around" && end < room.head };
  }
  const items = withPage(room.items, page.events);
  const fits = items !== room.items || page.events.length === 0;
  const held = holding(after(items));
  const newer = room.newer || held.length < items.length;
  return { items: held, newer, loading: false, stuck: items === room.items, older: fits ? page.more : room.older };
}

export const logSteps = {
  joined(state, { joined, asked, focus, at: now }) {
    const name = joined.room;
    const read = joined.read ?? 0;
    const start = isPrivate(name) || read > 0 ? Math.min(read, joined.head) : joined.head;
    const known = at(state.rooms, name) ?? { ...newRoom(name), seen: start };
    const fresh = joined.recovered ? {} : { items: [], amends: [], older: false, newer: false, loading: false, stuck: false, reading: false };
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
      told: { unread: joined.unread ?? 0, mentions: joined.mentions ?? 0 },
      notice: joined.notice ?? "",
      pins: joined.pins ?? [],
      mine: joined.mine ?? [],
      head: joined.head,
      joined: true,
      members: joined.members,
      count: joined.count,
      fresh: !joined.recovered,
      listedUntil: now + LISTED_FOR_MS,
    };
    const next = { ...state, rooms: { ...state.rooms, [name]: room } };
    const wished = state.wanted !== null && (state.wanted === asked || state.wanted === name);
    // What is not looked at is not read: while the room that is wanted is not there, none is shown in its place.
    const shown = focus || wished || (state.active === null && state.wanted === null);
    return shown ? { ...show(next, name), wanted: wished ? null : state.wanted } : next;
  },

  event(given, { event }) {
    const { room: name, offset } = event;
    const state = wipedEverywhere(given, event);
    const before = at(state.rooms, name);
    if (before === undefined) return state;
    const placed = before.newer ? before.items : withEvent(before.items, event);
    const added = amendedBy(event, placed, state.me);
    // Nobody's place is taken away while they read.
    const items = before.reading ? added : trimmed(added);
    const mine = event.from?.id === state.me?.id;
    const looking = name === state.active && !state.hidden && !before.reading && !before.newer;
    const fresh = (before.newer ? offset > before.head : added !== before.items) && offset > before.seen;
    const ignored = state.ignored.some(({ id }) => id === event.from?.id);
    const unseen = fresh && !looking && !mine && !ignored && tells(event);
    const said = mine && event.type === "message";
    // What is unread may have been taken away, or call for one now.
    const reader = { me: state.me, ignored: state.ignored };
    const less = isChange(event) && before.unread > 0;
    const [was, is] = less ? [tally(before.items, before.seen, reader), tally(added, before.seen, reader)] : [before, before];
    const count = unseen ? tally([event], 0, reader) : { unread: 0, mentions: 0 };
    const now = (name) => (said ? 0 : Math.max(0, before[name] + count[name] + is[name] - was[name]));
    const done = event.deed && offset > before.head ? doneBy(event, before, state.me) : {};
    const next = patch(state, name, (room) => ({
      ...done,
      items,
      older: room.older || items.length < before.items.length,
      head: Math.max(room.head, offset),
      with: event.with ?? room.with,
      typing: event.type === "message" ? room.typing.filter((one) => one.id !== event.from?.id) : room.typing,
      seen: looking || said ? Math.max(room.seen, offset) : room.seen,
      line: unseen && room.line === null ? offset - 1 : room.line,
      unread: now("unread"),
      mentions: now("mentions"),
      pins: pinsAfter(room.pins, event, items),
      amends: isChange(event) ? [...room.amends, event].slice(-MOST_AMENDS) : room.amends,
    }));
    const pending = mine && event.cid ? next.pending.filter((one) => one.cid !== event.cid) : next.pending;
    const told = before.live && fresh && !mine && !ignored && tells(event);
    const unsaid = event.type === "wiped" && next.spoken?.from.id === event.who.id ? null : next.spoken;
    const spoken = told && name === state.active && !state.hidden && event.type === "message" ? event : unsaid;
    const called = unseen && before.live && wanted(before, event, state.me) ? event : next.called;
    return { ...next, pending, spoken, called };
  },

  live: (state, { room }) =>
    patch(state, room, (now) => {
      const first = firstOffset(now.items);
      const older = first === null ? now.head > 0 : first > 1;
      const looking = now.name === state.active && !state.hidden && !now.reading && !now.newer;
      return { items: ownedBy(now.mine, now.items), mine: [], live: true, fresh: false, older, ...(looking ? {} : countsOf(now, now.seen, now.told, state)) };
    }),

  /** `way` is older, newer, around (a target) or newest. */
  more_wanted: (state, { room }) => patch(state, room, () => ({ loading: true, stuck: false })),
  more_failed: (state, { room }) => patch(state, room, () => ({ loading: false, stuck: true })),
  page(state, { page, way = "older" }) {
    let next = patch(state, page.room, (room) => turned(room, page, way, state.me));
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
  read: (state, { room: name, offset, unread = 0, mentions = 0 }) =>
    patch(state, name, (room) => {
      if (offset <= room.seen) return {};
      const seen = Math.min(offset, room.head);
      const done = offset >= room.head;
      return { seen, ...countsOf(room, seen, { unread, mentions }, state), line: done && name !== state.active ? null : room.line };
    }),

  /** Of what one wants to be told there. */
  level: (state, { room, level }) => patch(state, room, () => ({ notice: level })),

  /** What is pinned there, asked for anew. */
  pins: (state, { room, pins }) => patch(state, room, () => ({ pins })),

  /** One has given a reaction already, which nobody saw among so many. */
  gave: (state, { room, offset, emoji }) => patch(state, room, ({ items }) => ({ items: ownedBy([{ about: offset, emoji }], items) })),
};
