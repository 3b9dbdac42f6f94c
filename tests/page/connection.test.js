import assert from "node:assert/strict";
import { test } from "node:test";

import { tokensIn } from "../../public/storage.js";
import { ada, bob, eve, joined, message, seeded, welcome } from "./fakes.js";
import { nothing, Tab } from "./tab.js";

test("the first thing said is hello, and only when it is answered the lobby is joined", () => {
  const tab = new Tab().start({ email: "ada@example.org" });
  tab.socket.opens();
  assert.deepEqual(tab.socket.sent.map((one) => one.type), ["hello"]);
  assert.deepEqual(tab.socket.asked("hello"), [{ type: "hello", name: "ada", email: "ada@example.org" }]);
  tab.socket.answers("hello", welcome({ token: "t1" }));
  assert.deepEqual(tab.socket.asked("join"), [{ type: "join", room: "lobby", brief: true }]);
  assert.equal(tab.tokens.get("ada"), "t1");
});

test("a name that this browser has joined under is the same person again", () => {
  const tokens = tokensIn(nothing);
  tokens.set("ada", "old");
  const tab = new Tab({ tokens }).start();
  tab.socket.opens();
  assert.equal(tab.socket.asked("hello")[0].token, "old");
});

test("a token that the server does not know is dropped, and one joins without", () => {
  const tokens = tokensIn(nothing);
  tokens.set("ada", "stale");
  const tab = new Tab({ tokens }).start();
  tab.socket.opens();
  tab.socket.answers("hello", { type: "refused", code: "bad_token", message: "unknown" });
  assert.equal(tokens.get("ada"), null);
  assert.deepEqual(tab.socket.asked("hello").at(-1), { type: "hello", name: "ada" });
  tab.socket.answers("hello", welcome({ token: "t2" }));
  assert.equal(tokens.get("ada"), "t2");
  assert.equal(tab.state.phase, "joined");
});

test("a name that somebody else has is told, and nothing is tried again", () => {
  const tab = new Tab().start();
  tab.socket.opens();
  tab.socket.answers("hello", { type: "refused", code: "name_taken", message: "taken" });
  assert.equal(tab.state.phase, "form");
  assert.match(tab.state.forms.name.fault, /Somebody else has this name/);
  assert.equal(tab.state.notice, null);
  assert.equal(tab.socket.shut, true);
  tab.clock.advance(100_000);
  assert.equal(tab.sockets.length, 1);
});

test("what another name would not help against is no fault of the name", () => {
  const tab = new Tab().start();
  tab.socket.opens();
  tab.socket.answers("hello", { type: "refused", code: "rate_limited", message: "slow" });
  assert.equal(tab.state.phase, "form");
  assert.deepEqual(tab.state.forms, {});
  assert.match(tab.state.notice.text, /Too fast/);
});

test("when another tab of this browser was quicker with the name, one is that person", () => {
  const tab = new Tab().start();
  tab.socket.opens();
  tab.tokens.set("ada", "from the other tab");
  tab.socket.answers("hello", { type: "refused", code: "name_taken", message: "taken" });
  assert.equal(tab.socket.asked("hello").at(-1).token, "from the other tab");
});

test("after a cut one comes back to the very place, with the id of the last event", () => {
  const tab = new Tab().enters();
  tab.socket.gives(message(1));
  tab.socket.gives(message(2));
  const socket = tab.comesBack();
  assert.equal(socket.asked("hello")[0].token, "t1");
  assert.deepEqual(socket.asked("join"), [{ type: "join", room: "lobby", brief: true, after: 2, epoch: "e1", id: "m2" }]);
  socket.answers("join", joined({ recovered: true, head: 3 }));
  socket.gives(message(3));
  socket.gives({ type: "live", room: "lobby", offset: 3 });
  assert.deepEqual(tab.texts, ["text 1", "text 2", "text 3"]);
});

test("an empty room is resumed from its beginning, without an id", () => {
  const socket = new Tab().enters().comesBack();
  assert.deepEqual(socket.asked("join"), [{ type: "join", room: "lobby", brief: true, after: 0, epoch: "e1" }]);
});

