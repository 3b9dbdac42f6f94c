// The flow of one room: messages in the order of their offsets, with notices between them. Pure functions.
//
// An item is {kind: "message", key, ...event} or {kind: "notice", key, what, who, ...}. A message's key is its offset,
// so that showing one twice is impossible: whatever comes again finds its place taken.

const MOST_ITEMS = 5000;
const KEPT_ITEMS = 4000;
const MOST_NOTICES_IN_A_ROW = 30;

export const messageOf = (event) => ({ ...event, kind: "message", key: event.offset });

const offsetOf = (item) => (item.kind === "message" ? item.offset : null);

/** Where in `items` a message with `offset` stands or would stand: {at, taken}. Searches from the end. */
function place(items, offset) {
  for (let index = items.length - 1; index >= 0; index -= 1) {
    const other = offsetOf(items[index]);
    if (other === offset) return { at: index, taken: true };
    if (other !== null && other < offset) return { at: index + 1, taken: false };
  }
  return { at: 0, taken: false };
}

/**
 * `items` with `event` at its place, or the very same `items` when it is there already, or is older than all of them:
 * what lies before them comes by the page, without holes.
 */
export function withEvent(items, event) {
  // At the end, behind the notices, is where nearly all of them belong.
  const last = items[items.length - 1];
  if (last !== undefined && last.kind === "message" && last.offset < event.offset) return [...items, messageOf(event)];
  const newest = lastOffset(items);
  if (newest === null || newest < event.offset) return [...items, messageOf(event)];
  if (event.offset < firstOffset(items)) return items;
  const { at, taken } = place(items, event.offset);
  return taken ? items : [...items.slice(0, at), messageOf(event), ...items.slice(at)];
}

/** `items` with a page of older events before them; the same `items` when the page does not end where they begin. */
export function withPage(items, events) {
  if (events.length === 0) return items;
  const first = firstOffset(items);
  if (first !== null && events[events.length - 1].offset !== first - 1) return items;
  return [...events.map(messageOf), ...items];
}

/** `items` with a notice at the end; a long run of notices with no message between them loses its oldest. */
export function withNotice(items, notice) {
  let run = 0;
  while (run < items.length && items[items.length - 1 - run].kind === "notice") run += 1;
  const kept = run < MOST_NOTICES_IN_A_ROW ? items : items.filter((_, index) => index !== items.length - run);
  return [...kept, { ...notice, kind: "notice" }];
}

/** `items`, or its newest part when a page that stays open for weeks has gathered too many to hold. */
export function trimmed(items) {
  return items.length > MOST_ITEMS ? items.slice(items.length - KEPT_ITEMS) : items;
}

/** The offset of the oldest message held, or null. */
export function firstOffset(items) {
  for (const item of items) if (item.kind === "message") return item.offset;
  return null;
}

/** The offset of the newest message held, or null. */
export function lastOffset(items) {
  for (let index = items.length - 1; index >= 0; index -= 1) {
    if (items[index].kind === "message") return items[index].offset;
  }
  return null;
}

/** `items` with a page of newer events after them; the same `items` when the page does not begin where they end. */
export function withNewer(items, events) {
  const last = lastOffset(items);
  if (events.length === 0 || (last !== null && events[0].offset !== last + 1)) return items;
  return [...items, ...events.map(messageOf)];
}

/** `items`, or its oldest part when one has gone so far back that there are too many to hold. */
export function holding(items) {
  return items.length > MOST_ITEMS ? items.slice(0, KEPT_ITEMS) : items;
}
