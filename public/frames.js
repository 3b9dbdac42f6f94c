// What the page takes from the server: each frame made anew, of the fields that the page uses and of the kinds that they
// must have. What cannot be used goes no further, so nothing behind this module has to doubt what it is given. Pure.

import { filesOf } from "./attached.js";
import { count, isCount, isId, isName, isRecord, isToken, line, list, LONGEST_NAME, people, person, words } from "./checks.js";
import { deedOf, LONGEST_TOPIC } from "./deeds.js";
import { amendOf, formOf, levelOf, mineOf, pinsOf, unreadOf } from "./forms.js";
import { EVENTS_TOO, possible, replies, self, standing, titled } from "./replies.js";

const LONGEST_TEXT = 16_000;
const LONGEST_WORDS = 300;
// As a number that has its place on a phone.
const MOST_PEOPLE = 99_999;
const RETRY_SECONDS = [0.1, 21_600];
const REASONS = ["left", "gone", "kicked"];

/** How many are in a room. */
const many = (value, otherwise = 0) => Math.min(count(value, otherwise), MOST_PEOPLE);

/** {with} for a conversation of two, as far as it says whom it is with; {} for every other room. */
function pair({ room, with: other }) {
  const who = room.startsWith("@") ? person(other) : null;
  return who === null ? {} : { with: who };
}

/**
 * An event of a log. One that cannot be shown, or is of a kind that is not known yet, has no text: its offset counts all
 * the same. Null where it has no place in a log.
 */
export function event(frame) {
  const { type, room, offset, id } = frame;
  if (!isName(room) || !isCount(offset) || offset === 0 || !isId(id)) return null;
  const place = { type: "other", room, offset, id };
  const from = person(frame.from);
  if (from === null) return place;
  const done = deedOf(frame);
  if (done !== null) return { ...place, type, at: words(frame.at, 40), from, ...done };
  const amends = amendOf(frame, LONGEST_TEXT);
  if (amends !== null) return { ...place, type, at: words(frame.at, 40), from, ...amends };
  if (type !== "message" || typeof frame.text !== "string") return place;
  if (typeof frame.from.via === "string") from.via = line(frame.from.via, 20);
  const more = { ...(isId(frame.cid) ? { cid: frame.cid } : {}), ...formOf(frame), ...filesOf(frame) };
  return { ...place, type, at: words(frame.at, 40), from, text: words(frame.text, LONGEST_TEXT), ...more, ...pair(frame) };
}

/** The events of a page, or null unless they are of its room and follow each other without a hole. */
function events({ room, events: given }) {
  if (!Array.isArray(given)) return null;
  const all = given.map((one) => (isRecord(one) ? event(one) : null));
  const fits = (one, index) => one !== null && one.room === room && one.offset === all[0].offset + index;
  return all.every(fits) ? all : null;
}

const entry = (one) =>
  isRecord(one) && isName(one.room)
    ? { room: one.room, head: count(one.head), read: count(one.read), count: many(one.count), ...unreadOf(one), notice: levelOf(one.notice), ...pair(one), ...titled(one) }
    : null;

const entries = (value) => list(value).map(entry).filter((one) => one !== null);

/** The change that `make` finds in a frame about a room, or null where it names none. */
const inRoom = (make) => (frame) => (isName(frame.room) ? { room: frame.room, ...make(frame) } : null);

const attendance = inRoom(({ who, reason }) => ({ who: person(who), reason: REASONS.includes(reason) ? reason : "left" }));

const crowd = (frame) => {
  const members = people(frame.members);
  return { members, count: many(frame.count, members.length) };
};

const kinds = {
  welcome({ me, token, rooms, limits, server_can: can, ignored }) {
    const given = isRecord(limits) ? limits : {};
    const text = count(given.text) || 4000;
    const frame = count(given.frame) || 65_536;
    const more = { rooms: entries(rooms), limits: { text, frame, upload: count(given.upload) }, can: possible(can), ignored: people(ignored) };
    return { me: self(me), ...(isToken(token) ? { token } : {}), ...more };
  },
  refused({ code, message, retry_after: seconds }) {
    const [least, most] = RETRY_SECONDS;
    const later = Number.isFinite(seconds) ? { retry_after: Math.min(Math.max(seconds, least), most) } : {};
    return { code: words(code, LONGEST_NAME), message: line(message, LONGEST_WORDS), ...later };
  },
  joined: inRoom((frame) => ({
    topic: line(frame.topic, LONGEST_TOPIC),
    epoch: isId(frame.epoch) ? frame.epoch : null,
    head: isCount(frame.head) ? frame.head : null,
    read: count(frame.read),
    recovered: frame.recovered === true,
    ...crowd(frame),
    ...pair(frame),
    ...standing(frame),
    ...unreadOf(frame),
    notice: levelOf(frame.notice),
    pins: pinsOf(frame.pins),
    mine: mineOf(frame.mine),
  })),
  done: ({ offset }) => (isCount(offset) ? { offset } : {}),
  page: inRoom((frame) => ({ events: events(frame), more: frame.more === true, mine: mineOf(frame.mine) })),
  rooms: ({ rooms, more }) => ({ rooms: entries(rooms), more: more === true }),
  live: inRoom(({ offset }) => ({ offset: isCount(offset) ? offset : null })),
  present: attendance,
  absent: attendance,
  members: inRoom(crowd),
  count: inRoom((frame) => ({ count: isCount(frame.count) ? many(frame.count) : null })),
  typing: inRoom(({ who }) => ({ who: person(who) })),
  read: inRoom((frame) => ({ offset: isCount(frame.offset) ? frame.offset : null, ...unreadOf(frame) })),
  notice: inRoom(({ level }) => ({ level: levelOf(level) })),
  me: ({ me }) => ({ me: self(me) }),
  ...replies,
};

/** The part of a frame, as JSON.parse gives it, that the page can use; null where it can use none. */
export function usable(frame) {
  if (!isRecord(frame) || typeof frame.type !== "string") return null;
  const inLog = !Object.hasOwn(kinds, frame.type) || (EVENTS_TOO.includes(frame.type) && frame.id !== undefined);
  if (inLog) return event(frame);
  const made = kinds[frame.type](frame);
  // A part that the page cannot do without is null where it is missing.
  if (made === null || Object.values(made).includes(null)) return null;
  return { type: frame.type, ...(isId(frame.ref) ? { ref: frame.ref } : {}), ...made };
}
