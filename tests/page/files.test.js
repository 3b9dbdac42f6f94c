import assert from "node:assert/strict";
import { test } from "node:test";

import { fileOf, filesOf, saidIn } from "../../public/attached.js";
import { knownIn, refusalOf } from "../../public/attaching.js";
import { usable } from "../../public/frames.js";
import { plain } from "../../public/outbox.js";
import { isShown, pathOf } from "../../public/shown.js";
import { sizeIn } from "../../public/sizes.js";
import { initial, reduce } from "../../public/state.js";
import { readSession } from "../../public/storage.js";
import { Tray } from "../../public/tray.js";
import { PART_BYTES, Upload } from "../../public/tus.js";
import { FakeClock, ada, message } from "./fakes.js";

const settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
};

/** A file as a browser gives it, of which the slices are known by their ends. */
const fileNamed = (name, size, readable = true) => ({
  name,
  size,
  type: "",
  lastModified: 1,
  slice: (from, to) => ({ from, to: Math.min(to, size), arrayBuffer: async () => { if (!readable) throw new Error("a folder"); } }),
});

/** A tus server with as much sense as the real one; a test cuts it off, or has it refuse. */
class FakeServer {
  uploads = new Map();
  asked = [];
  cuts = []; // how many bytes of each coming part arrive before the line is cut
  refusals = [];

  send = async ({ method, path, headers, body, progress, signal }) => {
    this.asked.push(`${method} ${path}`);
    this.headers = headers;
    await new Promise(setImmediate);
    if (signal.aborted) throw new Error("aborted");
    if (this.down) throw new Error("down");
    const answer = (status, more = {}, text = "") => ({ status, text, header: (name) => more[name] ?? null });
    const refusal = method === "HEAD" || method === "DELETE" ? undefined : this.refusals.shift();
    if (refusal !== undefined) return answer(refusal.status, {}, JSON.stringify(refusal));
    const id = path.slice("/files/".length);
    if (method === "POST") {
      const made = `f${this.uploads.size + 1}`;
      this.uploads.set(made, { size: Number(headers["Upload-Length"]), at: 0, said: headers["Upload-Metadata"] });
      return answer(201, { Location: `/files/${made}` });
    }
    const upload = this.uploads.get(id);
    if (upload === undefined) return answer(404, {}, '{"code":"no_such_file"}');
    if (method === "DELETE") {
      this.uploads.delete(id);
      return answer(204);
    }
    if (method === "HEAD") return answer(200, { "Upload-Offset": String(upload.at), "Upload-Length": String(upload.size) });
    if (Number(headers["Upload-Offset"]) !== upload.at || body.from !== upload.at) return answer(409);
    const arrives = this.cuts.shift();
    progress(Math.floor((body.to - body.from) / 2));
    if (arrives !== undefined) {
      upload.at += arrives;
      throw new Error("cut off");
    }
    upload.at = body.to;
    return answer(204, { "Upload-Offset": String(upload.at) });
  };
}

const noneKnown = { get: () => null, set: () => {} };

function uploading(size, { name = "a.bin", known = noneKnown, readable = true, server = new FakeServer() } = {}) {
  const clock = new FakeClock();
  const seen = [];
  const make = { file: fileNamed(name, size, readable), room: "lobby", send: server.send, clock, random: () => 1, headers: () => ({ Authorization: "Bearer t" }), known };
  const upload = new Upload({ ...make, changed: () => seen.push([upload?.status, upload?.at]), refusal: ({ code }) => `refused: ${code}` });
  return { upload, server, clock, seen };
}

test("a file comes in parts, and its way is told", async () => {
  const { upload, server, seen } = uploading(2 * PART_BYTES + 5, { name: "Übung.txt" });
  await upload.start();
  assert.equal(upload.status, "whole");
  assert.deepEqual(server.asked, ["POST /files/", "PATCH /files/f1", "PATCH /files/f1", "PATCH /files/f1"]);
  assert.equal(server.uploads.get("f1").at, upload.size);
  assert.deepEqual([server.headers["Tus-Resumable"], server.headers.Authorization], ["1.0.0", "Bearer t"]);
  assert.equal(server.uploads.get("f1").said, `filename ${Buffer.from("Übung.txt").toString("base64")},room ${Buffer.from("lobby").toString("base64")}`);
  const ways = seen.map(([, at]) => at);
  assert.deepEqual(ways, [...ways].sort((one, other) => one - other));
});

test("one that is cut off asks how much there is, and goes on from there", async () => {
  const { upload, server, clock } = uploading(3 * PART_BYTES);
  server.cuts = [10, undefined, 0, 7];
  const done = upload.start();
  for (let cut = 0; cut < 3; cut += 1) {
    await settled();
    assert.equal(upload.status, "cut");
    clock.advance(20_000);
  }
  await done;
  assert.equal(upload.status, "whole");
  assert.equal(server.uploads.get("f1").at, upload.size);
  assert.equal(server.asked.filter((one) => one.startsWith("HEAD")).length, 3);
  assert.equal(server.asked.filter((one) => one.startsWith("POST")).length, 1);
});

