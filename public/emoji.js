// Codes such as `:robot:` to the characters that the system's font has for them. Pure functions.

import { folded } from "./storage.js";

const CODE = /:([a-z0-9_+-]+)(?=:)/gi;

const ONE = "(?:\\p{RI}\\p{RI}|[0-9#*]\\ufe0f?\\u20e3|\\p{Extended_Pictographic}(?:\\ufe0f|\\p{Emoji_Modifier})?(?:[\\u{e0020}-\\u{e007f}]+)?(?:\\u200d\\p{Extended_Pictographic}(?:\\ufe0f|\\p{Emoji_Modifier})?)*)";
const ALONE = new RegExp(`^\\s*(?:${ONE}\\s*){1,12}$`, "u");

/** Whether a text could hold a code, so that the table is worth loading. */
export const mayHoldCodes = (text) => /:[a-z0-9_+-]+:/i.test(text);

/** Whether it is a few emoji and nothing else. */
export const isEmojiAlone = (text) => text.length <= 200 && ALONE.test(text) && !/^[\s\d#*]+$/.test(text);

/** `text` with each code that `table`, a Map, knows replaced; whatever else stands between colons stays as it is. */
export function withEmoji(text, table) {
  let made = "";
  let from = 0;
  CODE.lastIndex = 0;
  for (let found = CODE.exec(text); found !== null; found = CODE.exec(text)) {
    const characters = table.get(found[1].toLowerCase());
    // The closing colon of what is no code may open the next one: `10:30:robot:`.
    if (characters === undefined) continue;
    made += text.slice(from, found.index) + characters;
    from = found.index + found[0].length + 1;
    CODE.lastIndex = from;
  }
  return made + text.slice(from);
}

/** Of `grid` (groups of [characters, code]) those whose code fits what is typed: which begin with it come first. */
export function emojiFitting(grid, typed, most) {
  const wanted = folded(typed).replace(/[\s-]+/g, "_");
  const all = grid.flat();
  const begin = all.filter(([, code]) => code.startsWith(wanted));
  const contain = all.filter(([, code]) => !code.startsWith(wanted) && code.includes(wanted));
  return [...begin, ...contain].slice(0, most);
}