test("a resume that is cut itself goes on where it was", () => {
  const tab = new Tab().enters();
  tab.socket.gives(message(1));
  const second = tab.comesBack();
  second.answers("join", joined({ recovered: true, head: 3 }));
  second.gives(message(2));
  const third = tab.comesBack();
  assert.equal(third.asked("join")[0].after, 2);
  third.answers("join", joined({ recovered: true, head: 3 }));
  third.gives(message(3));
  assert.deepEqual(tab.texts, ["text 1", "text 2", "text 3"]);
});

test("when the log is another one, what the server sends is shown and nothing else", () => {
  const tab = new Tab().enters();
  tab.socket.gives(message(1));
  const socket = tab.comesBack();
  socket.answers("join", joined({ recovered: false, epoch: "e2", head: 1 }));
  socket.gives(message(1, { id: "other", text: "another log" }));
  socket.gives({ type: "live", room: "lobby", offset: 1 });
  assert.deepEqual(tab.texts, ["another log"]);
  assert.deepEqual(tab.comesBack().asked("join")[0], { type: "join", room: "lobby", brief: true, after: 1, epoch: "e2", id: "other" });
});

test("an event of a kind that is not known yet moves the position all the same", () => {
  const tab = new Tab().enters();
  tab.socket.gives({ type: "reaction", room: "lobby", offset: 1, id: "r1" });
  tab.socket.gives(message(2));
  assert.deepEqual(tab.texts, ["text 2"]);
  assert.equal(tab.comesBack().asked("join")[0].after, 2);
});

test("what comes again does not move the position back", () => {
  const tab = new Tab().enters();
  for (const offset of [1, 2, 1]) tab.socket.gives(message(offset));
  assert.equal(tab.comesBack().asked("join")[0].after, 2);
});

test("a private word that is live before its room is joined again takes nothing from what was missed", () => {
  const tab = new Tab().enters();
  const word = (offset) => message(offset, { room: "@p2", with: bob });
  const pair = (more) => joined({ room: "@p2", with: bob, members: [ada, bob], count: 2, ...more });
  tab.socket.gives(word(1));
  tab.socket.gives(word(2));
  tab.socket.answers("join", pair({ head: 2 }));
  for (const offset of [1, 2]) tab.socket.gives(word(offset));
  const socket = tab.comesBack();
  socket.gives(word(4));
  assert.equal(socket.asked("join").length, 2);
  assert.deepEqual(socket.asked("join")[1], { type: "join", room: "@p2", brief: true, after: 2, epoch: "e1", id: "m2" });
  socket.answers("join", pair({ head: 4, recovered: true }));
  for (const offset of [3, 4]) socket.gives(word(offset));
  assert.deepEqual(tab.textsOf("@p2"), ["text 1", "text 2", "text 3", "text 4"]);
});

test("a hole, which no server may leave, is fetched", () => {
  const tab = new Tab().enters();
  tab.socket.gives(message(1));
  tab.socket.gives(message(3));
  assert.deepEqual(tab.socket.asked("join").at(-1), { type: "join", room: "lobby", brief: true, after: 1, epoch: "e1", id: "m1" });
  tab.socket.answers("join", joined({ recovered: true, head: 3 }));
  tab.socket.gives(message(2));
  tab.socket.gives(message(3));
  assert.deepEqual(tab.texts, ["text 1", "text 2", "text 3"]);
});

test("a hole that stays when it was fetched ends the line, and is not asked for again and again", () => {
  const tab = new Tab().enters();
  tab.socket.gives(message(1));
  for (let offset = 3; offset < 100; offset += 1) tab.socket.gives(message(offset));
  assert.equal(tab.socket.asked("join").length, 2);
  tab.socket.answers("join", joined({ recovered: true, head: 99 }));
  tab.socket.gives(message(3));
  assert.equal(tab.state.link.status, "waiting");
  const socket = tab.comesBack();
  socket.answers("join", joined({ recovered: true, head: 3 }));
  for (const offset of [2, 3]) socket.gives(message(offset));
  assert.deepEqual(tab.texts, ["text 1", "text 2", "text 3"]);
});

