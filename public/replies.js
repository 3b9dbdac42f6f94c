// What a server may say about who is who, and who may what; the part of frames.js that is about people and their rights.

import { isCount, isName, isRecord, line, list, LONGEST_NAME, people, person, words } from "./checks.js";
import { ROLES } from "./deeds.js";

const MOST_SECONDS = 21_600;
const SERVER_ROLES = ["guest", "member", "moderator", "owner", "bot"];
const REMOVALS = ["kicked", "banned", "quit", "guests", "forbidden"];
// What only a dialog asks for is looked at there; see answers.js.
const ASKED = ["found", "roster", "sessions", "link", "links", "bot", "pins"];

const one = (value, allowed, otherwise) => (allowed.includes(value) ? value : otherwise);

/** Oneself: a person and their role on the server, or a watcher, who is nobody; null for neither. */
export function self(me) {
  if (isRecord(me) && me.role === "watcher") return { role: "watcher" };
  const who = person(me);
  return who === null ? null : { ...who, role: one(me.role, SERVER_ROLES, "guest") };
}

/** What the server lets people do who have no account. */
export function possible(value) {
  const { sign_up: signUp, guests, locked, claimed } = isRecord(value) ? value : {};
  return { signUp: one(signUp, ["open", "invite"], "off"), guests: one(guests, ["read", "off"], "on"), locked: locked === true, claimed: claimed !== false };
}

/** {title} of a room that has one beside its name. */
export const titled = ({ room, title }) => (room.startsWith("+") ? { title: line(title, LONGEST_NAME) } : {});

/** The {who, role, here} of a list, with the role in words of the server. */
export const withRoles = (value) =>
  list(value).flatMap((given) => {
    const who = isRecord(given) ? person(given.who) : null;
    return who === null ? [] : [{ who, role: words(given.role, LONGEST_NAME), here: given.here === true }];
  });

/** How things stand in a room, and with oneself there, in a `joined`. */
export const standing = (frame) => ({
  ...titled(frame),
  role: one(frame.role, ROLES, ""),
  staff: withRoles(frame.staff).map(({ who, role }) => ({ who, role: one(role, ROLES, "") })),
  slow: isCount(frame.slow) ? Math.min(frame.slow, MOST_SECONDS) : 0,
  locked: frame.locked === true,
  archived: frame.archived === true,
  guests: frame.guests !== "off",
  muted: frame.muted === true,
});

const room = (value) => (isName(value) ? value : null);

/** By the type of a frame, as in frames.js: what the page uses of it, with null for what must not be missing. */
export const replies = {
  made: (frame) => ({ room: room(frame.room) }),
  invited: (frame) => ({ room: room(frame.room), title: line(frame.title, LONGEST_NAME), by: person(frame.by) }),
  removed: (frame) => ({ room: room(frame.room), reason: one(frame.reason, REMOVALS, "kicked") }),
  ignored: (frame) => ({ ignored: people(frame.ignored) }),
  ...Object.fromEntries(ASKED.map((type) => [type, (frame) => ({ given: frame })])),
};

/** Those of them that are events of a log too, and then have an `id`. */
export const EVENTS_TOO = ["made", "invited"];
