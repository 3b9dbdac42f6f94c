import assert from "node:assert/strict";
import { test } from "node:test";

import { fitting } from "../../public/mentions.js";
import { initial, reduce, TYPING_MS } from "../../public/state.js";
import { ada, bob, eve, joined, message, seeded, welcome } from "./fakes.js";

const after = (actions, from) => actions.reduce(reduce, from);
const arrives = (offset, more) => ({ type: "event", event: message(offset, more) });
const live = { type: "live", room: "lobby" };
const comesIn = (more) => ({ type: "joined", joined: joined(more), focus: true, at: 0 });
const inside = after([{ type: "joining", wanted: "lobby" }, { type: "welcome", welcome: welcome() }], initial);
const inLobby = after([comesIn(), live], inside);
const lobby = (state) => state.rooms.lobby;
const offsets = (state) => lobby(state).items.filter((one) => one.kind === "message").map((one) => one.offset);
const range = (from, to) => Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
const away = { type: "reading", room: "lobby", reading: true };

test("who reads above has not seen what comes, and has when they are back at the end", () => {
  const state = after([arrives(1), away, arrives(2), arrives(3)], inLobby);
  assert.deepEqual([lobby(state).unread, lobby(state).seen, lobby(state).line], [2, 1, 1]);
  const back = reduce(state, { ...away, reading: false });
  assert.deepEqual([lobby(back).unread, lobby(back).seen, lobby(back).line], [0, 3, 1]);
});

test("the line stays until one says something, marks the room as read, or goes elsewhere", () => {
  const state = after([arrives(1), { type: "hidden", hidden: true }, arrives(2), { type: "hidden", hidden: false }], inLobby);
  assert.deepEqual([lobby(state).line, lobby(state).unread], [1, 0]);
  assert.equal(lobby(reduce(state, { type: "said", cid: "c", room: "lobby", text: "x" })).line, null);
  assert.equal(lobby(reduce(state, { type: "caught_up", room: "lobby" })).line, null);
  const elsewhere = after([{ type: "opened", room: "@p2", person: bob }], state);
  assert.equal(lobby(elsewhere).line, null);
});

test("after a reload the line stands where one has read to, and a newcomer has none", () => {
  const state = after([comesIn({ head: 3, read: 1 }), arrives(1), arrives(2), arrives(3), live], inside);
  assert.deepEqual([lobby(state).line, lobby(state).unread, lobby(state).seen], [1, 0, 3]);
  assert.equal(lobby(after([comesIn({ head: 3 }), arrives(3), live], inside)).line, null);
});

test("in a room that one does not see, what was missed is counted though only its end has come", () => {
  const tea = { type: "joined", joined: joined({ room: "tea", head: 100, read: 10, unread: 77, mentions: 2 }), focus: false, at: 0 };
  const said = range(51, 100).map((offset) => arrives(offset, { room: "tea" }));
  const state = after([tea, ...said, { type: "live", room: "tea" }], inLobby);
  assert.deepEqual([state.rooms.tea.unread, state.rooms.tea.mentions], [77, 2]);
  const more = after([arrives(101, { room: "tea" }), arrives(102, { room: "tea", mentions: ["p1"] })], state);
  assert.deepEqual([more.rooms.tea.unread, more.rooms.tea.mentions], [79, 3]);
  // Another device has read on, to where the page has all that follows.
  const read = reduce(more, { type: "read", room: "tea", offset: 60, unread: 30, mentions: 0 });
  assert.deepEqual([read.rooms.tea.unread, read.rooms.tea.mentions], [42, 1]);
});

test("what was counted from an older marker on is believed as far as it fits what the page has", () => {
  const come = (more) => ({ type: "joined", joined: joined({ room: "tea", head: 100, ...more }), focus: false, at: 0 });
  const events = (from) => range(from, 100).map((offset) => arrives(offset, { room: "tea", ...(offset === 99 ? { mentions: ["p1"] } : {}), ...(offset > 90 && offset < 98 ? { type: "other" } : {}) }));
  const counts = (more, from) => {
    const { tea } = after([come(more), ...events(from), { type: "live", room: "tea" }], inLobby).rooms;
    return [tea.unread, tea.mentions];
  };
  // The marker has moved on since: of what lies behind it there cannot be so much.
  assert.deepEqual(counts({ read: 40, unread: 95, mentions: 60 }, 51), [53, 11]);
  assert.deepEqual(counts({ read: 100, unread: 95, mentions: 60 }, 51), [0, 0]);
  // Nor so little.
  assert.deepEqual(counts({ read: 40, unread: 2, mentions: 0 }, 51), [43, 1]);
  assert.deepEqual(counts({ read: 60, unread: 2, mentions: 0 }, 51), [33, 1]);
});