test("what was said and not answered is said again after coming back, with the same cid", () => {
  const tab = new Tab().enters();
  tab.line.say("lobby", "one");
  const [first] = tab.socket.asked("say");
  const socket = tab.comesBack();
  assert.deepEqual(socket.asked("say"), [first]);
  socket.answers("join", joined({ recovered: true, head: 1 }));
  socket.gives(message(1, { from: ada, text: "one", cid: first.cid }));
  socket.answers("say", { type: "done", room: "lobby", offset: 1, id: "m1" });
  assert.deepEqual(tab.texts, ["one"]);
  assert.deepEqual(tab.state.pending, []);
  assert.deepEqual(tab.comesBack().asked("say"), []);
});

test("what is said while the line is gone waits, in order", () => {
  const tab = new Tab().enters();
  tab.socket.breaks();
  tab.line.say("lobby", "one");
  tab.line.say("lobby", "two");
  assert.deepEqual(tab.state.pending.map((one) => one.text), ["one", "two"]);
  tab.clock.advance(3000);
  tab.socket.opens();
  tab.socket.answers("hello", welcome());
  assert.deepEqual(tab.socket.asked("say").map((one) => one.text), ["one", "two"]);
});

test("what a reloaded tab had not yet got answered is said again", () => {
  const tab = new Tab().enters(0, { unsent: [{ cid: "kept", room: "lobby", text: "before the reload" }] });
  assert.deepEqual(tab.socket.asked("say"), [{ type: "say", room: "lobby", text: "before the reload", cid: "kept" }]);
});

test("half a character is not said, since no server could answer to it", () => {
  const tab = new Tab().enters();
  tab.line.say("lobby", "a \ud83e b 🤖");
  assert.equal(tab.socket.asked("say")[0].text, "a \ufffd b 🤖");
  assert.equal(tab.state.pending[0].text, "a \ufffd b 🤖");
});

test("a refused message is kept, and said again only when the person asks for it", () => {
  const tab = new Tab().enters();
  tab.line.say("lobby", "no");
  tab.socket.answers("say", { type: "refused", code: "forbidden", message: "You may not write here." });
  assert.equal(tab.state.pending[0].why, "You may not write here.");
  assert.deepEqual(tab.comesBack().asked("say"), []);
  tab.line.outbox.again("c1");
  assert.deepEqual(tab.socket.asked("say").map((one) => one.cid), ["c1"]);
});

test("what is larger than the server's frames is told and not said, since the server would end each line for it", () => {
  const tab = new Tab().start();
  tab.socket.opens();
  tab.socket.answers("hello", welcome({ limits: { text: 4000, frame: 1000 } }));
  tab.socket.answers("join", joined());
  for (const text of ["W".repeat(300), "\ufdfd".repeat(400), "W".repeat(400)]) tab.line.say("lobby", text);
  assert.deepEqual(tab.socket.asked("say").map((one) => one.text.length), [300, 400]);
  assert.deepEqual(tab.state.pending.map((one) => one.status), ["waiting", "refused", "waiting"]);
});

test("over the rate, the rest goes out one by one, in order and with no further refusals to provoke", () => {
  const tab = new Tab().enters();
  for (const text of ["one", "two", "three"]) tab.line.say("lobby", text);
  for (const said of [...tab.socket.sent.filter((one) => one.type === "say")]) {
    tab.socket.gives({ type: "refused", ref: said.ref, code: "rate_limited", message: "slow", retry_after: 0.5 });
  }
  const before = tab.socket.asked("say").length;
  tab.clock.advance(400);
  assert.equal(tab.socket.asked("say").length, before);
  tab.clock.advance(200);
  assert.deepEqual(tab.socket.asked("say").slice(before).map((one) => one.text), ["one"]);
  tab.socket.answers("say", { type: "done", room: "lobby", offset: 1, id: "m1" });
  tab.socket.answers("say", { type: "done", room: "lobby", offset: 2, id: "m2" });
  tab.socket.answers("say", { type: "done", room: "lobby", offset: 3, id: "m3" });
  assert.deepEqual(tab.socket.asked("say").slice(before).map((one) => one.text), ["one", "two", "three"]);
});

