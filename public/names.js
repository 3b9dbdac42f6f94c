// What people and rooms may be called, so that a slip is told at once. The server decides; this only spares a round trip.

import { key, plural, t } from "./words.js";
import { folded } from "./storage.js";

// Letters, marks and digits of any script that can be seen, and - _ . wherever one likes.
const ALLOWED = /^(?:(?!\p{DI})[\p{L}\p{M}\p{Nd}_.-])+$/u;
const INVISIBLE = /[\p{DI}\p{Cc}\p{Cf}\u2d7f\u{16fe4}]/u;
// It would sit on whatever stands before the name.
const MARK_FIRST = /^\p{M}/u;

function problem(name, most) {
  if ([...name].length > most) return plural(most, "A name has at most {n} character.", "A name has at most {n} characters.");
  if (INVISIBLE.test(name)) return t("There is something invisible in this name. Type it anew.");
  if (!ALLOWED.test(name)) return t("A name is made of letters and digits of any script, and of - _ . but without spaces.");
  return MARK_FIRST.test(name) ? t("A name cannot begin with an accent.") : null;
}

/** What is wrong with the name of a person, for whoever typed it, or null. White space around it is not looked at. */
export function nameProblem(typed) {
  const name = typed.trim();
  return name === "" ? t("You must choose a username.") : problem(name, 32);
}

/** The same for the name of a room. */
export function roomProblem(typed) {
  const name = typed.trim();
  return name === "" ? t("A room needs a name.") : problem(name, 50);
}

export const BAD_NAME = key(
  "The server does not allow this name: it has to be 1 to 32 letters or digits of any script, or - _ . anywhere.",
);
export const BAD_ROOM = key(
  "The server does not allow this name: a room has 1 to 50 letters or digits of any script, or - _ . anywhere.",
);

const MOST_TRIES = 100;
const cut = (name, most) => [...name].slice(0, most).join("");

/**
 * The allowed name that is nearest to what was typed and is none of `taken`, or null where nothing of it can stay.
 */
export function nearestName(typed, { most = 32, taken = [] } = {}) {
  const joined = typed.normalize("NFC").trim().replace(/[\s/\\:,;|]+/gu, "-");
  const kept = [...joined].filter((character) => ALLOWED.test(character)).join("").replace(/^\p{M}+/u, "").replace(/^-+|-+$/g, "");
  const name = cut(kept, most);
  if (name === "") return null;
  const others = new Set(taken.map(folded));
  if (!others.has(folded(name))) return name;
  for (let number = 2; number < MOST_TRIES; number += 1) {
    const next = cut(name, most - String(number).length) + number;
    if (!others.has(folded(next))) return next;
  }
  return null;
}
