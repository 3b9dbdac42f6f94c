import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, placeOf } from "../../public/address.js";
import { inSidebar, pairs, unreadIn } from "../../public/order.js";
import { newRoom } from "../../public/room.js";
import { roomBeside, shortcutOf } from "../../public/shortcuts.js";
import { stepTo } from "../../public/view/roving.js";
import { bob, eve } from "./fakes.js";

const key = (more) => ({ key: "", code: "", ...more });
const room = (name, more = {}) => ({ ...newRoom(name), ...more });

test("shortcuts go by the place of a key, whatever stands on it", () => {
  assert.deepEqual(shortcutOf(key({ code: "KeyK", key: "л", ctrlKey: true }), true), { act: "switcher" });
  assert.deepEqual(shortcutOf(key({ code: "KeyK", key: "k", metaKey: true }), false), { act: "switcher" });
  assert.deepEqual(shortcutOf(key({ code: "ArrowDown", key: "ArrowDown", altKey: true }), true), { act: "room", by: 1, unread: undefined });
  assert.deepEqual(shortcutOf(key({ code: "ArrowUp", key: "ArrowUp", altKey: true, shiftKey: true }), true), { act: "room", by: -1, unread: true });
  assert.deepEqual(shortcutOf(key({ key: "Escape" }), true), { act: "escape" });
});

test("letters are for where one types, and else go there", () => {
  assert.equal(shortcutOf(key({ key: "?", shiftKey: true }), true), null);
  assert.deepEqual(shortcutOf(key({ key: "?", shiftKey: true }), false), { act: "help" });
  assert.deepEqual(shortcutOf(key({ key: "ж" }), false), { act: "type" });
  for (const one of [{ key: " " }, { key: "Tab" }, { key: "a", ctrlKey: true }, { key: "a", altKey: true }, { key: "a", isComposing: true }, { key: "a", keyCode: 229 }]) {
    assert.equal(shortcutOf(key(one), false), null);
  }
});

test("the next room is the one beside, around the end, and of the unread ones on request", () => {
  const rooms = [room("a"), room("b"), room("c", { unread: 2 })];
  assert.equal(roomBeside(rooms, "a", 1), "b");
  assert.equal(roomBeside(rooms, "a", -1), "c");
  assert.equal(roomBeside(rooms, "c", 1), "a");
  assert.equal(roomBeside(rooms, "a", 1, true), "c");
  assert.equal(roomBeside(rooms, "c", 1, true), null);
  assert.equal(roomBeside([], null, 1), null);
  assert.equal(roomBeside([room("a")], "a", 1), null);
});

test("rooms stand by name, and conversations with something unread before others", () => {
  const rooms = { b: room("b"), a10: room("a10"), a9: room("a9"), "@p2": room("@p2", { with: bob }), "@p3": room("@p3", { with: eve, unread: 1 }) };
  assert.deepEqual(inSidebar(rooms).map((one) => one.name), ["a9", "a10", "b", "@p3", "@p2"]);
  assert.deepEqual(pairs({ "@x": room("@x") }), []);
  const { count, called } = unreadIn({ ...rooms, b: room("b", { unread: 2, mentions: 1 }), a9: room("a9", { unread: 7, mentions: 7, notice: "nothing" }) });
  assert.deepEqual([count, called], [3, 1]);
});

test("the arrows lead through a list and a grid, and not out of them", () => {
  assert.equal(stepTo("ArrowDown", 0, 3), 1);
  assert.equal(stepTo("ArrowUp", 0, 3), null);
  assert.equal(stepTo("End", 0, 3), 2);
  assert.equal(stepTo("Home", 2, 3), 0);
  assert.equal(stepTo("ArrowRight", 0, 3), null);
  assert.equal(stepTo("ArrowDown", 1, 9, 4), 5);
  assert.equal(stepTo("ArrowRight", 1, 9, 4), 2);
  assert.equal(stepTo("ArrowRight", 1, 9, 4, true), 0);
  assert.equal(stepTo("ArrowDown", 6, 9, 4), null);
  assert.equal(stepTo("x", 0, 3), null);
});

test("an address names a room, and a message in it, and comes back as it went", () => {
  for (const name of ["lobby", "@p2", "__proto__", "-", "..", "ágora", "a/b?c#d%"]) {
    assert.deepEqual(placeOf(addressOf(name)), { room: name, offset: null });
    assert.deepEqual(placeOf(addressOf(name, 58)), { room: name, offset: 58 });
  }
  for (const bad of ["", "#", "#/", "#/room/", "#/room/a/b", "#javascript:alert(1)", "#/room/%ff", "#/room/a%00", "#/room/a/1/2", "#/room/a/9999999999999999"]) {
    assert.equal(placeOf(bad), null, bad);
  }
  assert.deepEqual(placeOf("#/room/a/0"), { room: "a", offset: null });
});
