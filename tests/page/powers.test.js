import assert from "node:assert/strict";
import { test } from "node:test";

import { deedsFor, reaches, settingsFor } from "../../public/powers.js";
import { hasAccount, rank, silence } from "../../public/rights.js";
import { newRoom, titleOf } from "../../public/room.js";
import { ada, bob, eve, message } from "./fakes.js";

const as = (role) => ({ ...ada, role });
const room = (name, role = "", more = {}) => ({ ...newRoom(name), role, ...more });
const can = { guests: "on" };

test("how high one stands is told by one's role on the server, then by that in the room", () => {
  const table = [["owner", "", 5], ["moderator", "", 4], ["member", "owner", 3], ["guest", "moderator", 2], ["guest", "", 1], ["owner", "moderator", 5]];
  for (const [server, here, expected] of table) assert.equal(rank(as(server), room("lobby", here)), expected, `${server} ${here}`);
});

test("in a private room only its members stand anywhere, and in a conversation of two nobody does", () => {
  assert.equal(rank(as("owner"), room("+x")), 0);
  assert.equal(rank(as("owner"), room("+x", "member")), 5);
  assert.equal(rank(as("owner"), room("@p2")), 0);
  assert.equal(rank(as("owner"), room("+audit", "member")), 0);
});

const names = (me, where, who = bob, more = {}) => deedsFor({ me, room: where, who, ...more }).join(" ");

test("anybody may write to somebody, ignore them and report what they said", () => {
  assert.equal(names(as("guest"), room("lobby")), "write ignore");
  assert.equal(names(as("guest"), room("lobby"), bob, { message: message(1) }), "write ignore report");
  assert.equal(names(as("guest"), room("lobby"), bob, { message: message(1, { deleted: true }), ignored: [bob] }), "write unignore");
  assert.equal(names(as("guest"), room("lobby"), ada), "");
});

test("moderators may do more to those below them", () => {
  assert.equal(names(as("guest"), room("lobby", "moderator")), "write ignore kick mute ban wipe");
  const peer = { staff: [{ who: bob, role: "moderator" }] };
  assert.equal(names(as("guest"), room("lobby", "moderator", peer)), "write ignore");
  assert.equal(names(as("guest"), room("lobby", "owner", peer)), "write ignore kick mute ban wipe");
  assert.equal(names(as("guest"), room("lobby", "owner", { staff: [{ who: bob, role: "owner" }] })), "write ignore kick mute ban wipe");
});

test("the staff of the server may act from anywhere, on the whole of it", () => {
  assert.equal(names(as("moderator"), room("@p2")), "write ignore mute ban wipe");
  assert.deepEqual(reaches({ me: as("moderator"), room: room("lobby"), who: bob }), ["room", "server"]);
  assert.deepEqual(reaches({ me: as("moderator"), room: room("@p2"), who: bob }), ["server"]);
  assert.deepEqual(reaches({ me: as("guest"), room: room("lobby", "moderator"), who: bob }), ["room"]);
});

test("a name that came over the plain wire can be acted on and not spoken to", () => {
  assert.equal(names(as("owner"), room("lobby"), { ...eve, via: "tutorial" }, { message: message(1) }), "report mute ban wipe");
});

test("a room's settings are for its moderators, some for its owners alone", () => {
  assert.deepEqual(settingsFor(as("member"), room("tea")), []);
  assert.deepEqual(settingsFor(as("member"), room("tea", "moderator")), ["topic", "slow", "locked", "measures"]);
  assert.equal(settingsFor(as("moderator"), room("tea")).includes("roles"), true);
  assert.equal(settingsFor(as("guest"), room("tea", "owner")).includes("title"), false);
  assert.deepEqual(settingsFor(as("member"), room("+x", "owner")), ["topic", "slow", "locked", "measures", "invite", "title", "guests", "archived", "roles"]);
});

test("where one may not write, it is told why", () => {
  const told = (me, where, guests = "on") => silence({ me, can: { guests }, room: where });
  assert.equal(told(as("guest"), room("lobby")), null);
  assert.equal(told(as("guest"), room("lobby"), "read"), "guests");
  assert.equal(told(as("member"), room("lobby"), "read"), null);
  assert.equal(told(as("owner"), room("lobby", "", { archived: true })), "archived");
  assert.equal(silence({ me: as("owner"), can, room: room("+audit", "member") }), "log");
});

test("an account is more than a guest", () => {
  assert.deepEqual(["watcher", "guest", "member", "moderator", "owner", "bot"].map((role) => hasAccount({ ...as(role) })), [false, false, true, true, true, true]);
});

test("the name of a private room is never what it is called", () => {
  assert.equal(titleOf(room("+f00", "member", { title: "tea" })), "tea");
  assert.equal(titleOf(room("+f00")), "Private room");
  assert.deepEqual(["+audit", "+reports"].map((name) => titleOf(room(name))), ["Audit log", "Reports"]);
});
