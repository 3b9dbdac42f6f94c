// What each frame of `chatd.v1` means for a connection (see connection.js): replies to what was asked, and what comes
// unasked. Types and fields that are not known here are passed over, as the protocol wants it.

import { BAD_NAME, BAD_ROOM, nearestName } from "./names.js";
import { isStaff } from "./rights.js";
import { at, isClosed, isPrivate, LOGS } from "./room.js";
import { folded } from "./storage.js";
import { key, language, plural, t } from "./words.js";

const MOST_ROOMS = 2000;

const GONE = key("This message is not here any more.");
export const TOO_LONG = key("This message is too long.");

const WORDS = {
  name_taken: key("Somebody else has this name right now. Choose another one."),
  bad_name: BAD_NAME,
  rate_limited: key("Too fast: the server asks to wait a little."),
  read_only: key("The server cannot write at the moment; it is tried again."),
  too_long: TOO_LONG,
  no_such_person: key("This person is not here any more."),
  not_member: key("You are not in this room."),
  no_such_message: GONE,
  no_such_file: key("The server has forgotten this file."),
  no_such_room: key("There is no such room, or it is not for you."),
  banned: key("You have been banned here."),
  muted: key("You may not write here for now: a moderator has muted you."),
  locked: key("No newcomers are let in here right now."),
  archived: key("This room is archived: it can be read, and no more."),
};

// Longer than this nobody should wait without being told how long.
const SHORT_SECONDS = 10;

// Refusals of a hello that another name would spare.
const OF_THE_NAME = ["name_taken", "bad_name"];

const MOST_AFTER_SECONDS = 300;

/** A refusal, for a person. */
export const words = ({ code, message, retry_after: seconds }) => {
  if (code === "rate_limited" && seconds > SHORT_SECONDS) {
    return plural(Math.ceil(seconds), "Too fast: try again in {n} second.", "Too fast: try again in {n} seconds.");
  }
  // What exactly one may not do, the server says in English alone.
  if (code === "forbidden" && (language() !== "en" || !message)) return t("You may not do that.");
  const known = at(WORDS, code);
  return known !== undefined ? t(known) : message || t("The server refused: {code}.", { code: code || "?" });
};

const same = (one, other) => folded(one) === folded(other);

const ANSWERS = {
  // All others are answered by `done`.
  make: "made",
  roster: "roster",
  sessions: "sessions",
  link: "link",
  links: "links",
  bot: "bot",
  pins: "pins",
  hello: "welcome",
  join: "joined",
  history: "page",
  rooms: "rooms",
  search: "found",
};

/** Whether a frame can be the reply to `asked`. */
export const answers = (frame, asked) => frame.type === "refused" || frame.type === (ANSWERS[asked.type] ?? "done");

/** A reply to `asked`. */
export function replyTo(line, asked, frame) {
  if (asked.done !== undefined) return asked.done(frame.type === "refused" ? { ...frame, why: words(frame) } : frame);
  const kind = frame.type === "refused" ? `refused ${asked.type}` : frame.type;
  if (Object.hasOwn(replies, kind)) replies[kind](line, asked, frame);
  return undefined;
}

/** A frame that nobody asked for. */
export function told(line, frame) {
  if (frame.offset !== undefined && frame.id !== undefined) event(line, frame);
  else if (Object.hasOwn(unasked, frame.type)) unasked[frame.type](line, frame);
}

function event(line, frame) {
  const { room } = frame;
  if (isPrivate(room) && !line.cursors.has(room)) {
    // The first word of a conversation: from its start on it is a room like others, this event included.
    line.hear(room);
    return;
  }
  const place = line.cursors.event(frame);
  if (place === "new" && frame.type !== "other") line.emit({ type: "event", event: frame });
  if (place === "gap") line.rejoin(room);
  // To ask for it at once, again and again, would help nobody.
  if (place === "torn") line.cut();
}

/** The person is called `me.name` now, and the token is kept under that name. */
function named(line, me) {
  const { who } = line;
  line.me = me;
  who.account = me.role !== "guest";
  if (who.account) {
    // From here on the cookie says who one is, which no script can read.
    line.tokens.drop(who.was);
    who.token = null;
  } else if (same(who.was, me.name)) line.tokens.set(me.name, who.token);
  else line.tokens.move(who.was, me.name, who.token);
  who.name = who.was = me.name;
}

