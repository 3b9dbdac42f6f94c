// Whether a text speaks to somebody, and who could be meant by what is being typed. Pure functions.

import { folded } from "./storage.js";

const IN_A_NAME = /[\p{L}\p{M}\p{Nd}_-]/u;

/** Whether `text` has `@name` in it as a word, in any spelling. */
export function mentions(text, name) {
  const words = folded(text);
  const called = `@${folded(name)}`;
  for (let at = words.indexOf(called); at !== -1; at = words.indexOf(called, at + 1)) {
    const before = [...words.slice(Math.max(0, at - 2), at)].at(-1) ?? "";
    const [after = ""] = words.slice(at + called.length, at + called.length + 2);
    // A sentence may end after a name, though a dot may be a part of one.
    if (!IN_A_NAME.test(before) && !IN_A_NAME.test(after)) return true;
  }
  return false;
}

/** Up to `most` of `names` for what has been typed of one: those that begin with it, then those that contain it. */
export function fitting(names, typed, most = 8) {
  const wanted = folded(typed);
  const begin = names.filter((name) => folded(name).startsWith(wanted));
  const contain = names.filter((name) => !folded(name).startsWith(wanted) && folded(name).includes(wanted));
  return [...begin, ...contain].slice(0, most);
}
