import assert from "node:assert/strict";
import { test } from "node:test";

import { usable } from "../../public/frames.js";
import { rowsOf } from "../../public/rows.js";
import { initial, reduce } from "../../public/state.js";
import { messageOf, withNotice } from "../../public/timeline.js";
import { ada, bob, eve, joined, message, welcome } from "./fakes.js";

const day = () => "";
const deed = (offset, type, more = {}) => ({ type, room: "lobby", offset, id: `d${offset}`, at: "2026-11-24T02:16:00.000Z", from: ada, ...more });
const heard = (frame) => ({ type: "event", event: usable(frame) });
const after = (frames, state) => frames.map(heard).reduce(reduce, state);

const entered = [
  { type: "joining", wanted: "lobby" },
  { type: "welcome", welcome: usable(welcome()) },
  { type: "link", link: { status: "open" } },
  { type: "joined", joined: usable(joined({ members: [ada, bob] })), focus: false, at: 0 },
  { type: "live", room: "lobby" },
].reduce(reduce, initial);
const lobby = (state) => state.rooms.lobby;

test("a deed is taken as it is told, and what is no deed that is known has its place all the same", () => {
  const banned = deed(1, "banned", { who: bob, until: "2026-11-25T00:00:00Z", reason: "spam" });
  assert.deepEqual(usable(banned), { ...banned, deed: true });
  assert.deepEqual(usable(deed(1, "set", { topic: "t\u202eea", slow: 5, guests: false, mood: 1 })), { ...deed(1, "set"), deed: true, topic: "tea", slow: 5, guests: false });
  for (const bad of [deed(1, "kicked"), deed(1, "set"), deed(1, "set", { topic: 7, slow: -1, locked: "yes" }), deed(1, "role", { who: bob, role: "king" }), deed(1, "kicked", { who: bob, from: null }), deed(1, "constructor")]) {
    assert.equal(usable(bad).type, "other");
  }
});

test("what has the name of a reply and the place of an event is an event", () => {
  assert.equal(usable(deed(1, "made", { room: "+x", title: "tea" })).title, "tea");
  assert.deepEqual(usable({ type: "made", ref: "1", room: "+x" }), { type: "made", ref: "1", room: "+x" });
  assert.deepEqual(usable({ type: "invited", room: "+x", title: "tea", by: ada }), { type: "invited", room: "+x", title: "tea", by: ada });
  assert.equal(usable(deed(1, "invited", { who: bob })).who.id, "p2");
});

test("a room becomes what is done to it", () => {
  const state = after([deed(1, "set", { topic: "tea", slow: 30 }), deed(2, "set", { locked: true, guests: false }), deed(3, "set", { archived: true, slow: 0 })], entered);
  const { topic, slow, locked, guests, archived } = lobby(state);
  assert.deepEqual({ topic, slow, locked, guests, archived }, { topic: "tea", slow: 0, locked: true, guests: false, archived: true });
});

test("roles are given and taken, and who is removed has none", () => {
  const given = after([deed(1, "role", { who: bob, role: "moderator" }), deed(2, "role", { who: ada, role: "owner" })], entered);
  assert.deepEqual(lobby(given).staff, [{ who: bob, role: "moderator" }, { who: ada, role: "owner" }]);
  assert.equal(lobby(given).role, "owner");
  const taken = after([deed(3, "kicked", { who: bob }), deed(4, "role", { who: ada, role: "member" })], given);
  assert.deepEqual(lobby(taken).staff, []);
  assert.equal(lobby(taken).role, "member");
});

test("who is muted knows it until they may write again", () => {
  const muted = after([deed(1, "muted", { who: bob }), deed(2, "muted", { who: ada })], entered);
  assert.equal(lobby(muted).muted, true);
  assert.equal(lobby(after([deed(3, "unmuted", { who: ada })], muted)).muted, false);
});

test("what was done before one came is in the room already, and not done twice", () => {
  const comes = { type: "joined", joined: usable(joined({ head: 2, topic: "now", staff: [{ who: bob, role: "owner" }] })), focus: false, at: 0 };
  const state = [comes, heard(deed(1, "set", { topic: "then" })), heard(deed(2, "role", { who: bob, role: "member" }))].reduce(reduce, entered);
  assert.equal(lobby(state).topic, "now");
  assert.deepEqual(lobby(state).staff, [{ who: bob, role: "owner" }]);
});

test("nothing is unread because something was done, but a report is for the moderators to read", () => {
  const away = reduce(entered, { type: "hidden", hidden: true });
  assert.equal(lobby(after([deed(1, "kicked", { who: eve, from: bob })], away)).unread, 0);
  const staff = [{ type: "joined", joined: usable(joined({ room: "+reports" })), focus: false, at: 0 }, { type: "live", room: "+reports" }].reduce(reduce, away);
  const told = after([deed(1, "reported", { room: "+reports", who: eve, from: bob, in: "lobby", about: 4, text: "bad" })], staff);
  assert.equal(told.rooms["+reports"].unread, 1);
});

