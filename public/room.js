// One room as the page sees it, and the people in it. Pure functions.

import { withNotice } from "./timeline.js";

/** What `record` holds under `key`, or undefined. A room may well be called `constructor` or `__proto__`. */
export const at = (record, key) => (Object.hasOwn(record, key) ? record[key] : undefined);

/** A room of which nothing is known but its name. */
export const newRoom = (name) => ({
  name,
  with: null,
  topic: "",
  joined: false,
  live: false,
  head: 0,
  items: [],
  older: false,
  loading: false,
  stuck: false, // whether to ask for older messages brought none, though there are some
  members: [],
  count: 0,
  listed: {},
  listedUntil: 0,
  seen: 0,
  unread: 0,
  told: 0,
});

/** Whether a room is a conversation of two. */
export const isPrivate = (name) => name.startsWith("@");

/** What to call a room on screen. */
export const titleOf = (room) => (room.with ? room.with.name : room.name);

/** The change to `room` that puts a notice about `who` at the end of its flow. */
export const told = (room, what, who, more = {}) => ({
  items: withNotice(room.items, { key: `n${room.told}`, what, who, ...more }),
  told: room.told + 1,
});

const MOST_PEOPLE = 1000;

/** `people` with `who` among them, under the newest name. */
export const withPerson = (people, who) =>
  people.some((one) => one.id === who.id)
    ? people.map((one) => (one.id === who.id ? { ...one, ...who } : one))
    : people.length >= MOST_PEOPLE
      ? people
      : [...people, { id: who.id, name: who.name, avatar: who.avatar }];
