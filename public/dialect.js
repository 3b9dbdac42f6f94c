// What each frame of `chatd.v1` means for a connection (see connection.js): replies to what was asked, and what comes
// unasked. Types and fields that are not known here are passed over, as the protocol wants it.

import { BAD_NAME, BAD_ROOM, nearestName } from "./names.js";
import { at, isPrivate } from "./room.js";
import { folded } from "./storage.js";
import { key, t } from "./words.js";

const MOST_ROOMS = 2000;

export const TOO_LONG = key("This message is too long.");

const WORDS = {
  name_taken: key("Somebody else has this name right now. Choose another one."),
  bad_name: BAD_NAME,
  rate_limited: key("Too fast: the server asks to wait a little."),
  read_only: key("The server cannot write at the moment; it is tried again."),
  too_long: TOO_LONG,
  no_such_person: key("This person is not here any more."),
  not_member: key("You are not in this room."),
};

// Refusals of a hello that another name would spare.
const OF_THE_NAME = ["name_taken", "bad_name"];

const words = ({ code, message }) => {
  const known = at(WORDS, code);
  return known !== undefined ? t(known) : message || t("The server refused: {code}.", { code: code || "?" });
};

const same = (one, other) => folded(one) === folded(other);

const ANSWERS = {
  hello: "welcome",
  join: "joined",
  leave: "done",
  say: "done",
  history: "page",
  rooms: "rooms",
  typing: "done",
  read: "done",
};

/** Whether a frame can be the reply to `asked`. */
export const answers = (frame, asked) => frame.type === "refused" || frame.type === ANSWERS[asked.type];

/** A reply to `asked`. */
export function replyTo(line, asked, frame) {
  const kind = frame.type === "refused" ? `refused ${asked.type}` : frame.type;
  if (Object.hasOwn(replies, kind)) replies[kind](line, asked, frame);
}

/** A frame that nobody asked for. */
export function told(line, frame) {
  if (frame.id !== undefined) event(line, frame);
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
  if (place === "new" && frame.type === "message") line.emit({ type: "event", event: frame });
  if (place === "gap") line.rejoin(room);
  // To ask for it at once, again and again, would help nobody.
  if (place === "torn") line.cut();
}

/** The person is called `me.name` now, and the token is kept under that name. */
function named(line, me) {
  const { who } = line;
  line.me = me;
  if (same(who.was, me.name)) line.tokens.set(me.name, who.token);
  else line.tokens.move(who.was, me.name, who.token);
  who.name = who.was = me.name;
}

const replies = {
  welcome(line, asked, frame) {
    if (frame.token) line.who.token = frame.token;
    line.frameBytes = frame.limits.frame;
    if (line.me !== null && line.me.id !== frame.me.id) {
      // Somebody new, because the server does not know the old token: private conversations were not ours.
      for (const room of line.cursors.names.filter(isPrivate)) line.cursors.drop(room);
      line.outbox.disown();
    }
    named(line, frame.me);
    line.emit({ type: "welcome", welcome: frame });
    if (asked.renames) line.emit({ type: "answered", form: "rename", fault: null });
    else line.resume();
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
      return line.cut(Math.max(1, frame.retry_after ?? 3) * 1000);
    }
    const ofTheName = OF_THE_NAME.includes(frame.code);
    return line.turnedAway(words(frame), ofTheName ? "name" : null, ofTheName ? nearestName(who.name, { taken: [who.name] }) : null);
  },

  joined(line, asked, frame) {
    if (!line.cursors.joined(asked.room, frame)) return;
    line.emit({ type: "joined", joined: frame, focus: asked.focus === true, at: line.clock.now() });
    if (asked.typed) line.emit({ type: "answered", form: "room", fault: null });
  },

  "refused join"(line, asked, frame) {
    line.cursors.drop(asked.room);
    // A conversation in which nobody has said anything yet may be no room so far; its first message makes it one.
    if (isPrivate(asked.room) && frame.code === "no_such_room") return;
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
  read: (line, { room, offset }) => line.emit({ type: "read", room, offset }),
  me(line, { me }) {
    named(line, me);
    line.emit({ type: "me", me });
  },
};
