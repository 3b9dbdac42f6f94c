import assert from "node:assert/strict";
import { test } from "node:test";

import { emojiFitting, isEmojiAlone, mayHoldCodes, withEmoji } from "../../public/emoji.js";
import { lazy } from "../../public/lazy.js";
import { closedForGood, retryMs } from "../../public/line.js";
import { nameProblem, nearestName, roomProblem } from "../../public/names.js";
import { timesIn } from "../../public/times.js";
import codes from "../../public/vendor/emoji-codes.js";

const shown = (text) => withEmoji(text, codes);

test("the codes of the tutorial are shown as emoji", () => {
  assert.equal(shown("I am a :robot:"), "I am a 🤖");
  assert.equal(shown(":+1::heart::ROBOT:"), "👍️❤️🤖");
  assert.equal(shown(":man_tone1:"), "👨🏻");
});

test("what only looks like a code stays as it was written", () => {
  for (const text of ["10:30:45", "::", ":no_such_code:", "a:b", ":constructor:", ":__proto__:", "http://a:b@c:80/", ":robot", "robot:", ": robot :"]) {
    assert.equal(shown(text), text);
  }
});

test("a colon that closes nothing may open a code", () => {
  assert.equal(shown("10:30:robot:"), "10:30🤖");
  assert.equal(shown(":robot:robot:"), "🤖robot:");
  assert.equal(shown(":x:robot: :robot:x:").includes("🤖"), true);
});

test("a text of nothing but colons is done at once", () => {
  const started = performance.now();
  shown(":a".repeat(100_000));
  shown(":".repeat(200_000));
  assert.ok(performance.now() - started < 2000);
});

test("what is first wanted is loaded once, and again only after a failure", async () => {
  let loads = 0;
  let ready = 0;
  let fail = true;
  const load = () => {
    loads += 1;
    return fail ? Promise.reject(new Error("gone")) : Promise.resolve(codes);
  };
  const table = lazy(load, () => (ready += 1));
  assert.equal(table.want(), table.want());
  assert.equal(loads, 1);
  await new Promise(setImmediate);
  assert.equal(table.get(), null);
  fail = false;
  table.want();
  await new Promise(setImmediate);
  assert.equal(loads, 2);
  assert.equal(ready, 1);
  assert.equal(table.get(), codes);
  assert.equal(await table.want(), codes);
  assert.equal(loads, 2);
  assert.deepEqual([mayHoldCodes("no code at 10:30"), mayHoldCodes(":robot:")], [false, true]);
});

test("emoji alone are told from what is more, or less", () => {
  for (const text of ["🤖", " 🤖 🤖\n", "👍️❤️", "👨🏻", "🇩🇪", "1️⃣", "👩‍👩‍👧", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]) assert.equal(isEmojiAlone(text), true, text);
  for (const text of ["", " ", "1", "12 3", "#", "a🤖", "🤖!", "🤖".repeat(13), "🤖".repeat(200)]) assert.equal(isEmojiAlone(text), false, text);
});

test("emoji are found by a part of their code, those that begin with it first", () => {
  const grid = [[["😀", "grinning"], ["🤖", "robot"]], [["👢", "boot"], ["👍", "+1"]]];
  assert.deepEqual(emojiFitting(grid, "bo", 9), [["👢", "boot"], ["🤖", "robot"]]);
  assert.deepEqual(emojiFitting(grid, "bo", 1), [["👢", "boot"]]);
  assert.deepEqual(emojiFitting(grid, "__proto__", 9), []);
});

test("a text without two colons needs no table", () => {
  assert.equal(mayHoldCodes("plain"), false);
  assert.equal(mayHoldCodes("at 10:30"), false);
  assert.equal(mayHoldCodes(":robot:"), true);
});

test("a name is letters, marks and digits of any script, and - _ . anywhere", () => {
  const fine = ["ada", "Zoë", "Zoe\u0308", "名前", "محمد", "हिन्दी", "a.b-c_1", ".", "-ada", "ada_", "__proto__", "٣", " padded "];
  for (const problem of [nameProblem, roomProblem]) {
    for (const name of fine) assert.equal(problem(name), null, name);
    for (const name of ["<img src=x onerror=alert(1)>", "javascript:alert(1)", "a b", "@a", "🤖", "²", "Ⅷ", "a/b"]) {
      assert.match(problem(name), /letters and digits/, JSON.stringify(name));
    }
    for (const name of ["a\u202eb", "a\u200bb", "a\nb", "\u3164", "a\ufe0f", "\u115f\u1160", "a\u{e0100}"]) {
      assert.match(problem(name), /invisible/, JSON.stringify(name));
    }
    assert.match(problem("\u0301a"), /begin/);
  }
  assert.match(nameProblem("   "), /must choose a username/);
  assert.match(roomProblem("   "), /needs a name/);
  assert.equal(nameProblem("𝒶".repeat(32)), null);
  assert.match(nameProblem("a".repeat(33)), /at most 32/);
  assert.equal(roomProblem("a".repeat(50)), null);
  assert.match(roomProblem("a".repeat(51)), /at most 50/);
});

test("a time is written as the language has it", () => {
  const early = new Date(2026, 10, 24, 5, 0).toISOString();
  assert.match(timesIn("en-US").time(early), /^5:00\sAM$/u);
  assert.equal(timesIn("de").time(early), "05:00");
  assert.equal(timesIn("en-US").day(early), "Tuesday, November 24, 2026");
  for (const bad of ["", "yesterday", undefined]) assert.equal(timesIn("en-US").time(bad), "");
});

test("a close says whether to come back, and when", () => {
  assert.equal(closedForGood(1006), null);
  assert.equal(closedForGood(4000), null);
  assert.equal(closedForGood(4499), null);
  assert.match(closedForGood(4500), /too much/);
  assert.match(closedForGood(4777), /4777/);
  assert.equal(closedForGood(5000), null);
  assert.equal(retryMs(4000, "shutdown retry_ms=1234"), 1234);
  assert.equal(retryMs(4000, "shutdown"), null);
  assert.equal(retryMs(4001, "slow retry_ms=1234"), null);
  assert.equal(retryMs(4000, "shutdown retry_ms=9999999"), 60_000);
  assert.equal(retryMs(4000, "shutdown retry_ms=0"), 500);
});

test("for a name that cannot be had the nearest one that can is offered", () => {
  for (const [typed, offered] of [
    ["ada lovelace", "ada-lovelace"],
    ["  <ada> ", "ada"],
    ["ada\u200b", "ada"],
    ["\u0301ada", "ada"],
    ["a".repeat(40), "a".repeat(32)],
    ["?!", null],
    ["", null],
  ]) {
    assert.equal(nearestName(typed), offered, typed);
    if (offered !== null) assert.equal(nameProblem(offered), null);
  }
  assert.equal(nearestName("ada", { taken: ["ADA"] }), "ada2");
  assert.equal(nearestName("ada", { taken: ["ada", "ada2"] }), "ada3");
  assert.equal(nearestName("a".repeat(32), { taken: ["a".repeat(32)] }), `${"a".repeat(31)}2`);
});