test("when the server no longer knows who one was, one is not made to repeat what may have been heard", () => {
  const tab = new Tab().enters();
  tab.line.say("lobby", "perhaps");
  tab.socket.breaks();
  tab.clock.advance(3000);
  tab.socket.opens();
  tab.socket.answers("hello", { type: "refused", code: "bad_token", message: "unknown" });
  tab.socket.answers("hello", welcome({ token: "t9", me: { ...eve, role: "guest" } }));
  assert.deepEqual(tab.socket.asked("say"), []);
  assert.equal(tab.state.pending[0].status, "refused");
});

test("the first try comes within 0.5 to 3 s, later ones anywhere up to 20 s", () => {
  for (const chance of [0, 0.999]) {
    const tab = new Tab({ random: () => chance }).enters();
    tab.socket.breaks();
    const delay = () => tab.state.link.until - tab.clock.now();
    assert.ok(delay() >= 500 && delay() <= 3000, `first after ${delay()}`);
    for (let attempt = 0; attempt < 12; attempt += 1) {
      tab.clock.advance(20_000);
      if (!tab.socket.shut) tab.socket.breaks();
      assert.ok(delay() >= 0 && delay() <= 20_000, `then after ${delay()}`);
    }
    if (chance > 0) assert.ok(delay() > 19_000);
    tab.clock.advance(delay());
    tab.socket.opens();
    tab.socket.answers("hello", welcome());
    tab.socket.breaks();
    assert.ok(delay() >= 500 && delay() <= 3000, `and first again after ${delay()}`);
  }
});

test("a server that stops says when to come back", () => {
  const tab = new Tab().enters();
  tab.socket.breaks(4000, "shutdown retry_ms=7321");
  assert.equal(tab.state.link.until - tab.clock.now(), 7321);
  tab.clock.advance(7320);
  assert.equal(tab.sockets.length, 1);
  tab.clock.advance(1);
  assert.equal(tab.sockets.length, 2);
});

test("a close of 4500 and above is told and not answered with another call", () => {
  const tab = new Tab().enters();
  tab.socket.gives(message(1));
  tab.socket.breaks(4501, "banned");
  assert.equal(tab.state.link.status, "closed");
  assert.match(tab.state.link.why, /banned/);
  tab.clock.advance(100_000);
  assert.equal(tab.sockets.length, 1);
  assert.deepEqual(tab.texts, ["text 1"]);
  tab.line.wake();
  assert.equal(tab.sockets.length, 2);
});

test("a revoked token is forgotten", () => {
  const tab = new Tab().enters();
  tab.socket.breaks(4504, "bad_token");
  assert.equal(tab.tokens.get("ada"), null);
});

test("a line that never opens and one that stops answering are given up", () => {
  const tab = new Tab().start();
  tab.clock.advance(15_000);
  assert.equal(tab.socket.shut, true);
  const other = new Tab().enters();
  other.line.say("lobby", "is anybody there?");
  other.clock.advance(20_000);
  assert.equal(other.sockets[0].shut, true);
  other.clock.advance(3000);
  assert.equal(other.sockets.length, 2);
});

test("a silent line is asked something, so that one notices when it is dead", () => {
  const tab = new Tab().enters();
  tab.socket.answers("rooms", { type: "rooms", rooms: [], more: false });
  const asked = tab.socket.asked("rooms").length;
  tab.clock.advance(70_000);
  assert.equal(tab.socket.asked("rooms").length, asked + 1);
});

test("a late word of a line that was given up changes nothing", () => {
  const tab = new Tab().enters();
  const [old] = tab.sockets;
  tab.comesBack();
  old.gives(message(1));
  old.breaks();
  assert.deepEqual(tab.texts, []);
  assert.equal(tab.state.link.status, "open");
});

test("when the network is back one does not wait any longer", () => {
  const tab = new Tab().enters();
  tab.socket.breaks();
  tab.line.wake();
  assert.equal(tab.sockets.length, 2);
  tab.clock.advance(20_000);
  assert.equal(tab.sockets.filter((one) => !one.shut).length <= 1, true);
});