test("what was written since a moment, by one person, is gone from the page", () => {
  const at = (second) => `2026-11-24T02:15:${second}.000Z`;
  const said = [message(1, { at: at(10), cid: "c" }), message(2, { at: at(20) }), message(3, { at: at(30), from: eve }), message(4, { at: at(40) })];
  const state = after([...said, deed(5, "wiped", { who: bob, since: at(20) }), message(6, { at: at(50) })], entered);
  const shown = lobby(state).items.filter((item) => item.type === "message").map((item) => (item.deleted ? null : item.text));
  assert.deepEqual(shown, ["text 1", null, "text 3", null, "text 6"]);
  assert.equal(state.spoken.offset, 6);
  assert.equal(after([...said, deed(5, "wiped", { who: bob, since: at(20) })], entered).spoken, null);
});

test("what is wiped on the whole server is gone from all rooms but the conversations of two", () => {
  const pair = [{ type: "joined", joined: usable(joined({ room: "@p2", with: bob })), focus: false, at: 0 }, { type: "joined", joined: usable(joined({ room: "+audit" })), focus: false, at: 0 }].reduce(reduce, entered);
  const wiped = deed(1, "wiped", { room: "+audit", who: bob, since: "2026-11-24T00:00:00Z" });
  const state = after([message(1), message(2, { at: "2026-11-24T02:17:00.000Z" }), message(1, { room: "@p2", with: bob }), wiped], pair);
  assert.deepEqual(lobby(state).items.map((item) => item.text), ["", "text 2"]);
  assert.deepEqual(state.rooms["@p2"].items.map((item) => item.text), ["text 1"]);
  const told = after([message(3), deed(2, "wiped", { room: "+audit", who: bob, since: "2026-11-24T00:00:00Z", in: "tea" })], state);
  assert.equal(lobby(told).items.at(-1).text, "text 3");
});

test("a page of older messages that was on its way holds nothing that has been wiped", () => {
  const comes = { type: "joined", joined: usable(joined({ head: 3 })), focus: false, at: 0 };
  const state = [comes, heard(message(3)), heard(deed(4, "wiped", { who: bob, since: "2026-11-24T00:00:00Z" })), { type: "page", page: { room: "lobby", events: [message(1), message(2, { from: eve })].map(usable), more: false } }].reduce(reduce, entered);
  assert.deepEqual(lobby(state).items.filter((item) => item.type === "message").map((item) => item.text), ["", "text 2", ""]);
});

test("the glimpse through the door loses what is wiped too", () => {
  const door = (event) => ({ type: "at_the_door", event: usable(event) });
  const state = [door(message(1)), door(message(2, { from: eve })), door(deed(3, "wiped", { who: bob, since: "2026-11-24T00:00:00Z" }))].reduce(reduce, initial);
  assert.deepEqual(state.door.map((one) => one.text), ["", "text 2"]);
});

const item = (...given) => messageOf(usable(deed(...given)));
const parts = (items) => rowsOf(items, { day })[0].parts.map((part) => [part.deed?.type ?? part.what, part.who.map((one) => one.name), part.more]);

test("deeds stand between the messages as small lines, and the same done to many as one", () => {
  const many = ["cleo", "dan", "flo"].map((name, index) => item(3 + index, "invited", { who: { ...eve, id: name, name } }));
  const items = [item(1, "made"), item(2, "invited", { who: bob }), ...many, item(6, "kicked", { who: bob, reason: "spam" }), item(7, "kicked", { who: eve })];
  assert.deepEqual(parts(items), [["made", [], 0], ["invited", ["bob", "cleo"], 2], ["kicked", ["bob"], 0], ["kicked", ["eve"], 0]]);
  assert.equal(rowsOf(items, { day })[0].offset, 7);
});

test("that somebody went is not told again where it is told who removed them", () => {
  const items = withNotice(withNotice([item(1, "kicked", { who: bob })], { key: "n0", what: "kicked", who: bob }), { key: "n1", what: "left", who: eve });
  assert.deepEqual(parts(items), [["kicked", ["bob"], 0], ["left", ["eve"], 0]]);
});

test("who wants no comings and goings is told of deeds all the same", () => {
  const items = withNotice([item(1, "muted", { who: bob })], { key: "n0", what: "left", who: eve });
  assert.deepEqual(rowsOf(items, { day, quiet: true })[0].parts.length, 1);
});

test("in a log each deed is an entry by itself", () => {
  const rows = rowsOf([item(1, "muted", { who: bob }), item(2, "muted", { who: eve })], { day: (at) => at.slice(0, 10), log: true });
  assert.deepEqual(rows.map((row) => row.kind), ["day", "entry", "entry"]);
});

test("what ignored people say is counted and not shown, and breaks a group", () => {
  const said = (offset, from) => messageOf(message(offset, { from }));
  const rows = rowsOf([said(1, eve), said(2, bob), said(3, bob), said(4, eve)], { day, ignored: [bob] });
  assert.deepEqual(rows.map((row) => [row.kind, row.count ?? row.first]), [["message", true], ["hidden", 2], ["message", true]]);
});

test("who is ignored calls nobody, is not heard typing, and leaves nothing unread", () => {
  const state = reduce(reduce(entered, { type: "hidden", hidden: true }), { type: "ignored", ignored: [bob] });
  const told = after([message(1, { text: "@ada hello" })], state);
  assert.deepEqual([lobby(told).unread, lobby(told).mentions, told.called, told.spoken], [0, 0, null, null]);
  assert.deepEqual(lobby(reduce(told, { type: "typing", room: "lobby", who: bob, at: 0 })).typing, []);
  assert.equal(lobby(after([message(2, { from: eve })], told)).unread, 1);
});
