import assert from "node:assert/strict";
import { test } from "node:test";

import { isPicture } from "../../public/checks.js";
import { usable } from "../../public/frames.js";
import { ada, bob, eve, joined, message, seeded, welcome } from "./fakes.js";
import { Tab } from "./tab.js";

const VALUES = [null, true, false, 0, -1, 1, 2, 3, 1.5, 1e300, 9007199254740993, "", "lobby", "@p2", "__proto__", "constructor", "p1", "\u0000",
  "\u202egnp.exe", "\ud800", "W".repeat(20_000), [], [[]], [null, 7, ada], {}, { id: 7 }, { id: "p1", name: "" }, bob,
  { ...bob, avatar: "javascript:alert(1)" }, { ...eve, via: {} }];

const rooms = [{ room: "@p2", topic: "", head: 7, read: 0, with: bob }, { room: "tea", topic: "", head: 7, read: 0, count: 3 }];
const FRAMES = [
  welcome({ rooms }), joined({ members: [ada, bob] }), joined({ room: "@p2", with: bob, recovered: true, head: 3 }),
  message(1), message(2, { cid: "c1", from: ada }), message(3), message(1, { room: "@p2", with: bob }), message(5, { deleted: true }),
  { type: "live", room: "lobby", offset: 3 }, { type: "done", room: "lobby", offset: 2, id: "m2" },
  { type: "page", room: "lobby", events: [message(1), message(2)], more: true },
  { type: "refused", code: "rate_limited", message: "slow", retry_after: 0.5 }, { type: "refused", code: "internal", message: "no" },
  { type: "rooms", rooms, more: true }, { type: "present", room: "lobby", who: eve }, { type: "absent", room: "lobby", who: bob, reason: "gone" },
  { type: "members", room: "lobby", count: 2, members: [ada, bob] }, { type: "count", room: "lobby", count: 300 },
  { type: "me", me: { ...ada, name: "ida" } }, { type: "typing", room: "lobby", who: bob }, { type: "reaction", room: "lobby", offset: 4, id: "r4" },
  welcome({ ignored: [eve], server_can: { sign_up: "open", guests: "read", locked: true }, rooms: [{ room: "+f00", title: "tea", head: 1, read: 0 }] }),
  { ...message(4), type: "set", topic: "tea", slow: 5, guests: false }, { ...message(5), type: "role", who: bob, role: "owner" }, { ...message(6), type: "wiped", who: bob, since: "2026-11-24T00:00:00Z" },
  { ...message(7), type: "kicked", who: eve, reason: "spam" }, { ...message(8), type: "muted", who: ada, until: "x" }, { ...message(9), type: "quit" }, { ...message(10), type: "reported", who: bob, in: "lobby", about: 3 },
  joined({ room: "+f00", title: "tea", role: "owner", staff: [{ who: bob, role: "moderator" }], slow: 5, locked: true, archived: true, guests: "off", muted: true }),
  { type: "invited", room: "+f00", title: "tea", by: bob }, { type: "removed", room: "tea", reason: "banned" }, { type: "ignored", ignored: [bob, eve] }, { type: "me", me: { ...ada, role: "moderator" } },
  message(11, { reply_to: 1, quote: { from: bob, text: "text 1" }, edited: "x", changed: 12, reactions: [{ emoji: "👍", count: 2, people: [{ id: "p1", name: "ada" }] }], pinned: true, mentions: ["p1"], mentions_all: true }),
  { ...message(12), type: "edited", about: 11, text: "new", mentions: ["p1"] }, { ...message(13), type: "reacted", about: 1, emoji: "👍", on: true }, { ...message(14), type: "pinned", about: 1, on: true },
  { ...message(15), type: "deleted", about: 1 }, { ...message(16), type: "deleted", about: 1, in: "lobby", who: bob }, joined({ unread: 3, mentions: 1, notice: "all", pins: [1, 2] }),
  { type: "read", room: "lobby", offset: 2, unread: 1, mentions: 1 }, { type: "notice", room: "lobby", level: "nothing" }, { type: "pins", room: "lobby", events: [message(1, { pinned: true })] },
  { type: "roster", people: [{ who: bob, role: "owner" }] }, { type: "made", room: "+f00" },
];

test("a frame of a good server is taken as it is, without what the page has no use for", () => {
  assert.deepEqual(usable({ ...message(1), from: { ...bob, mood: 1 }, mood: "good" }), message(1));
  const { topic, read, ...used } = { ...rooms[0], count: 0, unread: 0, mentions: 0, notice: "" };
  assert.deepEqual(usable({ ...welcome({ rooms: [rooms[0]] }), ref: "1" }).rooms, [{ ...used, read }]);
  assert.deepEqual(usable({ type: "absent", room: "lobby", who: bob, reason: "gone" }), { type: "absent", room: "lobby", who: bob, reason: "gone" });
  assert.deepEqual(usable({ type: "refused", ref: "7", code: "too_long", message: "m" }), { type: "refused", ref: "7", code: "too_long", message: "m" });
});

test("what is no frame, or lacks what the page cannot do without, is passed over", () => {
  for (const value of VALUES) assert.equal(usable(value), null);
  for (const frame of [{ type: "welcome" }, { type: "welcome", me: { role: "nobody" } }, { type: "joined", room: "lobby" }, { type: "live", room: 7, offset: 1 },
    { type: "live", room: "lobby" }, { type: "present", room: "lobby" }, { type: "count", room: "lobby", count: "7" }, { type: "__proto__" }, { type: ["me"] },
    { type: "page", room: "lobby", events: [message(1), message(3)] }, { type: "page", room: "tea", events: [message(1)] },
    { type: "page", room: "lobby", events: {} }, message(0), message(-1), message(1.5), message("1"), message(1, { room: null }), message(1, { id: "" })]) {
    assert.equal(usable(frame), null, JSON.stringify(frame));
  }
});

