import assert from "node:assert/strict";
import { test } from "node:test";

import { AT_END, MOST, SHOWN, bounds, earlier, later, spanAround } from "../../public/span.js";
import { seeded } from "./fakes.js";

const log = (count, from = 1) => Array.from({ length: count }, (_, index) => ({ key: from + index }));

test("at the end of a long room its newest are on the page", () => {
  assert.deepEqual(bounds(log(1000), AT_END, true), { start: 1000 - SHOWN, end: 1000 });
  assert.deepEqual(bounds(log(3), AT_END, true), { start: 0, end: 3 });
  assert.deepEqual(bounds([], AT_END, true), { start: 0, end: 0 });
});

test("however far one goes back and forth there are never more than a few hundred, and one gets everywhere", () => {
  const items = log(1000);
  let span = AT_END;
  const seen = new Set();
  for (let step = 0; step < 40; step += 1) {
    span = earlier(items, span);
    const { start, end } = bounds(items, span);
    assert.ok(end - start <= MOST && MOST <= 300);
    items.slice(start, end).forEach((item) => seen.add(item.key));
  }
  assert.equal(bounds(items, span).start, 0);
  assert.equal(seen.size, 1000);
  for (let step = 0; step < 40; step += 1) span = later(items, span);
  assert.equal(bounds(items, span).end, 1000);
  assert.equal(span.to, null);
});

test("what is read stays when something new comes, and whoever follows the end sees it", () => {
  const items = log(500);
  const span = earlier(items, AT_END);
  const more = log(600);
  const reading = bounds(more, span);
  assert.equal(reading.start, bounds(items, span).start);
  assert.equal(bounds(log(2000), span).end - reading.start, MOST);
  assert.equal(bounds(more, span, true).end, 600);
});

test("around any message there is that message, whatever has been cut off before it", () => {
  const random = seeded(3);
  for (let turn = 0; turn < 300; turn += 1) {
    const items = log(1 + Math.floor(random() * 900), 100);
    const index = Math.floor(random() * items.length);
    const { start, end } = bounds(items, spanAround(items, index));
    assert.ok(start <= index && index < end && end - start <= MOST);
    const kept = items.slice(Math.floor(items.length / 2));
    const then = bounds(kept, spanAround(items, index));
    assert.ok(0 <= then.start && then.start <= then.end && then.end <= kept.length);
  }
});
