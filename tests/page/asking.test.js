import assert from "node:assert/strict";
import { test } from "node:test";

import { joined, message, welcome } from "./fakes.js";
import { Tab } from "./tab.js";

test("after a while in which nobody looked a line that is dead is given up soon, and one that lives is kept", () => {
  const dead = new Tab().enters();
  dead.line.probe();
  dead.clock.advance(4000);
  assert.equal(dead.sockets[0].shut, true);
  const alive = new Tab().enters();
  alive.line.probe();
  alive.socket.answers("rooms", { type: "rooms", rooms: [], more: false });
  alive.clock.advance(4000);
  assert.equal(alive.sockets[0].shut, false);
  const away = new Tab().enters();
  away.socket.breaks();
  away.line.probe();
  assert.equal(away.sockets.length, 1);
});

test("the others are told every three seconds that one writes, in a room that one hears", () => {
  const tab = new Tab().enters();
  for (let second = 0; second < 7; second += 1) {
    tab.line.typing("lobby");
    tab.clock.advance(1000);
  }
  tab.line.typing("elsewhere");
  assert.deepEqual(tab.socket.asked("typing"), Array(3).fill({ type: "typing", room: "lobby" }));
  tab.socket.breaks();
  tab.line.typing("lobby");
});

test("how far one has read is told where one hears the room, and what another tab has read is taken over", () => {
  const tab = new Tab().enters();
  assert.deepEqual([tab.line.read("lobby", 3), tab.line.read("elsewhere", 3)], [true, false]);
  assert.deepEqual(tab.socket.asked("read"), [{ type: "read", room: "lobby", offset: 3 }]);
  tab.socket.gives(message(1));
  tab.socket.gives({ type: "read", room: "lobby", offset: 1 });
  assert.deepEqual(tab.actions.at(-1), { type: "read", room: "lobby", offset: 1, unread: 0, mentions: 0 });
  tab.socket.gives({ type: "typing", room: "lobby", who: { id: "p2", name: "bob" } });
  assert.equal(tab.actions.at(-1).who.name, "bob");
});

test("pages are asked for either way, around a message, and at the end", () => {
  const tab = new Tab().enters();
  for (const [way, offset, command] of [
    ["older", 51, { before: 51 }],
    ["newer", 51, { after: 51 }],
    ["around", 51, { before: 81, limit: 60 }],
    ["newest", null, {}],
  ]) {
    tab.line.history("lobby", way, offset);
    assert.deepEqual(tab.socket.asked("history").at(-1), { type: "history", room: "lobby", ...command });
    tab.socket.answers("history", { type: "page", room: "lobby", events: [], more: false });
    assert.equal(tab.actions.at(-1).way, way);
  }
});

test("a name that is taken comes back with the nearest one that may be free", () => {
  const tab = new Tab().start();
  tab.socket.opens();
  tab.socket.answers("hello", { type: "refused", code: "name_taken", message: "taken" });
  assert.equal(tab.state.forms.name.offer, "ada2");
});

test("a marker that the server keeps is where one goes on reading", () => {
  const tab = new Tab().start();
  tab.socket.opens();
  tab.socket.answers("hello", { type: "welcome", me: { id: "p1", name: "ada", role: "guest" }, rooms: [], token: "t1" });
  tab.socket.answers("join", joined({ head: 2, read: 1 }));
  assert.equal(tab.state.rooms.lobby.line, 1);
});

test("what is asked while the line is made anew waits for its room, and what is asked without one is told so", async () => {
  const tab = new Tab().enters();
  tab.socket.breaks();
  const edit = { type: "edit", room: "lobby", offset: 1, text: "hello" };
  assert.equal((await tab.line.ask(edit)).code, "cut_off");
  tab.clock.advance(3000);
  const soon = tab.line.ask(edit);
  tab.socket.opens();
  const sooner = tab.line.ask({ ...edit, offset: 2 });
  tab.socket.answers("hello", welcome());
  assert.deepEqual(tab.socket.sent.map((one) => one.type).slice(0, 4), ["hello", "join", "edit", "edit"]);
  tab.socket.answers("join", joined({ head: 2, recovered: true }));
  tab.socket.answers("edit", { type: "done", room: "lobby", offset: 3, id: "e3" });
  tab.socket.answers("edit", { type: "done", room: "lobby", offset: 4, id: "e4" });
  assert.deepEqual([(await sooner).offset, (await soon).offset], [3, 4]);
});

test("whoever asks for something in the moment when the line stands is in the room by then", () => {
  const tab = new Tab().enters();
  const { emit } = tab.line;
  tab.line.emit = (action) => {
    emit(action);
    if (action.type === "link" && action.link.status === "open") tab.line.ask({ type: "delete", room: "lobby", offset: 1 });
  };
  tab.comesBack();
  assert.deepEqual(tab.socket.sent.map((one) => one.type).slice(0, 3), ["hello", "join", "delete"]);
});

test("what waited for a line that does not come is told so", async () => {
  const tab = new Tab().enters();
  tab.socket.breaks();
  tab.clock.advance(3000);
  const asked = tab.line.ask({ type: "pin", room: "lobby", offset: 1, on: true });
  tab.socket.breaks();
  assert.match((await asked).why, /no connection/);
});
