// Who may do what to whom, as far as the page can tell. The server decides; this only spares a question. Pure.

import { IN_ROOM, isStaff, rank, silence } from "./rights.js";
import { isClosed, isLog, isPrivate } from "./room.js";

/** How high somebody else stands there, as far as it is known. */
export const rankOf = (who, room) => IN_ROOM[room.staff.find((one) => one.who.id === who.id)?.role] ?? 1;

/** Whether one may act on `who` in `room`. */
function above(me, who, room) {
  const mine = rank(me, room);
  const theirs = rankOf(who, room);
  return mine > theirs || (mine === 3 && theirs === 3);
}

/**
 * What one may do with somebody, of whom one has met `message` in `room` or whom one sees there (then it is null): a list
 * of write, ignore, unignore, report, kick, mute, ban, wipe, in the order of a menu.
 */
export function deedsFor({ me, room, who, message = null, ignored = [] }) {
  if (who.id === me.id) return [];
  const plain = who.via !== undefined;
  const deeds = plain ? [] : ["write", ignored.some((one) => one.id === who.id) ? "unignore" : "ignore"];
  if (message !== null && !message.deleted && me.role !== "watcher") deeds.push("report");
  const mayHere = rank(me, room) >= 2 && above(me, who, room);
  if (mayHere && !plain) deeds.push("kick");
  // Who may act on the whole server may do so from any place.
  if (mayHere || isStaff(me.role)) deeds.push("mute", "ban", "wipe");
  return deeds;
}

/**
 * What one may do with a message itself: a list of react, reply, edit, pin, unpin, delete, in the order of a menu. `can` is
 * what the server lets people do.
 */
export function messageDeedsFor({ me, can, room, message }) {
  if (message.deleted || message.status !== undefined || me.role === "watcher" || isLog(room.name)) return [];
  const writes = silence({ me, can, room }) === null && !room.muted;
  const mine = message.from.id === me.id;
  const deeds = writes ? ["react", "reply", ...(mine ? ["edit"] : [])] : [];
  if (writes && (rank(me, room) >= 2 || isPrivate(room.name))) deeds.push(message.pinned ? "unpin" : "pin");
  if (mine || (rank(me, room) >= 2 && above(me, message.from, room))) deeds.push("delete");
  return deeds;
}

/** Where one may do such a thing: a list of "room" and "server". */
export function reaches({ me, room, who }) {
  const here = rank(me, room) >= 2 && above(me, who, room) ? ["room"] : [];
  return isStaff(me.role) ? [...here, "server"] : here;
}

/** What of a room's settings one may change: a list of topic, title, slow, locked, guests, archived, roles, invite, measures. */
export function settingsFor(me, room) {
  const mine = rank(me, room);
  const closed = isClosed(room.name);
  const asModerator = mine >= 2 ? ["topic", "slow", "locked", "measures", ...(closed ? ["invite"] : [])] : [];
  const asOwner = mine >= 3 ? [...(closed ? ["title"] : []), "guests", "archived", "roles"] : [];
  return [...asModerator, ...asOwner];
}
