// One room as the page sees it, and the people in it. Pure functions.

import { withNotice } from "./timeline.js";
import { t } from "./words.js";

/** What `record` holds under `key`, or undefined. A room may well be called `constructor` or `__proto__`. */
export const at = (record, key) => (Object.hasOwn(record, key) ? record[key] : undefined);

/** A room of which nothing is known but its name. */
export const newRoom = (name) => ({
  name,
  with: null,
  topic: "",
  title: "", // of a room for its members alone, whose name nobody can read
  role: "", // one's own there: "", member, moderator, owner
  staff: [], // [{who, role}]: its moderators and owners
  slow: 0, // seconds between two messages of one person
  locked: false,
  archived: false,
  guests: true, // whether they may come in
  muted: false, // whether oneself may not write
  joined: false,
  live: false,
  fresh: false, // whether it begins anew, and is not live yet
  head: 0,
  items: [], // a part of the log without a hole, with notices between its messages
  older: false, // whether there is more before them
  newer: false, // and after them: then what is said now is not among them
  loading: false,
  stuck: false, // whether to ask for more brought none, though there is some
  reading: false, // whether one reads above, so that what comes is not seen
  target: null, // {offset, n}: the message to show
  members: [],
  count: 0,
  listed: {},
  listedUntil: 0,
  replying: null, // {offset, quote} of what one answers
  editing: null, // the offset of the message of one's own that is being changed
  typing: [], // {id, name, until}
  seen: 0,
  line: null, // the offset after which all was unread when one came
  unread: 0,
  mentions: 0,
  told: { unread: 0, mentions: 0 }, // what the server had counted when one joined
  notice: "", // of what one wants to be told: all, mentions, nothing, or what is best
  pins: [], // the offsets of what is pinned
  mine: [], // reactions of one's own among what is yet to come: [{about, emoji}]
  amends: [], // the last events that changed earlier ones, for pages that were on their way meanwhile
  notes: 0,
});

/** Whether a room is a conversation of two. */
export const isPrivate = (name) => name.startsWith("@");

/** Whether it is for its members alone. */
export const isClosed = (name) => name.startsWith("+");

/** The two rooms in which the server writes down what is done, for its moderators. */
export const LOGS = ["+audit", "+reports"];

/** Whether it is one of them. */
export const isLog = (name) => LOGS.includes(name);

/** What to call a room on screen. */
export function titleOf(room) {
  if (room.with) return room.with.name;
  if (room.name === "+audit") return t("Audit log");
  if (room.name === "+reports") return t("Reports");
  return isClosed(room.name) ? room.title || t("Private room") : room.name;
}

/** The change to `room` that puts a notice about `who` at the end of its flow. */
export const told = (room, what, who, more = {}) => ({
  items: room.newer ? room.items : withNotice(room.items, { key: `n${room.notes}`, what, who, ...more }),
  notes: room.notes + 1,
});

const MOST_PEOPLE = 1000;

/** `people` with `who` among them, under the newest name. */
export const withPerson = (people, who) =>
  people.some((one) => one.id === who.id)
    ? people.map((one) => (one.id === who.id ? { ...one, ...who } : one))
    : people.length >= MOST_PEOPLE
      ? people
      : [...people, { id: who.id, name: who.name, avatar: who.avatar }];
