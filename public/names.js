// What a nickname may be, so that a slip is told at once. The server decides; this only spares a round trip.

const ALLOWED = /^[\p{L}\p{M}\p{Nd}_.-]+$/u;
const MOST = 32;

/** What is wrong with a name, for the person who typed it, or null. */
export function nameProblem(name) {
  const chosen = name.trim();
  if (chosen === "") return "You must choose a username.";
  if ([...chosen].length > MOST) return `A username has at most ${MOST} characters.`;
  if (!ALLOWED.test(chosen)) return "A username is letters and digits of any script, and - _ . between them; no spaces.";
  return null;
}
