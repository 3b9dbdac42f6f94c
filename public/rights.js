// How high one stands, and whether one may write, as far as the page can tell; the server decides. What one may do to
// others is in powers.js. Pure.

import { isClosed, isPrivate, isLog } from "./room.js";

export const isStaff = (role) => role === "moderator" || role === "owner";

/** Whether one can have more than a guest: rooms of one's own, and a place that is kept. */
export const hasAccount = (me) => me !== null && !["watcher", "guest", undefined].includes(me.role);

const ON_SERVER = { owner: 5, moderator: 4 };
export const IN_ROOM = { owner: 3, moderator: 2 };

/** How high one stands in a room, from 1 to 5; 0 where nobody stands above anybody. */
export function rank(me, room) {
  if (isPrivate(room.name) || isLog(room.name)) return 0;
  if (isClosed(room.name) && room.role === "") return 0;
  return ON_SERVER[me.role] ?? IN_ROOM[room.role] ?? 1;
}

/** Whether one may write in a room, and if not, why: "log", "archived", "guests"; null where one may. */
export function silence({ me, can, room }) {
  if (isLog(room.name)) return "log";
  if (room.archived) return "archived";
  return me.role === "guest" && can.guests !== "on" ? "guests" : null;
}
