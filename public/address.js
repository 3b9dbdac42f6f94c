// Addresses within the page: `#/room/name`, and `#/room/name/58` for one message. Pure functions.

import { isName } from "./frames.js";

const ADDRESS = /^#\/room\/([^/]+)(?:\/(\d{1,15}))?\/?$/;

/** {room, offset} of the part of an address from its `#` on, with `offset` null where it names none; null of any other. */
export function placeOf(hash) {
  const found = ADDRESS.exec(hash);
  if (found === null) return null;
  try {
    const room = decodeURIComponent(found[1]);
    const offset = found[2] === undefined ? null : Number(found[2]);
    return isName(room) ? { room, offset: offset === 0 ? null : offset } : null;
  } catch (bad) {
    return null;
  }
}

/** The other way round. */
export const addressOf = (room, offset = null) => `#/room/${encodeURIComponent(room)}${offset === null ? "" : `/${offset}`}`;
