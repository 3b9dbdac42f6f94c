// How much of a room somebody has not read, and what of it is for them. Pure functions.

import { isPrivate } from "./room.js";
import { firstOffset } from "./timeline.js";

/** Whether a message calls for somebody, by the server's word. */
export const names = (item, me) => item.mentions_all === true || item.mentions?.includes(me?.id) === true;

/** The same, and what is said to somebody alone calls for them too. */
export const callsFor = (item, me) => isPrivate(item.room) || names(item, me);

/** Whether it is there to be read, by whoever is not there. */
export const tells = (event) => (event.type === "message" && !event.deleted) || (event.type === "reported" && event.room === "+reports");

/** What among `items` comes after `seen`, is of others, and is to be read. */
export function tally(items, seen, { me, ignored }) {
  const unheard = new Set([me?.id, ...ignored.map((one) => one.id)]);
  const left = items.filter((item) => item.offset > seen && tells(item) && !unheard.has(item.from.id));
  return { unread: left.length, mentions: left.filter((item) => callsFor(item, me)).length };
}

/**
 * What is unread of a room after `seen`. `told` is what the server has counted, {unread, mentions}. It may have counted from
 * an older marker on than the one it names, so that is believed only as far as it fits what the page has itself.
 */
export function countsOf(room, seen, told, reader) {
  const held = room.newer ? [] : room.items;
  const gap = Math.max(0, (firstOffset(held) ?? room.head + 1) - seen - 1);
  const own = tally(held, seen, reader);
  const fitting = (name) => Math.min(Math.max(told[name], own[name]), own[name] + gap);
  const unread = fitting("unread");
  return { unread, mentions: isPrivate(room.name) ? unread : Math.min(fitting("mentions"), unread) };
}

/** Of what one is told in a room: all, mentions or nothing. */
export const levelIn = (room) => room.notice || (isPrivate(room.name) ? "all" : "mentions");

/** Whether a message is one of which the person wants to be told there. */
export function wanted(room, event, me) {
  const level = levelIn(room);
  return level === "all" || (level === "mentions" && names(event, me));
}