const replies = {
  welcome(line, asked, frame) {
    if (frame.me.id === undefined) return line.signedOut(line.me === null ? null : t("You have been signed out."));
    if (frame.token) line.who.token = frame.token;
    line.frameBytes = frame.limits.frame;
    if (line.me !== null && line.me.id !== frame.me.id) {
      // Somebody new, because the server does not know the old token: private conversations were not ours.
      for (const room of line.cursors.names.filter((name) => isPrivate(name) || isClosed(name))) line.cursors.drop(room);
      line.outbox.disown();
    }
    for (const { room } of frame.rooms) if (isClosed(room)) line.cursors.add(room);
    // They are there for who may read them, though there be nothing in them yet.
    if (isStaff(frame.me.role)) for (const room of LOGS) line.cursors.add(room);
    named(line, frame.me);
    line.emit({ type: "welcome", welcome: frame });
    if (asked.renames) return line.emit({ type: "answered", form: "rename", fault: null });
    return line.resume();
  },

  "refused hello"(line, asked, frame) {
    const { who } = line;
    if (asked.renames) return line.emit({ type: "answered", form: "rename", fault: words(frame) });
    if (frame.code === "bad_token" && asked.token) {
      line.tokens.drop(who.name);
      who.token = null;
      return line.hello();
    }
    const other = line.tokens.get(who.name);
    if (frame.code === "name_taken" && other && other !== asked.token) {
      // Another tab of this browser was quicker to become this person.
      who.token = other;
      return line.hello();
    }
    if (frame.code === "read_only" || frame.code === "internal") {
      return line.cut(Math.min(Math.max(1, frame.retry_after ?? 3), MOST_AFTER_SECONDS) * 1000);
    }
    const ofTheName = OF_THE_NAME.includes(frame.code);
    return line.turnedAway(words(frame), ofTheName ? "name" : null, ofTheName ? nearestName(who.name, { taken: [who.name] }) : null);
  },

  joined(line, asked, frame) {
    if (!line.cursors.joined(asked.room, frame)) return;
    line.emit({ type: "joined", joined: frame, asked: asked.room, focus: asked.focus === true, at: line.clock.now() });
    if (asked.typed) line.emit({ type: "answered", form: "room", fault: null });
  },

  "refused join"(line, asked, frame) {
    line.cursors.drop(asked.room);
    // A conversation in which nobody has said anything yet may be no room so far; its first message makes it one.
    if (isPrivate(asked.room) && frame.code === "no_such_room") return line.emit({ type: "no_room", room: asked.room });
    const why = frame.code === "bad_name" ? t(BAD_ROOM) : words(frame);
    line.emit({ type: "left", room: asked.room, why: asked.typed ? null : why });
    if (asked.typed) line.emit({ type: "answered", form: "room", fault: why });
  },

  done(line, asked) {
    if (asked.type === "say") line.outbox.settled(asked.cid);
  },

  "refused say"(line, asked, frame) {
    line.outbox.refused(asked.cid, { code: frame.code, why: words(frame), retrySeconds: frame.retry_after });
  },

  page(line, asked, frame) {
    line.emit({ type: "page", page: frame, way: asked.way });
  },

  "refused history"(line, asked) {
    line.emit({ type: "more_failed", room: asked.room });
  },

  rooms(line, asked, frame) {
    line.emit({ type: "directory", rooms: frame.rooms, anew: asked.anew === true });
    const known = (asked.known ?? 0) + frame.rooms.length;
    if (!frame.more || frame.rooms.length === 0 || known >= MOST_ROOMS) return;
    line.send({ type: "rooms", after: frame.rooms[frame.rooms.length - 1].room }, { known });
  },
};

const REMOVED = {
  kicked: key("You have been removed from this room."),
  banned: key("You have been banned from this room."),
  guests: key("Guests are not let in any more."),
  forbidden: key("This room is not for you any more."),
};

function removed(line, room, why) {
  line.cursors.drop(room);
  line.emit({ type: "left", room, why });
}

const unasked = {
  live(line, frame) {
    line.cursors.live(frame);
    if (line.cursors.heard(frame.room)) line.emit({ type: "live", room: frame.room });
  },
  present: (line, { room, who }) => line.emit({ type: "present", room, who, at: line.clock.now() }),
  absent: (line, { room, who, reason }) => line.emit({ type: "absent", room, who, reason }),
  members: (line, frame) => line.emit({ type: "members", members: frame }),
  count: (line, frame) => line.emit({ type: "count", count: frame }),
  typing: (line, { room, who }) => line.emit({ type: "typing", room, who, at: line.clock.now() }),
  read: (line, { room, offset, unread, mentions }) => line.emit({ type: "read", room, offset, unread, mentions }),
  notice: (line, { room, level }) => line.emit({ type: "level", room, level }),
  me(line, { me }) {
    if (me.id === undefined) return;
    named(line, me);
    line.emit({ type: "me", me });
    for (const room of LOGS) {
      if (isStaff(me.role)) line.hear(room);
      else if (line.cursors.has(room)) removed(line, room, null);
    }
  },
  removed: (line, { room, reason }) => removed(line, room, REMOVED[reason] && t(REMOVED[reason])),
  invited(line, { room, title, by }) {
    line.hear(room);
    line.emit({ type: "notice", text: t("{name} has invited you to “{title}”.", { name: by.name, title }) });
  },
  ignored: (line, { ignored }) => line.emit({ type: "ignored", ignored }),
};
