// The words around what was found in a text. Pure functions.

const BEFORE = 60;
const LONGEST = 240;
// As far as one goes to begin or end with a whole word.
const WORD = 15;

/** The place of a space before `at`, or after it, if one is near; else `at`. */
function edge(points, at, by) {
  for (let step = 0; step <= WORD; step += 1) {
    const place = at + by * step;
    if (place <= 0 || place >= points.length) return Math.min(Math.max(place, 0), points.length);
    if (/\s/u.test(points[place])) return by < 0 ? place + 1 : place;
  }
  return at;
}

/**
 * A part of `text` as pieces {text, marked}. `marks` are ranges of its characters, [start, end), in their order. What is left
 * out at an end stands as "…".
 */
export function excerptOf(text, marks) {
  const points = [...text];
  const first = marks[0]?.[0] ?? 0;
  const from = first > BEFORE ? edge(points, first - BEFORE, -1) : 0;
  const to = points.length - from > LONGEST ? edge(points, from + LONGEST, 1) : points.length;
  const pieces = from > 0 ? [{ text: "…", marked: false }] : [];
  const add = (start, end, marked) => {
    const words = points.slice(start, end).join("").replace(/\s+/gu, " ");
    if (words !== "") pieces.push({ text: words, marked });
  };
  let at = from;
  for (const [start, end] of marks) {
    if (start >= to || start < at) continue;
    add(at, start, false);
    at = Math.min(end, to);
    add(start, at, true);
  }
  add(at, to, false);
  if (to < points.length) pieces.push({ text: "…", marked: false });
  return pieces;
}
