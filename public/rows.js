// What stands in the flow of a room, row by row: messages in groups, days, the line before what is unread, and notices
// folded into one. Pure functions.

const GROUP_MS = 5 * 60_000;
const MOST_NAMED = 2;

const KINDS = ["joined", "left", "gone", "kicked"];

// What ends somebody's time in a room, and how that looks to the others.
const ENDS = ["kicked", "banned", "quit"];
const GONE = ["kicked", "left"];

/** Whether one line can tell of both deeds: the same, done by the same person, to one after the other. */
const alike = (one, other) =>
  one?.deed !== undefined && one.deed.type === other.type && one.deed.from.id === other.from.id && one.deed.role === other.role &&
  other.type !== "set" && other.who !== undefined && !one.deed.reason && !other.reason && one.deed.until === other.until;

/** A run of notices as {what, who: [people], more} in the order in which each kind began; of each person the last counts. */
export function folded(notices) {
  const last = new Map();
  const told = new Set(notices.filter((one) => ENDS.includes(one.type)).map((one) => (one.who ?? one.from).id));
  for (const one of notices) if (!one.deed && one.what !== "renamed") last.set(one.who.id, one);
  const parts = [];
  for (const one of notices) {
    if (one.deed) {
      if (alike(parts.at(-1), one)) parts.at(-1).who.push(one.who);
      else parts.push({ what: "deed", deed: one, who: one.who ? [one.who] : [], more: 0 });
      continue;
    }
    if (one.what === "renamed") {
      parts.push({ what: "renamed", who: [one.who], was: one.was, more: 0 });
      continue;
    }
    // That somebody was removed is said by who has done it.
    if (last.get(one.who.id) !== one || (GONE.includes(one.what) && told.has(one.who.id))) continue;
    const what = KINDS.includes(one.what) ? one.what : "left";
    const same = parts.find((part) => part.what === what);
    if (same === undefined) parts.push({ what, who: [one.who], more: 0 });
    else same.who.push(one.who);
  }
  return parts.map((part) => {
    // "and 1 other" would be longer than the name.
    const named = part.who.length <= MOST_NAMED + 1 ? part.who.length : MOST_NAMED;
    return { ...part, who: part.who.slice(0, named), more: part.who.length - named };
  });
}

/** Whether there is something of it to see. What has changed a message is seen in that. */
export const isShown = (item) => item.kind === "notice" || isMessage(item) || item.deed === true;

const isMessage = (item) => item.kind === "message" && item.type === "message";

function follows(before, item) {
  // What is quoted stands below the name of who quotes it.
  if (before === null || item.reply_to !== undefined || before.from.id !== item.from.id || before.from.name !== item.from.name) return false;
  const apart = Date.parse(item.at) - Date.parse(before.at);
  return before.from.via === item.from.via && apart >= 0 && apart <= GROUP_MS;
}

/** A name for the row of an item that stays when one's own message comes back out of the log. */
export const keyOf = (item, me) => (item.cid && item.from?.id === me?.id ? `c${item.cid}` : `m${item.key}`);

/**
 * The rows of `items`: {kind, key, ...} of the kinds message, day, unread, notices, hidden and entry. `day(at)` is the day
 * of a time as a person calls it; `line` the offset after which everything is unread, or null; `me` the reader; `quiet`
 * leaves out who comes and goes, `ignored` (people) what those have said. In a `log` each deed is an entry by itself.
 */
export function rowsOf(items, { day, line = null, me = null, quiet = false, ignored = [], log = false }) {
  const unheard = new Set(ignored.map((one) => one.id));
  const rows = [];
  let today = "";
  let before = null;
  let drawn = line === null;
  const noted = (item) => {
    const last = rows[rows.length - 1];
    if (last?.kind === "notices") last.notices.push(item);
    else rows.push({ kind: "notices", key: item.key, notices: [item] });
    before = null;
  };
  for (const item of items) {
    if (item.kind === "notice") {
      if (!quiet) noted(item);
      continue;
    }
    // What cannot be shown has a place in the log all the same.
    if (!isMessage(item) && !item.deed) continue;
    const date = day(item.at);
    if (date !== "" && date !== today) {
      today = date;
      before = null;
      rows.push({ kind: "day", key: `d${item.key}`, date });
    }
    if (item.deed && !log) {
      noted(item);
      continue;
    }
    if (unheard.has(item.from.id) && !item.deed) {
      const last = rows[rows.length - 1];
      if (last?.kind === "hidden") last.count += 1;
      else rows.push({ kind: "hidden", key: `h${item.key}`, count: 1, offset: item.offset });
      before = null;
      continue;
    }
    if (!drawn && item.offset > line && item.from.id !== me?.id) {
      drawn = true;
      before = null;
      rows.push({ kind: "unread", key: "unread" });
    }
    if (item.deed) {
      rows.push({ kind: "entry", key: item.key, item });
      continue;
    }
    rows.push({ kind: "message", key: keyOf(item, me), item, first: !follows(before, item) });
    before = item;
  }
  return rows.map((row) => (row.kind === "notices" ? { ...row, parts: folded(row.notices), offset: row.notices.findLast((one) => one.deed)?.offset } : row));
}
