// What the page asks of each part of what it is given, by a server or out of a browser's storage. Pure functions.

const LONGEST_ID = 200;
export const LONGEST_NAME = 100;
const MOST_LISTED = 1000;

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const ALL_HIDDEN = new RegExp(HIDDEN.source, "gu");
const TOKEN = /^[\x20-\x7e]{1,128}$/;
const AVATAR = /^\/avatar\/[a-z0-9]{1,32}\.svg\?([A-Za-z0-9%]{1,24})$/;
const INITIALS = /^(?!.*\p{DI})[\p{L}\p{N}][\p{L}\p{N}\p{M}]?$/u;

export const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const isId = (value) => typeof value === "string" && value !== "" && value.length <= LONGEST_ID;
export const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

/** Whether a person or a room, public or of two, can be called that. The rules for new names are in names.js. */
export const isName = (name) => typeof name === "string" && name !== "" && name.length <= LONGEST_NAME && !HIDDEN.test(name);

/** `text` with a sign in place of each half of a character, of which no server can make sense. */
export const wellFormed = (text) => text.replace(/\p{Cs}/gu, "\ufffd");

/** Whether it has the form of what a person is known by. */
export const isToken = (value) => typeof value === "string" && TOKEN.test(value);

/** Whether a URL is that of a picture which this server draws. No other is fetched, whatever a frame says. */
export function isPicture(url) {
  const found = AVATAR.exec(url);
  try {
    return found !== null && INITIALS.test(decodeURIComponent(found[1]));
  } catch (bad) {
    return false;
  }
}

export const count = (value, otherwise = 0) => (isCount(value) ? value : otherwise);
export const words = (value, most) => (typeof value !== "string" ? "" : value.length > most ? `${value.slice(0, most)}…` : value);
export const line = (value, most) => words(value, most).replace(ALL_HIDDEN, "");
export const list = (value) => (Array.isArray(value) ? value.slice(0, MOST_LISTED) : []);

/** A person {id, name, avatar}, or null. */
export function person(value) {
  if (!isRecord(value) || !isId(value.id)) return null;
  const name = line(value.name, LONGEST_NAME);
  return name === "" ? null : { id: value.id, name, avatar: words(value.avatar, LONGEST_NAME) };
}

/** The people of a list, each once. */
export function people(value) {
  const known = new Map();
  for (const one of list(value).map(person)) if (one !== null && !known.has(one.id)) known.set(one.id, one);
  return [...known.values()];
}