test("it goes on at once when the network is back, and later and later while it is not", async () => {
  const { upload, server, clock } = uploading(5);
  server.down = true;
  upload.start();
  const waits = [];
  for (let go = 0; go < 7; go += 1) {
    await settled();
    const before = clock.time;
    const [due] = [...clock.timers.values()];
    waits.push(due.at - before);
    clock.advance(due.at - before);
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16000, 20000, 20000]);
  await settled();
  server.down = false;
  upload.wake();
  await settled();
  assert.equal(upload.status, "whole");
});

test("what is refused says why and is tried again when asked; what is only full for a moment waits", async () => {
  const { upload, server, clock } = uploading(5);
  server.refusals = [{ status: 429, code: "rate_limited", retry_after: 3 }, { status: 507, code: "read_only" }, { status: 413, code: "quota" }];
  const first = upload.start();
  await settled();
  assert.equal(upload.status, "cut");
  clock.advance(3000);
  await first;
  assert.deepEqual([upload.status, upload.why], ["refused", "refused: read_only"]);
  await upload.start();
  assert.deepEqual([upload.status, upload.why], ["refused", "refused: quota"]);
  await upload.start();
  assert.equal(upload.status, "whole");
});

test("what the server has forgotten begins anew, and what cannot be read is refused", async () => {
  const known = { get: () => "old", set: () => {} };
  const { upload, server, clock } = uploading(5, { known });
  upload.start();
  await settled();
  clock.advance(0);
  await settled();
  assert.equal(upload.status, "whole");
  assert.deepEqual(server.asked, ["HEAD /files/old", "POST /files/", "PATCH /files/f1"]);
  const folder = uploading(0, { readable: false });
  await folder.upload.start();
  assert.equal(folder.upload.why, "refused: unreadable");
  assert.deepEqual(folder.server.asked, []);
});

test("who gives the same file after a reload goes on with what there is", async () => {
  const kept = new Map();
  const store = () => ({ getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name) });
  const server = new FakeServer();
  const before = uploading(PART_BYTES * 2, { known: knownIn(store), server });
  server.cuts = [undefined, 3];
  before.upload.start();
  await settled();
  const after = knownIn(store);
  const again = uploading(PART_BYTES * 2, { known: after, server });
  await again.upload.start();
  assert.equal(server.uploads.size, 1);
  assert.equal(server.uploads.get("f1").at, PART_BYTES * 2);
  // The same file given twice is two.
  assert.equal(after.get(fileNamed("a.bin", PART_BYTES * 2), "lobby"), null);
});

test("what is cancelled is given up on the server too", async () => {
  const { upload, server, clock } = uploading(5);
  server.cuts = [1];
  upload.start();
  await settled();
  await upload.cancel();
  clock.advance(60_000);
  await settled();
  assert.deepEqual([upload.status, server.uploads.size], ["gone", 0]);
});

/** A tray whose uploads a test finishes. */
function tray(most = 100) {
  const log = { said: [], notices: [], handed: [], cancelled: [], now: [] };
  const uploads = (file, room, changed) => {
    const upload = { file, status: "waiting", at: 0, why: null, id: `id-${file.name}`, wake() {}, cancel: () => log.cancelled.push(file.name), start() { upload.becomes("sending"); } };
    upload.becomes = (status) => { upload.status = status; changed(); };
    log[file.name] = upload;
    return upload;
  };
  const it = new Tray({
    uploads,
    say: (...said) => log.said.push(said),
    emit: (now) => { log.now = now; },
    notice: (words) => log.notices.push(words),
    hand: (...given) => log.handed.push(given),
    most: () => most,
    words: { tooMany: (n) => `most ${n}`, tooLarge: (name) => `${name} too large` },
  });
  return { it, log };
}

test("a message is said when all its files are there, in the order in which it was sent", () => {
  const { it, log } = tray();
  it.add("lobby", [fileNamed("a", 1), fileNamed("b", 2)]);
  assert.deepEqual(log.now[0].files.map((one) => [one.name, one.status]), [["a", "sending"], ["b", "sending"]]);
  it.submit("lobby", "look", { offset: 3 });
  it.add("lobby", [fileNamed("c", 1)]);
  it.submit("lobby", "", null);
  log.c.becomes("whole");
  log.a.becomes("whole");
  assert.deepEqual(log.said, []);
  log.b.becomes("whole");
  assert.deepEqual(log.said.map(([room, text, reply, files]) => [room, text, reply, files.map((one) => one.id)]), [["lobby", "look", { offset: 3 }, ["id-a", "id-b"]], ["lobby", "", null, ["id-c"]]]);
  assert.deepEqual(log.now, []);
});

test("three are under way at once, ten belong to a message, and what is too large is named", () => {
  const { it, log } = tray(100);
  it.add("lobby", [fileNamed("huge", 101), ...Array.from({ length: 11 }, (_, n) => fileNamed(`n${n}`, 1))]);
  assert.deepEqual(log.notices, ["huge too large", "most 10"]);
  assert.equal(log.now[0].files.length, 10);
  assert.equal(log.now[0].files.filter((one) => one.status === "sending").length, 3);
  log.n0.becomes("whole");
  assert.equal(log.n3.status, "sending");
});

