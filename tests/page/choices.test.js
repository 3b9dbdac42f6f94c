import assert from "node:assert/strict";
import { test } from "node:test";

import { Door } from "../../public/door.js";
import { DEFAULTS, readSettings, withQuiet, writeSettings } from "../../public/settings.js";
import { readDrafts, writeDrafts } from "../../public/storage.js";
import { placesIn } from "../../public/view/switcher.js";
import { newRoom } from "../../public/room.js";
import { FakeClock, FakeSocket, ada, bob, eve, joined, message } from "./fakes.js";

const shelf = (kept = {}) => {
  const map = new Map(Object.entries(kept));
  const store = { getItem: (key) => map.get(key) ?? null, setItem: (key, value) => map.set(key, value), removeItem: (key) => map.delete(key) };
  return () => store;
};

test("what was chosen is kept, and rubbish is nothing that was chosen", () => {
  const store = shelf();
  assert.deepEqual(readSettings(store), { ...DEFAULTS, quiet: [] });
  const chosen = { theme: "dark", language: "ar", alerts: true, sound: true, quiet: ["lobby", "__proto__"] };
  writeSettings(store, chosen);
  assert.deepEqual(readSettings(store), chosen);
  for (const bad of ["", "{", "7", "[]", '{"theme":"__proto__","language":"constructor","alerts":1,"sound":"yes","quiet":[7,"a\\u0000"]}']) {
    assert.deepEqual(readSettings(shelf({ "chatd.settings": bad })), { ...DEFAULTS, quiet: [] }, bad);
  }
});

test("a room is quiet until it is not", () => {
  const quiet = withQuiet(withQuiet(DEFAULTS, "lobby", true), "lobby", true);
  assert.deepEqual(quiet.quiet, ["lobby"]);
  assert.deepEqual(withQuiet(quiet, "lobby", false).quiet, []);
});

test("drafts are kept by room, and rubbish is none", () => {
  const store = shelf();
  writeDrafts(store, { lobby: "half a", ["__proto__"]: "b" });
  assert.equal(readDrafts(store).lobby, "half a");
  writeDrafts(store, null);
  assert.deepEqual(readDrafts(store), {});
  assert.deepEqual(readDrafts(shelf({ "chatd.drafts": JSON.stringify({ lobby: 7, a: "", "b\u0000": "x", c: "W".repeat(10_000) }) })), {});
});

function atTheDoor() {
  const sockets = [];
  const heard = [];
  const clock = new FakeClock();
  const open = () => {
    sockets.push(new FakeSocket());
    return sockets.at(-1);
  };
  return { door: new Door({ open, clock, hear: (event) => heard.push(event.text) }), sockets, heard, clock };
}

test("who has no name yet hears the lobby as a watcher, and nothing of them is told", () => {
  const { door, sockets, heard } = atTheDoor();
  door.watch();
  door.watch();
  assert.equal(sockets.length, 1);
  sockets[0].opens();
  assert.deepEqual(sockets[0].sent, [{ type: "hello" }, { type: "join", room: "lobby", limit: 30 }]);
  sockets[0].gives({ type: "welcome", me: { role: "watcher" }, rooms: [] });
  sockets[0].gives(joined({ head: 1 }));
  sockets[0].gives(message(1));
  sockets[0].gives(message(1, { room: "elsewhere" }));
  sockets[0].gives({ type: "present", room: "lobby", who: bob });
  assert.deepEqual(heard, ["text 1"]);
  door.stop();
  assert.equal(sockets[0].shut, true);
  sockets[0].gives(message(2));
  assert.deepEqual(heard, ["text 1"]);
});

test("a door that closes is tried once more, later", () => {
  const { door, sockets, clock } = atTheDoor();
  door.watch();
  sockets[0].breaks();
  clock.advance(10_000);
  assert.equal(sockets.length, 2);
  sockets[1].breaks();
  clock.advance(100_000);
  assert.equal(sockets.length, 2);
  const other = atTheDoor();
  other.door.watch();
  other.sockets[0].breaks();
  other.door.stop();
  other.clock.advance(100_000);
  assert.equal(other.sockets.length, 1);
});

test("rubbish at the door ends the look, and nothing else", () => {
  const { door, sockets, heard } = atTheDoor();
  door.watch();
  sockets[0].onmessage({ data: "{" });
  assert.deepEqual([sockets[0].shut, heard], [true, []]);
});

test("one gets to rooms and people by a part of the name, to what is unread first", () => {
  const rooms = {
    lobby: { ...newRoom("lobby"), members: [ada, bob, eve] },
    boats: { ...newRoom("boats"), unread: 1 },
    "@p3": { ...newRoom("@p3"), with: eve },
  };
  const state = { rooms, directory: [{ room: "boats", count: 1 }, { room: "abo", count: 9 }], me: ada };
  const names = (sought) => placesIn(state, sought, {}).map((one) => one.name);
  assert.deepEqual(names(""), ["boats", "lobby", "eve", "bob", "abo"]);
  assert.deepEqual(names("bo"), ["boats", "bob", "abo"]);
  assert.deepEqual(names("EVE"), ["eve"]);
  assert.deepEqual(names("zzz"), []);
});