test("what another tab has read is read here too", () => {
  const state = after([arrives(1), away, arrives(2, { mentions: ["p1"] }), arrives(3)], inLobby);
  const some = reduce(state, { type: "read", room: "lobby", offset: 2 });
  assert.deepEqual([lobby(some).unread, lobby(some).mentions, lobby(some).seen], [1, 0, 2]);
  assert.deepEqual([lobby(reduce(some, { type: "read", room: "lobby", offset: 1 })).seen, lobby(reduce(some, { type: "read", room: "lobby", offset: 3 })).unread], [2, 0]);
});

test("one is called by name, and by every private word, but not by what one sees", () => {
  const hidden = after([arrives(1), { type: "hidden", hidden: true }], inLobby);
  const called = reduce(hidden, arrives(2, { mentions: ["p1"] }));
  assert.deepEqual([lobby(called).mentions, called.called.offset], [1, 2]);
  assert.equal(reduce(hidden, arrives(2, { mentions_all: true })).called.offset, 2);
  // Whom a name means, the server knows.
  assert.equal(reduce(hidden, arrives(2, { text: "hi @ada" })).called, null);
  assert.equal(reduce(inLobby, arrives(1, { mentions: ["p1"] })).called, null);
  const pair = after([{ type: "opened", room: "@p2", person: bob }, { type: "live", room: "@p2" }, { type: "show", room: "lobby" }], inLobby);
  assert.equal(reduce(pair, arrives(1, { room: "@p2" })).called.room, "@p2");
});

test("of one's wishes for a room it depends what one is called for", () => {
  const calls = (level, more) => after([{ type: "hidden", hidden: true }, { type: "level", room: "lobby", level }, arrives(1, more)], inLobby).called !== null;
  for (const [level, plainly, byName] of [["", false, true], ["all", true, true], ["mentions", false, true], ["nothing", false, false]]) {
    assert.deepEqual([calls(level, {}), calls(level, { mentions: ["p1"] })], [plainly, byName], level);
  }
});

test("names are found by how they begin, then by what is in them", () => {
  assert.deepEqual(fitting(["Anna", "bob", "Joanna", "ann"], "ann"), ["Anna", "ann", "Joanna"]);
  assert.equal(fitting(range(1, 20).map((n) => `a${n}`), "a").length, 8);
});

test("somebody is writing until they have written, gone, or waited too long", () => {
  const writes = { type: "typing", room: "lobby", who: bob, at: 1000 };
  const state = reduce(inLobby, writes);
  assert.deepEqual(lobby(state).typing.map((one) => one.name), ["bob"]);
  assert.deepEqual(lobby(reduce(state, arrives(1))).typing, []);
  assert.deepEqual(lobby(reduce(state, { type: "tick", at: 1000 + TYPING_MS })).typing, []);
  assert.equal(reduce(state, { type: "tick", at: 1000 + TYPING_MS - 1 }), state);
  assert.deepEqual(lobby(after([{ type: "present", room: "lobby", who: bob, at: 1 }, writes, { type: "absent", room: "lobby", who: bob, reason: "left" }], inLobby)).typing, []);
  assert.equal(reduce(inLobby, { ...writes, who: ada }), inLobby);
  assert.equal(lobby(after([writes, { ...writes, at: 2000 }, { ...writes, who: eve }], inLobby)).typing.length, 2);
});

