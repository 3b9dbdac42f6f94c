// Codes such as `:robot:` to the characters that the system's font has for them.

const CODE = /:([a-z0-9_+-]+)(?=:)/gi;

/** Whether a text could hold a code, so that the table is worth loading. */
export const mayHoldCodes = (text) => /:[a-z0-9_+-]+:/i.test(text);

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

/**
 * The table, loaded when a text first asks for it: `table()` is the Map or null, `want(text)` starts loading when
 * needed, `load()` gives a promise of the module, and `ready()` is called when the table has come. A load that failed
 * is tried again at the next text with a code.
 */
export function emojiTable(load, ready) {
  let table = null;
  let loading = false;
  return {
    table: () => table,
    want(text) {
      if (table !== null || loading || !mayHoldCodes(text)) return;
      loading = true;
      load().then(
        (module) => {
          table = module.default;
          ready();
        },
        () => {
          loading = false;
        },
      );
    },
  };
}
