import assert from "node:assert/strict";
import { test } from "node:test";

import { parser, safeLink } from "../../public/markdown.js";
import { mayHoldMarkdown, written } from "../../public/marks.js";
import MarkdownIt from "../../public/vendor/markdown-it.js";
import { seeded } from "./fakes.js";

const parse = parser(MarkdownIt);

/** A tree in short: `em(a)`. */
const short = (nodes) => nodes.map((one) => (typeof one === "string" ? one : `${one.tag}${one.href ? `<${one.href}>` : ""}(${short(one.children)})`)).join("");

const flat = (nodes) => nodes.map((one) => (typeof one === "string" ? one : flat(one.children))).join("");

const tags = (nodes) => nodes.flatMap((one) => (typeof one === "string" ? [] : [one.tag, ...tags(one.children)]));

test("emphasis, code, quotes, lists and links are understood", () => {
  for (const [text, tree] of [
    ["*a* **b** _c_", "p(em(a) strong(b) em(c))"],
    ["`a *b*`", "p(code(a *b*))"],
    ["```js\nlet a;\n  b\n```", "pre(let a;\n  b)"],
    ["> a\n> b", "blockquote(p(a\nb))"],
    ["- a\n- b", "ul(li(p(a))li(p(b)))"],
    ["1. a\n2. b", "ol(li(p(a))li(p(b)))"],
    ["a\nb\n\nc", "p(a\nb)p(c)"],
    ["see https://example.org/a_b.", "p(see a<https://example.org/a_b>(https://example.org/a_b).)"],
    ["[x](http://example.org)", "p(a<http://example.org/>(x))"],
    ["to ada@example.org", "p(to a<mailto:ada@example.org>(ada@example.org))"],
    ["\\*a\\*", "p(*a*)"],
  ]) {
    assert.equal(short(parse(text)), tree, text);
    assert.equal(mayHoldMarkdown(text) || text.startsWith("a\n"), true, text);
  }
});

test("an ordered list begins where its writer had it begin", () => {
  assert.equal(parse("3. a\n4. b")[0].start, 3);
});

test("what is no part of the small Markdown stays as it was written", () => {
  for (const text of ["# a", "---", "| a | b |", "<b>a</b>", "&amp;", "~~a~~", "snake_case_name", "__init__ and __proto__", "2 * 3 * 4", "[r]: x", "<img src=x onerror=alert(1)>", "a\n==="]) {
    assert.equal(short(parse(text)), `p(${text})`, text);
  }
});

test("a link leads by http, https or mailto and nowhere else", () => {
  for (const href of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://a/", "//a", "/a", "", "\u0001javascript:alert(1)"]) {
    assert.equal(safeLink(href), null, href);
    assert.equal(tags(parse(`[x](${href})`)).includes("a"), false, href);
    assert.equal(tags(parse(`<${href}>`)).includes("a"), false, href);
  }
  assert.equal(safeLink("HTTPS://Example.org"), "https://example.org/");
});

test("a picture is not fetched", () => {
  assert.deepEqual(tags(parse("![x](https://elsewhere.test/a.png)")), ["p", "a"]);
});

test("what nests too deep is shown as it was typed, and nothing is lost", () => {
  const deep = `${"> ".repeat(60)}x`;
  assert.equal(short(parse(deep)), `p(${deep})`);
  assert.match(flat(parse(`${"- ".repeat(300)}word`)), /word/);
});

test("codes become emoji in words and not in code", () => {
  const tree = written(parse("a *a* `a`\n```\na\n```"), (words) => words.replaceAll("a", "b"));
  assert.equal(short(tree), "p(b em(b) code(a))pre(a)");
});

test("whatever is written, every letter of it is shown, in known tags, and soon", () => {
  const parts = ["*", "_", "`", "```", "\n", "> ", "- ", "1. ", "[", "](", ")", "https://a.b/", "<", "javascript:", "word", " ", "\\", "&lt;", "!", "\u202e", "🤖"];
  const random = seeded(5);
  const known = ["p", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span"];
  const started = performance.now();
  for (let turn = 0; turn < 2000; turn += 1) {
    const text = Array.from({ length: 1 + random() * 30 }, () => parts[Math.floor(random() * parts.length)]).join("");
    const nodes = parse(text);
    for (const tag of tags(nodes)) assert.ok(known.includes(tag), tag);
    const words = (some) => [...some.matchAll(/word/g)].length;
    // The target of a link with words of its own, and what names the language of a fence, are not shown.
    if (!text.includes("](") && !text.includes("```")) assert.equal(words(flat(nodes)), words(text), JSON.stringify(text));
  }
  for (const text of ["*".repeat(4000), "[".repeat(4000), "> ".repeat(2000), "`".repeat(4000), "*a_ ".repeat(1000), "<".repeat(4000)]) parse(text);
  assert.ok(performance.now() - started < 20_000);
});

test("plain words need no markdown-it", () => {
  for (const text of ["hello", "what? 10:30!", "a - b", "#tag"]) assert.equal(mayHoldMarkdown(text), false, text);
});