test("a refused file holds its message until it is tried again or taken away", () => {
  const { it, log } = tray();
  it.add("lobby", [fileNamed("a", 1), fileNamed("b", 1)]);
  it.submit("lobby", "look", null);
  log.a.becomes("whole");
  log.b.becomes("refused");
  assert.deepEqual(log.said, []);
  const [, b] = log.now[0].files;
  it.retry(b.key);
  assert.equal(log.b.status, "sending");
  it.remove(b.key);
  assert.deepEqual(log.cancelled, ["b"]);
  assert.equal(log.said[0][3].length, 1);
});

test("what was sent can be taken back while its files are on their way, and leaves nothing when one leaves", () => {
  const { it, log } = tray();
  it.add("lobby", [fileNamed("a", 1)]);
  it.submit("lobby", "look", null);
  it.takeBack(log.now[0].n);
  assert.deepEqual(log.handed, [["lobby", "look"]]);
  assert.equal(log.now[0].sent, false);
  log.a.becomes("whole");
  assert.deepEqual(log.said, []);
  it.restore("lobby", [{ id: "old", name: "old", size: 3 }]);
  it.submit("lobby", "now", null);
  assert.deepEqual(log.said[0][3].map((one) => one.id), ["id-a", "old"]);
  it.add("lobby", [fileNamed("c", 1)]);
  it.clear();
  assert.deepEqual([log.now, log.cancelled], [[], ["c"]]);
});

test("of the files of a message only what can be shown is taken, and nothing of one that is gone", () => {
  const file = { id: "abc", name: "a\u202e.png", type: "image/png", size: 5, width: 10, height: 4, preview: true };
  assert.deepEqual(filesOf({ files: [file, file, 7, { ...file, id: "../x" }, { ...file, id: "d", size: -1 }] }).files, [{ ...file, name: "a.png" }]);
  assert.deepEqual(filesOf({ files: [file], deleted: true }), {});
  assert.deepEqual(fileOf({ ...file, width: 0 }).preview, undefined);
  assert.equal(fileOf({ ...file, type: "text/html; x" }).type, "application/octet-stream");
  assert.equal(isShown(fileOf({ ...file, type: "application/pdf" })), false);
  assert.equal(pathOf({ id: "abc", name: "a/b #1?.png" }), "/files/abc/a_b%20%231%3F.png");
  assert.equal(pathOf({ id: "abc", name: "preview" }), "/files/abc/file");
  assert.equal(usable(message(1, { text: "", files: [file] })).files[0].name, "a.png");
  assert.equal(saidIn({ text: "", files: [file, { ...file, name: "b" }] }), "a\u202e.png, b");
  assert.equal(filesOf({ files: Array.from({ length: 12 }, (_, n) => ({ ...file, id: `f${n}` })) }).files.length, 10);
});

test("files go with their message", () => {
  const file = { id: "abc", name: "a", type: "text/plain", size: 5 };
  const said = { type: "event", event: usable(message(1, { text: "", files: [file] })) };
  const gone = { type: "event", event: usable({ type: "deleted", room: "lobby", offset: 2, id: "m2", at: "2026-11-24T02:16:00.000Z", from: ada, about: 1 }) };
  const room = { ...initial, me: ada, rooms: { lobby: { ...reduce({ ...initial, me: ada }, { type: "opened", room: "lobby", person: null }).rooms.lobby, live: true } } };
  const state = [said, gone].reduce(reduce, room);
  assert.equal(state.rooms.lobby.items[0].files, undefined);
  assert.equal(state.rooms.lobby.items[0].deleted, true);
});

test("a message that waits to be said keeps its files over a reload", () => {
  const item = plain({ cid: "c1", room: "lobby", text: "", files: ["abc"], attached: [{}], tried: true });
  assert.deepEqual(item, { cid: "c1", room: "lobby", text: "", files: ["abc"] });
  const store = (unsent) => () => ({ getItem: () => JSON.stringify({ name: "ada", rooms: [], unsent }) });
  assert.deepEqual(readSession(store([item, { ...item, cid: "c2", files: ["../"] }, { ...item, cid: "c3", files: [] }])).unsent, [item]);
});

test("a size and a refusal are words", () => {
  assert.deepEqual([0, 1023, 1024, 1536, 200 * 1024 ** 2, 3 * 1024 ** 4].map((size) => sizeIn("en", size)), ["0 bytes", "1,023 bytes", "1 kB", "1.5 kB", "200 MB", "3 TB"]);
  assert.match(refusalOf({ code: "too_long" }, 1024), /1 kB at most/);
  assert.match(refusalOf({ code: "read_only" }, 1), /disk is full/);
  assert.match(refusalOf({ code: "muted" }, 1), /muted/);
  assert.match(refusalOf({ status: 418 }, 1), /418/);
  assert.match(refusalOf({ code: "constructor" }, 1), /constructor/);
});
