import assert from "node:assert/strict";
import { test } from "node:test";

import { messageDeedsFor } from "../../public/powers.js";
import { Removals, UNDO_MS } from "../../public/removals.js";
import { newRoom } from "../../public/room.js";
import { ada, bob, FakeClock, message } from "./fakes.js";

const settled = () => new Promise((done) => setImmediate(done));

/** Somebody who deletes, a server that answers as `answers` say, and what they were told. */
function desk(...answers) {
  const clock = new FakeClock();
  const asked = [];
  const failed = [];
  let leaving = [];
  const ask = async (command) => {
    asked.push(command);
    return answers.shift() ?? { type: "done" };
  };
  const removals = new Removals({ clock, ask, emit: (action) => (leaving = action.leaving), failed: (why) => failed.push(why) });
  return { clock, asked, failed, removals, leaving: () => leaving.map(({ offset, held }) => `${offset}${held ? " held" : ""}`) };
}

test("what is deleted is told to the server when it cannot be undone any more", async () => {
  const { clock, asked, removals, leaving } = desk();
  removals.add({ room: "lobby", offset: 1 });
  clock.advance(UNDO_MS - 1);
  assert.deepEqual([asked, leaving()], [[], ["1 held"]]);
  clock.advance(1);
  assert.deepEqual([asked, leaving()], [[{ type: "delete", room: "lobby", offset: 1 }], ["1"]]);
  await settled();
  assert.deepEqual(leaving(), []);
});

test("what was undone is never told, and what is deleted after another gives both the whole time", async () => {
  const { clock, asked, removals, leaving } = desk();
  removals.add({ room: "lobby", offset: 1 });
  clock.advance(UNDO_MS - 1);
  removals.add({ room: "lobby", offset: 2, reason: "spam" });
  removals.add({ room: "lobby", offset: 2 });
  clock.advance(UNDO_MS - 1);
  assert.deepEqual(leaving(), ["1 held", "2 held"]);
  removals.undo();
  clock.advance(UNDO_MS * 2);
  assert.deepEqual([asked, leaving()], [[], []]);
});

test("the time stands still while somebody is at the button, and is over when they go away", async () => {
  const { clock, asked, removals } = desk();
  removals.add({ room: "lobby", offset: 1 });
  removals.hold(true);
  clock.advance(UNDO_MS * 3);
  assert.deepEqual(asked, []);
  removals.hold(false);
  clock.advance(UNDO_MS - 1);
  assert.deepEqual(asked, []);
  removals.flush();
  assert.equal(asked.length, 1);
  clock.advance(UNDO_MS);
  assert.equal(asked.length, 1);
});

test("without a line it is told when there is one, and a refusal brings the message back with why", async () => {
  const { clock, asked, failed, removals, leaving } = desk({ code: "cut_off", why: "cut" }, { code: "forbidden", why: "No." }, { code: "no_such_message", why: "gone" });
  removals.add({ room: "lobby", offset: 1 });
  clock.advance(UNDO_MS);
  await settled();
  assert.deepEqual([leaving(), failed], [["1"], []]);
  removals.live("tea");
  assert.equal(asked.length, 1);
  removals.live("lobby");
  assert.equal(asked.length, 2);
  await settled();
  assert.deepEqual([leaving(), failed], [[], ["No."]]);
  removals.add({ room: "lobby", offset: 2 });
  removals.flush();
  await settled();
  assert.deepEqual([leaving(), failed], [[], ["No."]]);
});

test("of a message is offered what its reader may do with it", () => {
  const can = { guests: "on" };
  const guest = { ...ada, role: "guest" };
  const deeds = (more, from = bob, me = guest, said = {}) => messageDeedsFor({ me, can, room: { ...newRoom(more.name ?? "lobby"), ...more }, message: message(1, { from, ...said }) });
  assert.deepEqual(deeds({}), ["react", "reply"]);
  assert.deepEqual(deeds({}, ada), ["react", "reply", "edit", "delete"]);
  assert.deepEqual(deeds({ role: "moderator" }), ["react", "reply", "pin", "delete"]);
  assert.deepEqual(deeds({ role: "moderator" }, bob, guest, { pinned: true }), ["react", "reply", "unpin", "delete"]);
  assert.deepEqual(deeds({ role: "moderator", staff: [{ who: bob, role: "owner" }] }), ["react", "reply", "pin"]);
  assert.deepEqual(deeds({ name: "@p2" }), ["react", "reply", "pin"]);
  // Who may not write may still take back what they said.
  for (const more of [{ archived: true }, { muted: true }]) assert.deepEqual([deeds(more, ada), deeds(more)], [["delete"], []]);
  for (const said of [{ deleted: true }, { status: "waiting" }]) assert.deepEqual(deeds({}, ada, guest, said), []);
  assert.deepEqual([deeds({ name: "+audit" }), deeds({}, bob, { role: "watcher" })], [[], []]);
});
