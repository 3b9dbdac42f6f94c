// What stands in the flow of a room, row by row: messages in groups, days, the line before what is unread, and notices
// folded into one. Pure functions.

const GROUP_MS = 5 * 60_000;
const MOST_NAMED = 2;

const KINDS = ["joined", "left", "gone", "kicked"];

/** A run of notices as {what, who: [people], more} in the order in which each kind began; of each person the last counts. */
export function folded(notices) {
  const last = new Map();
  for (const one of notices) if (one.what !== "renamed") last.set(one.who.id, one);
  const parts = [];
  for (const one of notices) {
    if (one.what === "renamed") {
      parts.push({ what: "renamed", who: [one.who], was: one.was, more: 0 });
      continue;
    }
    if (last.get(one.who.id) !== one) continue;
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

const isMessage = (item) => item.kind === "message" && item.type === "message";

function follows(before, item) {
  if (before === null || before.from.id !== item.from.id || before.from.name !== item.from.name) return false;
  const apart = Date.parse(item.at) - Date.parse(before.at);
  return before.from.via === item.from.via && apart >= 0 && apart <= GROUP_MS;
}

/** A name for the row of an item that stays when one's own message comes back out of the log. */
export const keyOf = (item, me) => (item.cid && item.from?.id === me?.id ? `c${item.cid}` : `m${item.key}`);

/**
 * The rows of `items`: {kind, key, ...} of the kinds message, day, unread and notices. `day(at)` is the day of a time as
 * a person calls it; `line` the offset after which everything is unread, or null; `me` the reader; `quiet` leaves
 * notices out.
 */
export function rowsOf(items, { day, line = null, me = null, quiet = false }) {
  const rows = [];
  let today = "";
  let before = null;
  let drawn = line === null;
  for (const item of items) {
    if (item.kind === "notice") {
      if (quiet) continue;
      const last = rows[rows.length - 1];
      if (last?.kind === "notices") last.notices.push(item);
      else rows.push({ kind: "notices", key: item.key, notices: [item] });
      before = null;
      continue;
    }
    // What cannot be shown has a place in the log all the same.
    if (!isMessage(item)) continue;
    const date = day(item.at);
    if (date !== "" && date !== today) {
      today = date;
      before = null;
      rows.push({ kind: "day", key: `d${item.key}`, date });
    }
    if (!drawn && item.offset > line && item.from.id !== me?.id) {
      drawn = true;
      before = null;
      rows.push({ kind: "unread", key: "unread" });
    }
    rows.push({ kind: "message", key: keyOf(item, me), item, first: !follows(before, item) });
    before = item;
  }
  return rows.map((row) => (row.kind === "notices" ? { ...row, parts: folded(row.notices) } : row));
}
