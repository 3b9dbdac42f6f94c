// In which order rooms, conversations and people are listed. Pure functions.

import { isLog, isPrivate, LOGS, titleOf } from "./room.js";

const inOrder = new Intl.Collator(undefined, { numeric: true }).compare;

export const byName = (one, other) => inOrder(one.name, other.name);

const byTitle = (one, other) => inOrder(titleOf(one), titleOf(other));

/** The rooms that one is in, public ones and those of members alone. */
export const openRooms = (rooms) => Object.values(rooms).filter((room) => !isPrivate(room.name) && !isLog(room.name)).sort(byTitle);

/** The logs that the server keeps for its moderators. */
export const logs = (rooms) => LOGS.map((name) => rooms[name]).filter((room) => room !== undefined);

/** The conversations of two, those with something unread first. */
export const pairs = (rooms) =>
  Object.values(rooms)
    .filter((room) => isPrivate(room.name) && room.with)
    .sort((one, other) => Math.sign(other.unread) - Math.sign(one.unread) || byName(one.with, other.with));

/** All of them as they stand in the sidebar. */
export const inSidebar = (rooms) => [...openRooms(rooms), ...pairs(rooms), ...logs(rooms)];

/** Other rooms of the server, those with most people first. */
export const byCrowd = (one, other) => other.count - one.count || inOrder(one.room, other.room);

/** People, oneself first. */
export const meFirst = (me) => (one, other) => (other.id === me?.id) - (one.id === me?.id) || byName(one, other);

const sumOf = (rooms, name) => rooms.reduce((sum, room) => sum + room[name], 0);

/** How many messages are unread in all rooms of which one wants to be told, and how many of them are for this person. */
export function unreadIn(rooms) {
  const all = Object.values(rooms).filter((room) => room.notice !== "nothing");
  return { count: sumOf(all, "unread"), called: sumOf(all, "mentions") };
}
