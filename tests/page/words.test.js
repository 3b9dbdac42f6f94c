import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, test } from "node:test";

import { LIST } from "../../public/keyboard.js";
import { LANGUAGES, around, direction, language, pick, plural, speak, t } from "../../public/words.js";

const root = new URL("../../public/", import.meta.url);
const sources = ["", "view/"].flatMap((folder) =>
  readdirSync(new URL(folder, root)).filter((name) => name.endsWith(".js") && name !== "words.js").map((name) => readFileSync(new URL(folder + name, root), "utf8")),
);
const catalogue = (name) => JSON.parse(readFileSync(new URL(`languages/${name}.json`, root), "utf8"));
const others = Object.keys(LANGUAGES).filter((name) => name !== "en");

const literal = String.raw`"((?:[^"\\]|\\.)*)"`;
const all = (pattern) => sources.flatMap((source) => [...source.matchAll(new RegExp(pattern, "g"))].map((found) => JSON.parse(`"${found.at(-1)}"`)));
const plain = new Set([...all(String.raw`\bt\(${literal}`), ...all(String.raw`\bkey\(\s*${literal}`), ...all(String.raw`\baround\(${literal}`), ...LIST.map(([, words]) => words)]);
const counted = new Set(all(String.raw`\bplural\([^"]*?${literal}, ${literal}`));

const holes = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

after(() => speak("en"));

test("every language has every word, with the same holes in it, and no other", () => {
  assert.ok(plain.size > 60 && counted.size > 10);
  for (const name of others) {
    const words = catalogue(name);
    for (const key of [...plain, ...counted]) assert.ok(Object.hasOwn(words, key), `${name}: ${key}`);
    for (const [key, said] of Object.entries(words)) {
      assert.ok(sources.some((source) => source.includes(JSON.stringify(key))), `${name} has a word that nobody says: ${key}`);
      assert.equal(typeof said, counted.has(key) ? "object" : "string", `${name}: ${key}`);
      if (typeof said === "string") assert.deepEqual(holes(said), holes(key), `${name}: ${key}`);
    }
  }
});

test("a language has a form for each kind of number that it knows", () => {
  for (const name of others) {
    const kinds = new Intl.PluralRules(name).resolvedOptions().pluralCategories;
    for (const [key, forms] of Object.entries(catalogue(name)).filter(([, said]) => typeof said === "object")) {
      assert.deepEqual(Object.keys(forms).sort(), [...kinds].sort(), `${name}: ${key}`);
      for (const form of Object.values(forms)) {
        for (const hole of holes(form)) assert.ok(holes(key).includes(hole), `${name}: ${form}`);
        // Of one or two a language may say so without the number.
        for (const hole of holes(key)) assert.ok(hole === "{n}" || holes(form).includes(hole), `${name}: ${form}`);
      }
    }
  }
});

test("the first language is the first of the browser's that there is", () => {
  assert.equal(pick(["de-AT", "en"]), "de");
  assert.equal(pick(["tlh", "zh-Hant-TW"]), "zh");
  assert.equal(pick(["tlh"]), "en");
  assert.equal(pick([]), "en");
  assert.equal(pick(["constructor", null]), "en");
});

test("a sentence is said in the language and by its rules for numbers", () => {
  const count = (n) => plural(n, "{n} new message", "{n} new messages");
  assert.deepEqual([count(1), count(2)], ["1 new message", "2 new messages"]);
  speak("de", catalogue("de"));
  assert.deepEqual([language(), direction(), count(1), count(1234)], ["de", "ltr", "1 neue Nachricht", "1.234 neue Nachrichten"]);
  speak("ar", catalogue("ar"));
  assert.equal(direction(), "rtl");
  assert.equal(new Set([0, 1, 2, 3, 11, 100].map((n) => count(n).replace(/[\d٠-٩]+/g, ""))).size >= 4, true);
  // What a catalogue lacks is said in English.
  speak("fr", { "Cancel": 7 });
  assert.deepEqual([t("Cancel"), t("Join"), count(2)], ["Cancel", "Join", "2 new messages"]);
  speak("en");
});

test("the parts of a sentence stand where the language has them", () => {
  assert.deepEqual(around("{was} is now {now}", { was: 1, now: 2 }), ["", 1, " is now ", 2, ""]);
  assert.equal(t("Leave {room}", { room: "{room}" }), "Leave {room}");
  assert.equal(t("Leave {room}"), "Leave {room}");
});
