// Who could be meant by what is being typed. Pure functions.

import { folded } from "./storage.js";

/** Up to `most` of `names` for what has been typed of one: those that begin with it, then those that contain it. */
export function fitting(names, typed, most = 8) {
  const wanted = folded(typed);
  const begin = names.filter((name) => folded(name).startsWith(wanted));
  const contain = names.filter((name) => !folded(name).startsWith(wanted) && folded(name).includes(wanted));
  return [...begin, ...contain].slice(0, most);
}