test("a room that is asked for is shown under the name that it was first given", () => {
  const tab = new Tab().enters();
  tab.line.join("TEA");
  tab.socket.answers("join", joined({ room: "Tea" }));
  assert.equal(tab.state.active, "Tea");
  assert.deepEqual(tab.line.cursors.names, ["lobby", "Tea"]);
});

test("a room whose name was typed is answered where it was typed", () => {
  const tab = new Tab().enters();
  tab.line.join("tea", { typed: true });
  assert.equal(tab.state.forms.room, undefined);
  tab.socket.answers("join", { type: "refused", code: "bad_name", message: "no" });
  assert.match(tab.state.forms.room.fault, /1 to 50/);
  assert.equal(tab.state.notice, null);
  tab.line.join("tea", { typed: true });
  tab.socket.answers("join", joined({ room: "tea" }));
  assert.equal(tab.state.forms.room.fault, null);
  assert.equal(tab.state.active, "tea");
});

test("a room that cannot be joined is told", () => {
  const tab = new Tab().enters();
  tab.line.join("tea");
  tab.socket.answers("join", { type: "refused", code: "forbidden", message: "Too many rooms." });
  assert.equal(tab.state.notice.text, "tea: Too many rooms.");
  assert.deepEqual(tab.comesBack().asked("join").map((one) => one.room), ["lobby"]);
});

test("a room that was left is not heard any more, not even what was on its way", () => {
  const tab = new Tab().enters();
  tab.line.leave("lobby");
  tab.socket.gives(message(1));
  tab.socket.answers("leave", { type: "done" });
  assert.deepEqual(tab.state.rooms, {});
  assert.deepEqual(tab.comesBack().asked("join"), []);
});

test("the first private word opens the conversation from its beginning, without showing it", () => {
  const tab = new Tab().enters();
  const word = message(1, { room: "@p2", with: bob, text: "psst" });
  tab.socket.gives(word);
  assert.deepEqual(tab.socket.asked("join").at(-1), { type: "join", room: "@p2", brief: true });
  tab.socket.answers("join", joined({ room: "@p2", with: bob, head: 1, members: [ada, bob], count: 2 }));
  tab.socket.gives(word);
  tab.socket.gives({ type: "live", room: "@p2", offset: 1 });
  assert.deepEqual(tab.textsOf("@p2"), ["psst"]);
  assert.equal(tab.state.active, "lobby");
  assert.equal(tab.state.rooms["@p2"].unread, 1);
});

test("older messages are asked for before the oldest that is there, and not while the line is gone", () => {
  const tab = new Tab().enters();
  tab.line.history("lobby", "older", 51);
  assert.deepEqual(tab.socket.asked("history"), [{ type: "history", room: "lobby", before: 51 }]);
  tab.socket.answers("history", { type: "refused", code: "not_member", message: "no" });
  assert.equal(tab.state.rooms.lobby.loading, false);
  tab.socket.breaks();
  tab.line.history("lobby", "older", 51);
  assert.equal(tab.state.rooms.lobby.loading, false);
});

test("a new name is the same person's, and the token moves along", () => {
  const tab = new Tab().enters();
  tab.line.rename("ida");
  assert.deepEqual(tab.socket.asked("hello").at(-1), { type: "hello", name: "ida", token: "t1" });
  assert.equal(tab.state.forms.rename, undefined);
  tab.socket.answers("hello", welcome({ me: { ...ada, name: "ida", role: "guest" } }));
  assert.equal(tab.state.forms.rename.fault, null);
  assert.equal(tab.state.me.name, "ida");
  assert.equal(tab.tokens.get("ida"), "t1");
  assert.equal(tab.tokens.get("ada"), null);
  assert.equal(tab.comesBack().asked("hello")[0].name, "ida");
  assert.equal(tab.socket.asked("join").length, 1);
});

test("a new name that cannot be had is told and changes nothing", () => {
  const tab = new Tab().enters();
  tab.line.rename("bob");
  tab.socket.answers("hello", { type: "refused", code: "name_taken", message: "taken" });
  assert.equal(tab.state.me.name, "ada");
  assert.equal(tab.state.phase, "joined");
  assert.match(tab.state.forms.rename.fault, /Somebody else/);
});

