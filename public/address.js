// Addresses within the page: `#/room/name`, and `#/room/name/58` for one message; `#/invite/secret` and `#/owner/secret`
// for who is to have an account. Pure functions.

import { isName } from "./checks.js";

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

const LINK = /^#\/(invite|owner)\/([A-Za-z0-9_-]{8,200})$/;

/** {kind, secret} of a link that lets one have an account, or null. */
export function linkOf(hash) {
  const found = LINK.exec(hash);
  return found === null ? null : { kind: found[1], secret: found[2] };
}

/** The other way round. */
export const addressOf = (room, offset = null) => `#/room/${encodeURIComponent(room)}${offset === null ? "" : `/${offset}`}`;
