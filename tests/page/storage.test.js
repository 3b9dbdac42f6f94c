import assert from "node:assert/strict";
import { test } from "node:test";

import { readSeen, readSession, tokensIn, writeSeen, writeSession } from "../../public/storage.js";

class FakeStorage {
  kept = new Map();
  getItem = (key) => this.kept.get(key) ?? null;
  setItem = (key, value) => this.kept.set(key, String(value));
  removeItem = (key) => this.kept.delete(key);
}

const keeping = () => {
  const storage = new FakeStorage();
  return { storage, store: () => storage };
};

const forbidden = () => {
  throw new DOMException("denied", "SecurityError");
};

test("two tabs share the token of a name, however it is written", () => {
  const { store } = keeping();
  tokensIn(store).set("Ada", "t1");
  assert.equal(tokensIn(store).get("ada"), "t1");
  assert.equal(tokensIn(store).get("\uff41\uff44\uff41"), "t1");
  assert.equal(tokensIn(store).get("bob"), null);
});

test("a token moves with the name, and leaves somebody else's alone", () => {
  const { store } = keeping();
  const tokens = tokensIn(store);
  tokens.set("ada", "t1");
  tokens.move("ada", "ida", "t1");
  assert.deepEqual([tokens.get("ada"), tokens.get("ida")], [null, "t1"]);
  tokens.set("ada", "t2");
  tokens.move("ada", "ida", "t1");
  assert.deepEqual([tokens.get("ada"), tokens.get("ida")], ["t2", "t1"]);
});

test("a browser that forbids storing, or is full, still lets one chat", () => {
  const full = { getItem: () => null, setItem: forbidden, removeItem: forbidden };
  for (const store of [forbidden, () => full]) {
    const tokens = tokensIn(store);
    tokens.set("ada", "t1");
    assert.equal(tokens.get("ada"), "t1");
    tokens.drop("ada");
    assert.equal(tokens.get("ada"), null);
    writeSession(store, { name: "ada" });
    assert.equal(readSession(store), null);
    writeSeen(store, "p1", { "@p2": 1 });
    assert.deepEqual(readSeen(store, "p1"), {});
  }
});

test("a reloaded tab is who it was, where it was, with what it had not sent", () => {
  const { store } = keeping();
  const session = { name: "ada", email: "", rooms: ["lobby"], active: "lobby", unsent: [{ cid: "c", room: "lobby", text: "hi" }], account: true };
  writeSession(store, session);
  assert.deepEqual(readSession(store), session);
  writeSession(store, null);
  assert.equal(readSession(store), null);
});

test("what has not the form of a token is none, and does not hide the one that this tab knows", () => {
  const { storage, store } = keeping();
  const tokens = tokensIn(store);
  for (const rubbish of ["", "W".repeat(100_000), "t\n1", "\ud800", "{\u0000}"]) {
    tokens.set("ada", "t1");
    storage.setItem("chatd.token.ada", rubbish);
    assert.equal(tokens.get("ada"), "t1");
    assert.equal(tokensIn(store).get("ada"), null);
    tokens.set("ada", rubbish);
    assert.equal(tokens.get("ada"), "t1");
  }
});

test("how far a person has read is forgotten with the person", () => {
  const { storage, store } = keeping();
  writeSeen(store, "p1", { "@p2": 7 });
  assert.deepEqual(readSeen(store, "p1"), { "@p2": 7 });
  writeSeen(store, "p1", null);
  assert.equal(storage.kept.size, 0);
});

test("rubbish in the storage is no session, and bad parts of one are left out", () => {
  const { storage, store } = keeping();
  for (const rubbish of ["", "{", "null", "[]", "7", '"ada"', "{}", '{"name":""}', '{"name":7}', '{"name":"\\ud800"}']) {
    storage.setItem("chatd.session", rubbish);
    assert.equal(readSession(store), null, rubbish);
  }
  storage.setItem("chatd.session", '{"name":"ada","rooms":[1,"tea"],"active":{},"unsent":[null,{"cid":1},{"cid":"c","room":"r","text":"t","more":1}]}');
  assert.deepEqual(readSession(store), { name: "ada", email: "", rooms: ["tea"], active: null, unsent: [{ cid: "c", room: "r", text: "t" }], account: false });
  const long = { name: "ada", email: "e".repeat(300), rooms: ["x".repeat(101), "te\u202ea", "", "tea"], active: "y".repeat(101) };
  const said = { cid: "c", room: "r", text: "t" };
  const unsent = [said, { ...said, text: "again" }, { ...said, cid: "d", text: "W".repeat(8001) }, { ...said, cid: "d", text: "\ud800" }, { ...said, cid: "\u0001" }, { ...said, cid: "e", room: "" }, [], "c"];
  storage.setItem("chatd.session", JSON.stringify({ ...long, unsent }));
  assert.deepEqual(readSession(store), { name: "ada", email: "", rooms: ["tea"], active: null, unsent: [{ ...said, text: "again" }], account: false });
  storage.setItem("chatd.session", JSON.stringify({ name: "W".repeat(1_000_000) }));
  assert.equal(readSession(store), null);
  storage.setItem("chatd.session", JSON.stringify({ name: "ada", rooms: Array(10_000).fill("tea") }));
  assert.equal(readSession(store).rooms.length, 300);
  storage.setItem("chatd.seen.p1", '{"@p2":"x","@p3":4}');
  assert.deepEqual(readSeen(store, "p1"), { "@p3": 4 });
});
