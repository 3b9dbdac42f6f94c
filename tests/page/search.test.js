import assert from "node:assert/strict";
import { test } from "node:test";

import { answerOf } from "../../public/answers.js";
import { excerptOf } from "../../public/excerpt.js";
import { usable } from "../../public/frames.js";
import { begunIn, chipText, NOTHING, queryOf, taken, withChip, withoutChip } from "../../public/query.js";
import { Searching } from "../../public/searching.js";
import { FakeClock, message } from "./fakes.js";

const typed = (text, chips = []) => ({ chips, text });
const hit = (offset, more = {}) => ({ message: message(offset, more), marks: [] });
const settled = () => new Promise(setImmediate);

test("a filter that was typed is a chip as soon as it is over, and the words beside it stay", () => {
  const sought = taken(typed("earl from:ada grey in:\"Wine cellar\" -cof"));
  assert.deepEqual(sought, { chips: [{ kind: "from", value: "ada" }, { kind: "in", value: "Wine cellar" }], text: "earl grey -cof" });
  assert.equal(queryOf(sought), 'from:ada in:"Wine cellar" earl grey -cof');
  assert.deepEqual(taken(typed("from:ada")).chips, []);
  assert.deepEqual(taken(typed("tea HAS:link"), { ended: true }), { chips: [{ kind: "has", value: "link" }], text: "tea" });
  for (const words of ["http://from:ada ", "-from:ada ", "from: ada ", "to:ada "]) assert.deepEqual(taken(typed(words)).chips, [], words);
  assert.deepEqual(taken(typed('from:"" tea')), typed("tea"));
});

test("a chip stands once, a day takes the place of another, and each can be taken away", () => {
  const first = withChip(NOTHING, { kind: "before", value: "2026-11-24" });
  const second = withChip(withChip(first, { kind: "from", value: "ada" }), { kind: "before", value: "2026-11-25" });
  assert.deepEqual(second.chips.map(chipText), ["from:ada", "before:2026-11-25"]);
  assert.equal(withChip(second, { kind: "from", value: "ada" }).chips.length, 2);
  assert.deepEqual(withoutChip(second, { kind: "from", value: "ada" }).chips.map(chipText), ["before:2026-11-25"]);
});

test("the filter at the end of what is typed has begun, and quotes are quotes however a phone writes them", () => {
  assert.deepEqual(begunIn("tea from:a"), { kind: "from", value: "a", at: 4 });
  assert.deepEqual(begunIn('in:"Wine ce'), { kind: "in", value: "Wine ce", at: 0 });
  assert.equal(begunIn("tea from:ada "), null);
  assert.equal(begunIn("therein:x"), null);
  assert.equal(queryOf(typed(" “earl grey” ")), '"earl grey"');
});

test("the words around a hit are shown, with the hits marked by characters and not by halves of them", () => {
  assert.deepEqual(excerptOf("🤖 a cup of tea", [[4, 7]]), [{ text: "🤖 a ", marked: false }, { text: "cup", marked: true }, { text: " of tea", marked: false }]);
  const far = excerptOf(`${"word ".repeat(100)}needle ${"more ".repeat(100)}`, [[500, 506]]);
  assert.equal(far[0].text, "…");
  assert.deepEqual(far.filter((one) => one.marked), [{ text: "needle", marked: true }]);
  assert.equal(far.at(-1).text, "…");
  assert.ok(far.map((one) => one.text).join("").length < 300);
  assert.match(far[1].text, /^word /);
  const solid = excerptOf("茶".repeat(1000), [[500, 502], [510, 511]]);
  assert.equal(solid.filter((one) => one.marked).map((one) => one.text).join("|"), "茶茶|茶");
  assert.deepEqual(excerptOf("", []), []);
});

test("of what was found only that is taken which can be shown, and marks that lie within the text", () => {
  const frame = {
    type: "found",
    ref: "1",
    hits: [{ message: message(3, { text: "a cup" }), marks: [[2, 5], [1, 2], [4, 9], "x", [5, 5]] }, { message: message(2, { deleted: true }), marks: [] }, { message: { type: "kicked" } }, 7, { message: message(1), marks: "no" }],
    more: true,
    next: "3p",
    why: "why\u202e?",
  };
  const answer = answerOf(usable(frame));
  assert.deepEqual(answer.hits.map((one) => [one.message.offset, one.marks]), [[3, [[2, 5]]], [1, []]]);
  assert.deepEqual([answer.more, answer.next, answer.why], [true, "3p", "why?"]);
});

/** A server that answers when the test says so. */
function server(state) {
  const clock = new FakeClock();
  const asked = [];
  const states = [];
  const ask = (command) => new Promise((answer) => asked.push({ ...command, answer }));
  const searching = new Searching({ ask, clock, emit: (now) => states.push(now), ...(state ? { state } : {}) });
  const answers = async (reply) => {
    asked.at(-1).answer(reply);
    await settled();
  };
  return { clock, asked, searching, answers, states, now: () => states.at(-1) };
}

const found = (hits, more = {}) => ({ hits, more: false, next: "", why: "", ...more });

test("one is asked when the typing has stopped, one at a time, and the last one counts", async () => {
  const { clock, asked, searching, answers, now } = server();
  for (const query of ["t", "te", "tea"]) {
    searching.seek(query);
    clock.advance(100);
  }
  assert.equal(asked.length, 0);
  clock.advance(250);
  assert.deepEqual(asked.map((one) => one.query), ["tea"]);
  searching.seek("cup");
  clock.advance(300);
  searching.seek("cups");
  clock.advance(300);
  assert.equal(asked.length, 1);
  await answers(found([hit(1)]));
  assert.deepEqual([asked.length, asked.at(-1).query, now().status], [2, "cups", "busy"]);
  assert.deepEqual(now().hits, []);
  await answers(found([hit(9)]));
  assert.deepEqual([now().status, now().query, now().hits.length], ["found", "cups", 1]);
  searching.seek("");
  assert.equal(now().status, "idle");
});

test("what is older comes after what there is, each once, and a search that was stopped early goes on by itself", async () => {
  const { asked, searching, answers, now } = server();
  searching.seek("tea", { soon: true });
  await answers(found([hit(9), hit(8)], { more: true, next: "8" }));
  searching.further();
  searching.further();
  assert.equal(asked.length, 2);
  assert.equal(asked[1].before, "8");
  await answers(found([], { more: true, next: "5p" }));
  assert.deepEqual([asked.length, asked[2].before, now().status], [3, "5p", "busy"]);
  await answers(found([hit(8), hit(2)]));
  assert.deepEqual(now().hits.map((one) => one.message.offset), [9, 8, 2]);
  assert.deepEqual([now().status, now().more], ["found", false]);
});

test("who is too fast waits and is answered, who is offline is asked again, and a fault is told", async () => {
  const { clock, asked, searching, answers, now } = server();
  searching.seek("tea", { soon: true });
  await answers({ code: "rate_limited", why: "slow", retry_after: 2 });
  assert.equal(now().status, "busy");
  clock.advance(2000);
  assert.equal(asked.length, 2);
  await answers({ code: "cut_off", why: "gone" });
  assert.equal(now().status, "offline");
  searching.again();
  assert.equal(asked.length, 3);
  await answers({ code: "internal", why: "Our fault." });
  assert.deepEqual([now().status, now().why], ["failed", "Our fault."]);
  searching.stop();
});