test("a link to a message far back shows it among its neighbours, and one to what is gone says so", () => {
  const far = after([comesIn({ head: 1000 }), ...range(951, 1000).map((offset) => arrives(offset)), live], inside);
  const wanted = reduce(far, { type: "goto", room: "lobby", offset: 500 });
  assert.equal(lobby(wanted).target.offset, 500);
  const page = { room: "lobby", events: range(470, 529).map((offset) => message(offset)), more: true };
  const there = after([{ type: "more_wanted", room: "lobby" }, { type: "page", page, way: "around" }], wanted);
  assert.deepEqual([offsets(there)[0], offsets(there).at(-1), lobby(there).newer, lobby(there).older], [470, 529, true, true]);
  // What is said meanwhile is unread, and does not stand beside what is old.
  const meanwhile = after([{ type: "arrived", room: "lobby" }, away, arrives(1001)], there);
  assert.deepEqual([offsets(meanwhile).at(-1), lobby(meanwhile).unread, lobby(meanwhile).head], [529, 1, 1001]);
  const newest = after([{ type: "page", page: { room: "lobby", events: range(952, 1001).map((offset) => message(offset)), more: true }, way: "newest" }], meanwhile);
  assert.deepEqual([offsets(newest).at(-1), lobby(newest).newer, lobby(newest).reading], [1001, false, false]);
  const gone = reduce(wanted, { type: "page", page: { ...page, events: range(600, 629).map((offset) => message(offset)) }, way: "around" });
  assert.equal(lobby(gone).target, null);
  assert.match(gone.notice.text, /not here any more/);
});

test("whatever is paged, cut, left and found again, what is shown is a part of the log without a hole, and at the end all of its end", () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const random = seeded(seed);
    const upTo = (most) => Math.floor(random() * most);
    const log = [];
    let sent = 0;
    let state = inLobby;
    const give = () => (state = reduce(state, { type: "event", event: log[(sent += 1) - 1] }));
    const page = (from, to, way, more) => {
      const events = log.slice(Math.max(0, from - 1), Math.min(sent, to));
      state = after([{ type: "more_wanted", room: "lobby" }, { type: "page", page: { room: "lobby", events, more }, way }], state);
    };
    for (let turn = 0; turn < 120; turn += 1) {
      const what = upTo(12);
      const shown = offsets(state);
      if (what < 4) log.push(message(log.length + 1, { from: upTo(4) === 0 ? ada : bob, ...(upTo(9) === 0 ? { type: "other" } : {}) }));
      else if (what < 7) while (sent < log.length && random() < 0.8) give();
      else if (what === 7 && shown.length > 0) page(shown[0] - 5, shown[0] - 1, "older", shown[0] > 6);
      else if (what === 8 && shown.length > 0 && lobby(state).newer) page(shown.at(-1) + 1, shown.at(-1) + 5, "newer", shown.at(-1) + 5 < sent);
      else if (what === 9 && sent > 0) {
        const target = 1 + upTo(sent);
        state = reduce(state, { type: "goto", room: "lobby", offset: target });
        page(target - 3, target + 3, "around", target > 4);
        state = reduce(state, { type: "arrived", room: "lobby" });
      } else if (what === 10) state = reduce(state, { type: "reading", room: "lobby", reading: random() < 0.5 });
      else if (what === 11 && random() < 0.3) {
        state = after([{ type: "link", link: { status: "waiting", until: 0 }, at: turn }, { type: "link", link: { status: "open" }, at: turn }], state);
        state = reduce(state, { ...comesIn({ recovered: random() < 0.5, head: log.length }), focus: false });
        if (lobby(state).items.length === 0) sent = Math.max(0, log.length - 4);
        while (sent < log.length) give();
        state = reduce(state, live);
      }
      const now = offsets(state);
      assert.deepEqual(now, now.length === 0 ? [] : range(now[0], now.at(-1)), `seed ${seed}: a hole`);
      if (!lobby(state).newer && now.length > 0) assert.equal(now.at(-1), sent, `seed ${seed}: the end`);
      assert.ok(lobby(state).unread >= 0 && lobby(state).mentions <= lobby(state).unread + sent);
    }
    while (sent < log.length) give();
    page(Math.max(1, sent - 9), sent, "newest", sent > 10);
    state = after([{ type: "reading", room: "lobby", reading: false }], state);
    assert.deepEqual(offsets(state), range(Math.max(1, sent - 9), sent), `seed ${seed}`);
    assert.deepEqual([lobby(state).unread, lobby(state).newer], [0, false]);
  }
});
