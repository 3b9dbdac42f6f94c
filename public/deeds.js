// What is done in a room, or to it, and is no message: as the server tells it, and what follows from it for the room. Pure.

import { isCount, isId, isName, line, person, words } from "./checks.js";

const LONGEST_TITLE = 120;
export const LONGEST_TOPIC = 500;
const LONGEST_REASON = 500;
const LONGEST_TEXT = 16_000;
const LONGEST_TIME = 40;

export const ROLES = ["", "member", "moderator", "owner"];

const text = (value, most) => (typeof value === "string" ? line(value, most) : undefined);
const flag = (value) => (typeof value === "boolean" ? value : undefined);
const time = (value) => words(value, LONGEST_TIME) || undefined;

const known = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** A person whom it is done to; a deed that must have one is none without. */
const to = (frame, more = {}) => {
  const who = person(frame.who);
  return who === null ? null : { who, ...more };
};

const parts = {
  set({ topic, title, slow, locked, archived, guests }) {
    const all = { topic: text(topic, LONGEST_TOPIC), title: text(title, LONGEST_TITLE), slow: isCount(slow) ? slow : undefined };
    const found = known({ ...all, locked: flag(locked), archived: flag(archived), guests: flag(guests) });
    return Object.keys(found).length === 0 ? null : found;
  },
  role: (frame) => (ROLES.includes(frame.role) ? to(frame, { role: frame.role }) : null),
  made: ({ title }) => known({ title: text(title, LONGEST_TITLE) }),
  invited: to,
  kicked: to,
  quit: () => ({}),
  banned: (frame) => to(frame, known({ until: time(frame.until) })),
  unbanned: to,
  muted: (frame) => to(frame, known({ until: time(frame.until) })),
  unmuted: to,
  wiped: (frame) => to(frame, known({ since: time(frame.since) })),
  signed_up: to,
  bot_made: to,
  // Of a message of another room; in its own room it changes that message.
  deleted: (frame) => (isName(frame.in) ? to(frame, known({ about: isCount(frame.about) ? frame.about : undefined })) : null),
  reported: (frame) => to(frame, known({ about: isCount(frame.about) ? frame.about : undefined, text: words(frame.text, LONGEST_TEXT) })),
};

/** What a frame says was done: the fields beside those of every event, or null where it is no deed, or one unknown here. */
export function deedOf(frame) {
  const found = Object.hasOwn(parts, frame.type) ? parts[frame.type](frame) : null;
  if (found === null) return null;
  const reason = text(frame.reason, LONGEST_REASON);
  return { deed: true, ...found, ...(reason ? { reason } : {}), ...(isName(frame.in) ? { in: frame.in } : {}) };
}

const SETTINGS = ["topic", "title", "slow", "locked", "archived"];

function withRole(room, who, role) {
  const others = room.staff.filter((one) => one.who.id !== who.id);
  return role === "owner" || role === "moderator" ? [...others, { who, role }] : others;
}

/** The change to `room` that a deed of its log makes, which came after one had joined; `me` is oneself. */
export function doneBy(event, room, me) {
  const mine = event.who?.id === me?.id;
  switch (event.type) {
    case "set": {
      const change = Object.fromEntries(SETTINGS.filter((name) => event[name] !== undefined).map((name) => [name, event[name]]));
      return event.guests === undefined ? change : { ...change, guests: event.guests };
    }
    case "role":
      return { staff: withRole(room, event.who, event.role), ...(mine ? { role: event.role } : {}) };
    case "kicked":
    case "banned":
      return { staff: withRole(room, event.who, "") };
    case "quit":
      return { staff: withRole(room, event.from, "") };
    case "muted":
    case "unmuted":
      return mine ? { muted: event.type === "muted" } : {};
    default:
      return {};
  }
}