test("an event that cannot be shown has its place in the log all the same", () => {
  for (const bad of [{ text: null }, { text: {} }, { from: null }, { from: { id: "p2" } }, { from: { ...bob, name: "\u200b" } }, { type: "edit" }]) {
    assert.deepEqual(usable(message(4, bad)), { type: "other", room: "lobby", offset: 4, id: "m4" });
  }
});

test("what hides or reorders text is taken out of names and topics, and what is too long is cut", () => {
  assert.equal(usable(message(1, { from: { ...bob, name: "b\u202eo\nb\u0000" } })).from.name, "bob");
  assert.equal(usable(joined({ topic: "\u2067te\ta" })).topic, "tea");
  assert.equal(usable(message(1, { text: "W".repeat(1_000_000) })).text.length, 16_001);
  assert.equal(usable(message(1, { from: { ...bob, name: "W".repeat(1_000_000) } })).from.name.length, 101);
  assert.equal(usable({ type: "members", room: "lobby", members: Array(5000).fill(bob) }).members.length, 1);
  assert.equal(usable({ type: "count", room: "lobby", count: 1e15 }).count, 99_999);
  assert.equal(usable({ type: "refused", code: "internal", retry_after: 1e300 }).retry_after, 21_600);
  assert.equal(usable({ type: "refused", code: "internal", retry_after: -1 }).retry_after, 0.1);
  assert.equal(usable({ type: "absent", room: "lobby", who: bob, reason: "constructor" }).reason, "left");
});

test("a picture is one that the server draws", () => {
  for (const url of ["/avatar/p1.svg?A", "/avatar/abcdefghijklmnop.svg?AB", "/avatar/p1.svg?%C3%84B", "/avatar/p1.svg?%F0%9D%94%98"]) assert.equal(isPicture(url), true, url);
  for (const url of ["javascript:alert(1)", "https://elsewhere.test/a.svg", "//elsewhere.test/a.svg", "/\t/elsewhere.test/a.svg", "/\n/elsewhere.test/a.svg",
    "\\\\elsewhere.test\\a", "data:image/svg+xml,<svg/>", "/avatar/../healthz", "/avatar/p1.svg", "/avatar/p1.svg?", "/avatar/p1.svg?ABC", "/avatar/p1.svg?%",
    "/avatar/p1.svg?%FF", "/avatar/p1.svg?%3C", "/avatar/p1.svg?%E3%85%A4", "/avatar/P1.svg?A", "/avatar/p1.svg?A#x", "/avatar/p1.svg?A\n", "", null, undefined, 7, {}]) {
    assert.equal(isPicture(url), false, String(url));
  }
});

test("a server that lies in any part of any frame breaks nothing, and with a good one all is well again", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = seeded(seed);
    const one = (list) => list[Math.floor(random() * list.length)];
    const spoilt = (value) => {
      if (random() < 0.15) return one(VALUES);
      if (Array.isArray(value)) return value.map(spoilt);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).filter(() => random() > 0.05).map(([key, part]) => [key, key === "type" ? part : spoilt(part)]));
    };
    const tab = new Tab({ random }).enters();
    for (let turn = 0; turn < 60; turn += 1) {
      if (random() < 0.1) tab.line.say("lobby", `mine ${turn}`);
      if (random() < 0.1) tab.line.history("lobby", "older", 5);
      if (random() < 0.05 || tab.state.link.status !== "open") {
        if (!tab.socket.shut) tab.socket.breaks(one([1006, 4000, 4001, 1009, 7]), one(["", "shutdown retry_ms=0", "x"]));
        if (tab.line.who === null) tab.start();
        else tab.line.wake();
        tab.socket.opens();
        if (random() < 0.8) tab.socket.answers("hello", spoilt(welcome({ rooms })));
      }
      const { sent } = tab.socket;
      const ref = random() < 0.4 && sent.length > 0 ? one(sent).ref : undefined;
      if (!tab.socket.shut) tab.socket.gives({ ...spoilt(one(FRAMES)), ...(ref ? { ref } : {}) });
    }
    const { rooms: shown, directory, me } = tab.state;
    for (const [name, room] of Object.entries(shown)) {
      assert.equal(room.name, name);
      for (const number of [room.head, room.count, room.seen, room.unread]) assert.ok(Number.isSafeInteger(number), `seed ${seed}: ${name} ${number}`);
      for (const who of [...room.members, ...room.items.filter((item) => item.from).map((item) => item.from)]) assert.equal(typeof who.name, "string");
      const offsets = room.items.filter((item) => item.kind === "message").map((item) => item.offset);
      assert.deepEqual(offsets, [...new Set(offsets)].sort((a, b) => a - b), `seed ${seed}: ${name}`);
    }
    assert.ok(directory.every((entry) => typeof entry.room === "string" && Number.isSafeInteger(entry.count)));
    assert.ok(typeof me?.name === "string");
    tab.start();
    tab.socket.opens();
    tab.socket.answers("hello", welcome({ token: "t1" }));
    tab.socket.answers("join", joined({ epoch: "good", head: 1 }));
    tab.socket.gives(message(1, { text: "good again" }));
    assert.deepEqual(tab.texts, ["good again"], `seed ${seed}`);
  }
});
