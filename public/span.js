// Which part of a room's items is on the page. However many there are, it is a few hundred, around what is read. Pure.

/** Items on the page at the end of a room, how many come when one scrolls on, and how many there are at most. */
export const SHOWN = 120;
export const STEP = 60;
export const MOST = 240;

/** The end of the room, which goes on with it. */
export const AT_END = { from: null, to: null };

const indexOf = (items, key, otherwise) => {
  const found = key === null ? -1 : items.findIndex((item) => item.key === key);
  return found === -1 ? otherwise : found;
};

/**
 * The bounds {start, end} in `items` of a span, whose `from` and `to` are keys of its first and its last item. Where one
 * is `following` the end of the room, that end is in it, and else what one reads.
 */
export function bounds(items, { from, to }, following = false) {
  const last = indexOf(items, to, items.length - 1);
  const first = indexOf(items, from, Math.max(0, last + 1 - SHOWN));
  const start = following && to === null ? Math.max(first, items.length - MOST) : first;
  const end = Math.max(last + 1, start);
  return { start, end: Math.min(end, start + MOST) };
}

/** The span of `items` from `start` to `end`. */
export function spanOf(items, start, end) {
  const from = Math.max(0, start);
  const to = Math.min(items.length, Math.max(end, from + 1));
  if (items.length === 0) return AT_END;
  return { from: items[from].key, to: to === items.length ? null : items[to - 1].key };
}

/** The span with older items, and without the newest of those that are then too many. */
export function earlier(items, span, following = false) {
  const { start, end } = bounds(items, span, following);
  const from = Math.max(0, start - STEP);
  return spanOf(items, from, Math.min(end, from + MOST));
}

/** The same the other way. */
export function later(items, span) {
  const { start, end } = bounds(items, span);
  const to = Math.min(items.length, end + STEP);
  return spanOf(items, Math.max(start, to - MOST), to);
}

/** The span around the item at `index`. */
export const spanAround = (items, index) => spanOf(items, index - STEP, index + STEP);
