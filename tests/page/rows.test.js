import assert from "node:assert/strict";
import { test } from "node:test";

import { folded, rowsOf } from "../../public/rows.js";
import { messageOf, withNotice } from "../../public/timeline.js";
import { ada, bob, eve, message } from "./fakes.js";

const day = (at) => at.slice(0, 10);
const said = (offset, minute, more = {}) => messageOf(message(offset, { at: `2026-11-24T10:${String(minute).padStart(2, "0")}:00.000Z`, ...more }));
const kinds = (rows) => rows.map((row) => (row.kind === "message" ? `${row.first ? "first" : "next"} ${row.item.offset}` : row.kind));
const notice = (items, what, who, more = {}) => withNotice(items, { key: `n${items.length}`, what, who, ...more });

test("what one person says within five minutes is one group", () => {
  const items = [said(1, 0), said(2, 5), said(3, 11), said(4, 12, { from: ada }), said(5, 12), said(6, 12, { from: { ...bob, name: "rob" } }), said(7, 13, { from: { ...bob, via: "tutorial" } })];
  assert.deepEqual(kinds(rowsOf(items, { day })), ["day", "first 1", "next 2", "first 3", "first 4", "first 5", "first 6", "first 7"]);
});

test("a clock that went back, or makes no sense, begins a new group", () => {
  assert.deepEqual(kinds(rowsOf([said(1, 5), said(2, 4), said(3, 5, { at: "never" })], { day: () => "" })), ["first 1", "first 2", "first 3"]);
});

test("a day is named before its first message", () => {
  const items = [said(1, 0), said(2, 1, { at: "2026-11-25T00:01:00.000Z" })];
  assert.deepEqual(rowsOf(items, { day }).filter((row) => row.kind === "day").map((row) => row.date), ["2026-11-24", "2026-11-25"]);
});

test("the line stands before the first message of somebody else that is unread, and breaks a group", () => {
  const items = [said(1, 0), said(2, 1, { from: ada }), said(3, 1), said(4, 1)];
  assert.deepEqual(kinds(rowsOf(items, { day, line: 1, me: ada })), ["day", "first 1", "first 2", "unread", "first 3", "next 4"]);
  assert.deepEqual(kinds(rowsOf(items, { day, line: 4, me: ada })).includes("unread"), false);
  assert.deepEqual(kinds(rowsOf(items, { day, line: 3, me: ada })), ["day", "first 1", "first 2", "first 3", "unread", "first 4"]);
});

test("those who come and go are folded into one line, of which names are few", () => {
  const people = ["a", "b", "c", "d", "e"].map((id) => ({ id, name: id }));
  const all = people.reduce((items, who) => notice(items, "joined", who), []);
  const [row] = rowsOf(all, { day });
  assert.deepEqual(row.parts.map(({ what, who, more }) => [what, who.map((one) => one.id), more]), [["joined", ["a", "b"], 3]]);
  assert.deepEqual(folded(all.slice(0, 3))[0].who.length, 3);
  assert.deepEqual(kinds(rowsOf([...all, said(1, 0), ...notice([], "left", eve)], { day })), ["notices", "day", "first 1", "notices"]);
});

test("of somebody who came and went again the last counts", () => {
  let items = notice([], "joined", bob);
  items = notice(items, "joined", eve);
  items = notice(items, "gone", bob);
  items = notice(items, "renamed", { ...eve, name: "eva" }, { was: "eve" });
  const [{ parts }] = rowsOf(items, { day });
  assert.deepEqual(parts.map((part) => part.what), ["joined", "gone", "renamed"]);
  assert.deepEqual(parts[0].who, [eve]);
});

test("who does not want to know who comes and goes is not told, and groups stay whole", () => {
  const items = [said(1, 0), ...notice([], "joined", eve), said(2, 1)];
  assert.deepEqual(kinds(rowsOf(items, { day, quiet: true })), ["day", "first 1", "next 2"]);
});

test("a message keeps its row when it comes back out of the log, and nobody else's cid takes it", () => {
  const [, row] = rowsOf([said(1, 0, { from: ada, cid: "c1" })], { day, me: ada });
  assert.equal(row.key, "cc1");
  assert.equal(rowsOf([said(1, 0, { cid: "c1" })], { day, me: ada })[1].key, "m1");
});

test("an event of a kind that is not known has no row", () => {
  assert.deepEqual(rowsOf([messageOf({ type: "other", room: "lobby", offset: 1, id: "x" })], { day }), []);
});
