// What a message can have beside its text, and what can become of it, as the server tells of both; the part of frames.js
// that is about messages which change. Pure.

import { isCount, isId, isRecord, list, LONGEST_NAME, person, line, words } from "./checks.js";

const LONGEST_TIME = 40;
const LONGEST_QUOTE = 400;
const MOST_EMOJI = 50;
const MOST_PEOPLE = 99_999;
const MOST_FILES = 10;
const MOST_CALLED = 100;
const MOST_PINS = 100;
const LONGEST_EMOJI = 64;
const LONGEST_REASON = 500;

const LEVELS = ["all", "mentions", "nothing"];

// The shapes that the server lets through, and no letters: a symbol with what may belong to it.
const SIGN = "(?!\\p{ASCII})[\\p{So}\\p{Sm}\\p{Sk}\\p{Po}\\p{Pd}\\p{Ps}\\p{Cn}\\u2139]";
const EMOJI = new RegExp(`^(?:[0-9#*]\\ufe0f?\\u20e3|${SIGN}(?:${SIGN}|[\\u200d\\ufe0f\\u20e3\\u{e0020}-\\u{e007f}])*)$`, "u");

export const isEmoji = (value) => typeof value === "string" && value.length <= LONGEST_EMOJI && EMOJI.test(value);

const isPlace = (value) => isCount(value) && value > 0;

const named = (value) =>
  list(value).flatMap((one) => {
    const name = isRecord(one) && isId(one.id) ? line(one.name, LONGEST_NAME) : "";
    return name === "" ? [] : [{ id: one.id, name }];
  });

function reactions(value) {
  const known = new Map();
  for (const one of list(value)) {
    if (!isRecord(one) || !isEmoji(one.emoji) || known.has(one.emoji) || !isPlace(one.count)) continue;
    known.set(one.emoji, { emoji: one.emoji, count: Math.min(one.count, MOST_PEOPLE), people: named(one.people) });
  }
  return [...known.values()].slice(0, MOST_EMOJI);
}

function quote(value) {
  const from = isRecord(value) ? person(value.from) : null;
  if (from === null) return {};
  const gone = value.deleted === true;
  return { quote: { from, text: gone ? "" : words(value.text, LONGEST_QUOTE), ...(isPlace(value.files) && !gone ? { files: Math.min(value.files, MOST_FILES) } : {}), ...(gone ? { deleted: true } : {}) } };
}

/** Whom a text calls for. */
function called(frame) {
  const people = list(frame.mentions).filter(isId).slice(0, MOST_CALLED);
  return { ...(people.length > 0 ? { mentions: people } : {}), ...(frame.mentions_all === true ? { mentions_all: true } : {}) };
}

/** What a message has beside its text; nothing, for most. */
export function formOf(frame) {
  if (frame.deleted === true) return { deleted: true };
  const given = reactions(frame.reactions);
  return {
    ...(isPlace(frame.reply_to) ? { reply_to: frame.reply_to, ...quote(frame.quote) } : {}),
    ...(typeof frame.edited === "string" ? { edited: words(frame.edited, LONGEST_TIME) } : {}),
    ...(isPlace(frame.changed) ? { changed: frame.changed } : {}),
    ...(given.length > 0 ? { reactions: given } : {}),
    ...(frame.pinned === true ? { pinned: true } : {}),
    ...called(frame),
  };
}

const parts = {
  edited: (frame, longest) => (typeof frame.text === "string" ? { text: words(frame.text, longest), ...called(frame) } : {}),
  deleted({ reason }) {
    const why = line(reason, LONGEST_REASON);
    return why === "" ? {} : { reason: why };
  },
  reacted: ({ emoji, on }) => (isEmoji(emoji) && typeof on === "boolean" ? { emoji, on } : null),
  pinned: ({ on }) => (typeof on === "boolean" ? { on } : null),
};

/** What an event says that becomes of an earlier message, {amends, about, …}; null for any other event. */
export function amendOf(frame, longest) {
  // In the log of the server it is told of a message of another room.
  if (!Object.hasOwn(parts, frame.type) || !isPlace(frame.about) || frame.in !== undefined) return null;
  const found = parts[frame.type](frame, longest);
  return found === null ? null : { amends: true, about: frame.about, ...found };
}

/** How much of a room is unread; none where nothing is said of it. */
export const unreadOf = ({ unread, mentions }) => ({ unread: isCount(unread) ? Math.min(unread, MOST_PEOPLE) : 0, mentions: isCount(mentions) ? Math.min(mentions, MOST_PEOPLE) : 0 });

/** Of what one wants to be told in a room: all, mentions, nothing, or "" for what is best. */
export const levelOf = (value) => (LEVELS.includes(value) ? value : "");

/** Which reactions to messages of a room are one's own, where these do not name one: [{about, emoji}]. */
export const mineOf = (value) => list(value).flatMap((one) => (isRecord(one) && isPlace(one.about) && isEmoji(one.emoji) ? [{ about: one.about, emoji: one.emoji }] : []));

/** The offsets of what is pinned in a room. */
export const pinsOf = (value) => [...new Set(list(value).filter(isPlace))].slice(0, MOST_PINS);
