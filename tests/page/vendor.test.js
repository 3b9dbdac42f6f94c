import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const lock = JSON.parse(readFileSync(new URL("tools/vendor.lock.json", root), "utf8"));
const folder = new URL("public/vendor/", root);

test("the carried libraries are the locked ones, each with its licence", () => {
  const names = readdirSync(folder).sort();
  assert.deepEqual(names, Object.keys(lock.made).sort());
  for (const name of names) {
    const hash = createHash("sha512").update(readFileSync(new URL(name, folder))).digest("base64");
    assert.equal(`sha512-${hash}`, lock.made[name], name);
  }
  for (const { name } of lock.packages) assert.ok(names.includes(`LICENSE.${name.replace(/^@/, "").replace("/", "-")}.txt`), name);
});

test("no script of the page names another host, or makes code or HTML out of a string", () => {
  const read = (path) => readFileSync(new URL(path, root), "utf8");
  const own = ["public/", "public/view/"].flatMap((path) =>
    readdirSync(new URL(path, root)).filter((name) => name.endsWith(".js")).map((name) => path + name),
  );
  assert.ok(own.length > 15);
  for (const path of own) {
    assert.doesNotMatch(read(path), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?:\/\//, path);
    assert.ok(read(path).split("\n").length <= 251, `${path} is two modules`);
  }
  const sheets = readdirSync(new URL("public/", root)).filter((name) => name.endsWith(".css"));
  for (const name of ["index.html", ...sheets]) assert.doesNotMatch(read(`public/${name}`), /https?:|url\(|style=|\son\w+=/, name);
});

test("all modules that the page begins with are asked for at once, and no others", () => {
  const found = new Set();
  const follow = (url) => {
    if (found.has(url.href)) return;
    found.add(url.href);
    for (const [, path] of readFileSync(url, "utf8").matchAll(/^import\s[^;]*?"([^"]+)";/gm)) follow(new URL(path, url));
  };
  follow(new URL("public/app.js", root));
  const page = readFileSync(new URL("public/index.html", root), "utf8");
  const asked = [...page.matchAll(/(?:modulepreload" href|module" src)="\/([^"]+)"/g)].map(([, path]) => new URL(`public/${path}`, root).href);
  assert.deepEqual(asked.sort(), [...found].sort());
});
