// What a browser remembers: one token for each name that it has joined under, shared by all its tabs, and for each tab
// who it is and where. A browser may refuse to store, and may hold rubbish; the page then works without a memory.

import { isFileId } from "./attached.js";
import { isName, isToken, wellFormed } from "./checks.js";
import { plain } from "./outbox.js";

const LONGEST_EMAIL = 254;
// A person may be in 100 public ones, and is told of 200 conversations.
const MOST_ROOMS = 300;
const LONGEST_TEXT = 8000;
const CID = /^[\x20-\x7e]{1,64}$/;

const TOKEN = "chatd.token.";
const SEEN = "chatd.seen.";
const SESSION = "chatd.session";
const ACCOUNT = "chatd.account";
const DRAFTS = "chatd.drafts";

/** The form of a name under which two spellings of it are one, as the server compares them (nearly: it folds cases). */
export const folded = (name) => name.normalize("NFKC").toLowerCase();

export const reading = (store, key) => {
  try {
    return store().getItem(key);
  } catch (refusal) {
    return null;
  }
};

export const writing = (store, key, value) => {
  try {
    if (value === null) store().removeItem(key);
    else store().setItem(key, value);
  } catch (refusal) {
    // Full, or forbidden: what is in memory counts for this tab.
  }
};

export const parsed = (text) => {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch (bad) {
    return null;
  }
};

/**
 * Tokens by name. `store` is a function that gives the Storage, since to name it can already throw. Beside it a copy in
 * memory, for a browser that stores nothing.
 */
export function tokensIn(store) {
  const memory = new Map();
  const key = (name) => TOKEN + folded(name);
  const tokens = {
    get(name) {
      const kept = reading(store, key(name));
      return isToken(kept) ? kept : (memory.get(key(name)) ?? null);
    },
    set(name, token) {
      if (!isToken(token)) return;
      memory.set(key(name), token);
      writing(store, key(name), token);
    },
    drop(name) {
      memory.delete(key(name));
      writing(store, key(name), null);
    },
    /** The person with `token` is called `to` and no longer `from`. Done once by each tab of that person. */
    move(from, to, token) {
      if (tokens.get(from) === token) tokens.drop(from);
      tokens.set(to, token);
    },
  };
  return tokens;
}

const listed = (value) => (Array.isArray(value) ? value : []);

/** Whether it can be something that was said: longer than any server takes, it would only end each line anew. */
function isSaid(one) {
  if (typeof one !== "object" || one === null) return false;
  const { cid, room, text, reply_to: to, files } = one;
  if (files !== undefined && !(Array.isArray(files) && files.length > 0 && files.every(isFileId))) return false;
  if (to !== undefined && !(Number.isSafeInteger(to) && to > 0)) return false;
  return typeof cid === "string" && CID.test(cid) && isName(room) && typeof text === "string" && text.length <= LONGEST_TEXT && text === wellFormed(text);
}

/** The name of whoever has signed in in this browser, or null. What lets them in is a cookie, which no script can read. */
export function readAccount(store) {
  const name = reading(store, ACCOUNT);
  return isName(name) ? name : null;
}

/** Remember it; null forgets it. */
export const writeAccount = (store, name) => writing(store, ACCOUNT, name);

/** What this tab was: {name, email, rooms, active, unsent, account}, or null. */
export function readSession(store) {
  const value = parsed(reading(store, SESSION));
  if (value === null || !isName(value.name)) return null;
  const unsent = new Map(listed(value.unsent).filter(isSaid).map((one) => [one.cid, plain(one)]));
  return {
    name: value.name,
    email: typeof value.email === "string" && value.email.length <= LONGEST_EMAIL ? value.email : "",
    rooms: listed(value.rooms).filter(isName).slice(0, MOST_ROOMS),
    active: isName(value.active) ? value.active : null,
    unsent: [...unsent.values()],
    account: value.account === true,
  };
}

/** Remember what this tab is; null forgets it. */
export function writeSession(store, session) {
  writing(store, SESSION, session === null ? null : JSON.stringify(session));
}

/** How far each private conversation of the person `id` has been seen in this browser: {room: offset}. */
export function readSeen(store, id) {
  const value = parsed(reading(store, SEEN + id)) ?? {};
  return Object.fromEntries(Object.entries(value).filter(([, offset]) => Number.isSafeInteger(offset) && offset >= 0));
}

/** Remember it; null forgets it. */
export function writeSeen(store, id, seen) {
  writing(store, SEEN + id, seen === null ? null : JSON.stringify(seen));
}

/** What was begun in each room and not sent, {room: text}, in this tab. */
export function readDrafts(store) {
  const value = parsed(reading(store, DRAFTS)) ?? {};
  const fits = ([room, text]) => isName(room) && typeof text === "string" && text !== "" && text.length <= LONGEST_TEXT;
  return Object.fromEntries(Object.entries(value).filter(fits).slice(0, MOST_ROOMS));
}

/** Remember them; null forgets them. */
export function writeDrafts(store, drafts) {
  writing(store, DRAFTS, drafts === null ? null : JSON.stringify(drafts));
}