test("who is forgotten cannot be had again, under whatever name they were last known", () => {
  const tab = new Tab().enters();
  tab.line.rename("ida");
  tab.socket.answers("hello", welcome({ me: { ...ada, name: "ida", role: "guest" } }));
  tab.line.forget();
  assert.equal(tab.socket.shut, true);
  assert.deepEqual([tab.tokens.get("ada"), tab.tokens.get("ida")], [null, null]);
  tab.clock.advance(100_000);
  assert.equal(tab.sockets.length, 1);
});

test("another tab of the same person changed the name: this one follows", () => {
  const tab = new Tab().enters();
  tab.socket.gives({ type: "me", me: { ...ada, name: "ida", role: "guest" } });
  assert.equal(tab.state.me.name, "ida");
  assert.equal(tab.tokens.get("ida"), "t1");
  assert.equal(tab.comesBack().asked("hello")[0].name, "ida");
});

test("who lost the name while the line was cut goes on as the same person under another one", () => {
  const tab = new Tab().enters();
  tab.socket.breaks();
  tab.clock.advance(3000);
  tab.socket.opens();
  tab.socket.answers("hello", { type: "refused", code: "name_taken", message: "taken" });
  assert.equal(tab.state.phase, "form");
  tab.line.start({ name: "ida", as: tab.line.refused });
  tab.socket.opens();
  assert.deepEqual(tab.socket.asked("hello"), [{ type: "hello", name: "ida", token: "t1" }]);
  tab.socket.answers("hello", welcome({ me: { ...ada, name: "ida", role: "guest" } }));
  assert.equal(tab.tokens.get("ida"), "t1");
  assert.equal(tab.tokens.get("ada"), null);
});

test("all pages of the list of rooms are taken", () => {
  const tab = new Tab().enters();
  tab.socket.answers("rooms", { type: "rooms", rooms: [{ room: "a" }, { room: "b" }], more: true });
  assert.deepEqual(tab.socket.asked("rooms").at(-1), { type: "rooms", after: "b" });
  tab.socket.answers("rooms", { type: "rooms", rooms: [{ room: "c" }], more: false });
  assert.deepEqual(tab.state.directory.map((one) => one.room), ["a", "b", "c"]);
});

test("frames that are not known, and fields too, are passed over", () => {
  const tab = new Tab().enters();
  tab.socket.gives({ type: "weather", room: "lobby" });
  tab.socket.gives({ type: "constructor" });
  tab.socket.gives(message(1, { mood: "good" }));
  assert.deepEqual(tab.texts, ["text 1"]);
});

test("a frame that is no JSON ends the line and not the page", () => {
  const tab = new Tab().enters();
  tab.socket.onmessage({ data: "{" });
  assert.equal(tab.state.link.status, "waiting");
});

