// What people and rooms may be called, so that a slip is told at once. The server decides; this only spares a round trip.

// Letters, marks and digits of any script that can be seen, and - _ . wherever one likes.
const ALLOWED = /^(?:(?!\p{DI})[\p{L}\p{M}\p{Nd}_.-])+$/u;
const INVISIBLE = /[\p{DI}\p{Cc}\p{Cf}]/u;
// It would sit on whatever stands before the name.
const MARK_FIRST = /^\p{M}/u;

function problem(name, most) {
  if ([...name].length > most) return `A name has at most ${most} characters.`;
  if (INVISIBLE.test(name)) return "There is something invisible in this name. Type it anew.";
  if (!ALLOWED.test(name)) return "A name is made of letters and digits of any script, and of - _ . but without spaces.";
  return MARK_FIRST.test(name) ? "A name cannot begin with an accent." : null;
}

/** What is wrong with the name of a person, for whoever typed it, or null. White space around it is not looked at. */
export function nameProblem(typed) {
  const name = typed.trim();
  return name === "" ? "You must choose a username." : problem(name, 32);
}

/** The same for the name of a room. */
export function roomProblem(typed) {
  const name = typed.trim();
  return name === "" ? "A room needs a name." : problem(name, 50);
}

export const BAD_NAME = "The server does not allow this name: it has to be 1 to 32 letters or digits of any script, or - _ . anywhere.";
export const BAD_ROOM = "The server does not allow this name: a room has 1 to 50 letters or digits of any script, or - _ . anywhere.";