test("cut anywhere and any number of times, the page shows the whole log once and in order", () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const random = seeded(seed);
    const tab = new Tab({ random });
    const log = [];
    const stored = new Map();
    // A server in a few lines: durable log, cids, exact resume. It may die between storing and answering.
    const serve = (socket, command) => {
      const reply = (frame) => socket.gives({ ...frame, ref: command.ref });
      if (command.type === "hello") reply(welcome(tab.tokens.get("ada") ? {} : { token: "t1" }));
      if (command.type === "rooms") reply({ type: "rooms", rooms: [], more: false });
      if (command.type === "join") {
        const recovered = command.epoch === "e1" && (command.after === 0 || log[command.after - 1].id === command.id);
        reply(joined({ recovered, head: log.length }));
        socket.next = recovered ? command.after : Math.max(0, log.length - 50);
        socket.heard = true;
      }
      if (command.type === "say") {
        if (!stored.has(command.cid)) {
          stored.set(command.cid, log.length + 1);
          log.push(message(log.length + 1, { id: `m${log.length + 1}`, from: ada, text: command.text, cid: command.cid }));
        }
        if (random() < 0.7) {
          while (socket.next < log.length) socket.gives(log[socket.next++]);
          reply({ type: "done", room: "lobby", offset: stored.get(command.cid), id: `m${stored.get(command.cid)}` });
        }
      }
    };
    const work = (socket, steps) => {
      for (let step = 0; step < steps && !socket.shut; step += 1) {
        socket.done ??= 0;
        if (random() < 0.5 && socket.done < socket.sent.length) serve(socket, socket.sent[socket.done++]);
        else if (socket.heard && socket.next < log.length) socket.gives(log[socket.next++]);
      }
    };
    tab.start();
    tab.socket.opens();
    let said = 0;
    for (let round = 0; round < 30; round += 1) {
      if (random() < 0.6) tab.line.say("lobby", `mine ${(said += 1)}`);
      if (random() < 0.6) log.push(message(log.length + 1, { text: `theirs ${log.length}` }));
      work(tab.socket, Math.floor(random() * 12));
      if (random() < 0.4) tab.reopens();
    }
    tab.reopens();
    for (let round = 0; round < 50; round += 1) {
      work(tab.socket, 40);
      tab.clock.advance(100);
      if (tab.state.pending.length === 0 && tab.line.outbox.items.length === 0) continue;
      if (tab.socket.done === tab.socket.sent.length) tab.reopens();
    }
    assert.deepEqual(tab.texts, log.slice(-tab.texts.length).map((one) => one.text), `seed ${seed}`);
    assert.equal(tab.texts.at(-1), log.at(-1).text, `seed ${seed}`);
    const mine = log.filter((one) => one.cid).map((one) => one.text);
    assert.deepEqual(new Set(mine).size, mine.length, `seed ${seed}: said twice`);
    assert.equal(mine.length, said, `seed ${seed}: lost`);
  }
});

test("what is said while the server is closing the line is not sent there, and said on the next one", () => {
  const tab = new Tab().enters();
  Object.assign(tab.socket, { readyState: 2, shut: true });
  tab.line.say("lobby", "hi");
  assert.deepEqual(tab.socket.asked("say"), []);
  assert.deepEqual(tab.comesBack().asked("say").map((one) => one.text), ["hi"]);
});

test("a conversation in which nothing was said is no room, and that is no fault", () => {
  const tab = new Tab().start({ rooms: ["@p2"] });
  tab.socket.opens();
  tab.socket.answers("hello", welcome());
  tab.socket.answers("join", { type: "refused", code: "no_such_room", message: "no" });
  assert.deepEqual(tab.actions.at(-1), { type: "no_room", room: "@p2" });
});

test("what a room begins with may have gaps, where messages were only changed", () => {
  const tab = new Tab().start();
  tab.socket.opens();
  tab.socket.answers("hello", welcome({ token: "t1" }));
  tab.socket.answers("join", joined({ head: 9 }));
  for (const offset of [2, 5, 6]) tab.socket.gives(message(offset));
  tab.socket.gives({ type: "live", room: "lobby", offset: 9 });
  tab.socket.gives(message(10));
  assert.deepEqual(tab.texts, ["text 2", "text 5", "text 6", "text 10"]);
  assert.equal(tab.socket.asked("join").length, 1);
  // From there on a gap is one.
  tab.socket.gives(message(12));
  assert.deepEqual(tab.socket.asked("join").at(-1), { type: "join", room: "lobby", brief: true, after: 10, epoch: "e1", id: "m10" });
});

test("the place of a room that began with gaps is where it is live, and before that its last event", () => {
  const tab = new Tab().start();
  tab.socket.opens();
  tab.socket.answers("hello", welcome({ token: "t1" }));
  tab.socket.answers("join", joined({ head: 9 }));
  tab.socket.gives(message(2));
  tab.socket.gives(message(6));
  const second = tab.comesBack();
  assert.deepEqual(second.asked("join"), [{ type: "join", room: "lobby", brief: true, after: 6, epoch: "e1", id: "m6" }]);
  second.answers("join", joined({ head: 9 }));
  second.gives(message(6));
  second.gives({ type: "live", room: "lobby", offset: 9 });
  assert.deepEqual(tab.comesBack().asked("join"), [{ type: "join", room: "lobby", brief: true, after: 9, epoch: "e1" }]);
});
