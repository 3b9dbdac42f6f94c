import assert from "node:assert/strict";
import { test } from "node:test";

import { askAccount, becomeAccount, becomes, passwordProblem } from "../../public/accounts.js";
import { linkOf, placeOf } from "../../public/address.js";
import { answerOf } from "../../public/answers.js";
import { deviceOf } from "../../public/devices.js";
import { Door } from "../../public/door.js";
import { usable } from "../../public/frames.js";
import { tokensIn } from "../../public/storage.js";
import { ada, bob, eve, FakeClock, FakeSocket, joined, message, welcome } from "./fakes.js";
import { nothing, Tab } from "./tab.js";

const member = { ...ada, role: "member" };

function server(status, body) {
  const asked = [];
  const ask = async (url, options) => {
    asked.push({ url, ...options, body: JSON.parse(options.body) });
    return { ok: status === 200, status, json: async () => body };
  };
  return { ask, asked };
}

test("who signs up gives a password, and gets a cookie and nothing that a script could lose", async () => {
  const { ask, asked } = server(200, { me: member, token: "secret" });
  assert.deepEqual(await askAccount("sign-up", { password: "long enough", token: "t1", cookie: true }, ask), { me: member });
  const [{ url, method, credentials, redirect, headers, body }] = asked;
  assert.deepEqual([url, method, credentials, redirect], ["/account/sign-up", "POST", "same-origin", "error"]);
  assert.deepEqual(headers, { "Content-Type": "application/json" });
  assert.deepEqual(body, { password: "long enough", token: "t1", cookie: true });
});

test("a refusal is told in words, and so is a server that does not answer, or answers nonsense", async () => {
  const why = async (status, body) => (await askAccount("sign-in", {}, server(status, body).ask)).why;
  assert.match(await why(403, { code: "bad_password", message: "no" }), /do not belong together/);
  assert.match((await askAccount("password", {}, server(403, { code: "bad_password" }).ask)).why, /not the password/);
  assert.match(await why(429, { code: "rate_limited", message: "slow", retry_after: 61 }), /again in 61 seconds/);
  assert.equal(await why(400, { code: "bad_request", message: "A password is missing." }), "A password is missing.");
  for (const body of [null, [], "no", { code: 7, message: {} }, { code: "__proto__" }]) assert.match(await why(503, body), /refused/);
  const lost = async () => {
    throw new TypeError("failed");
  };
  assert.match((await askAccount("sign-in", {}, lost)).why, /does not answer/);
});

test("a password is long enough, not too long, and the same twice", () => {
  assert.match(passwordProblem("1234567", "1234567"), /at least 8/);
  assert.match(passwordProblem("x".repeat(257), "x".repeat(257)), /at most 256/);
  assert.match(passwordProblem("12345678", "12345679"), /not the same/);
  assert.equal(passwordProblem("👍".repeat(8), "👍".repeat(8)), null);
});

test("a link that lets one have an account is known, and is no room", () => {
  assert.deepEqual(linkOf("#/invite/aB3_-xyzw"), { kind: "invite", secret: "aB3_-xyzw" });
  assert.deepEqual(linkOf("#/owner/aB3_-xyzw"), { kind: "owner", secret: "aB3_-xyzw" });
  for (const other of ["", "#/invite/", "#/invite/a b", "#/room/lobby", "#/invite/<b>aaaaaaa", "#/other/aB3_-xyzw"]) assert.equal(linkOf(other), null);
  assert.equal(placeOf("#/invite/aB3_-xyzw"), null);
});

/** A tab of somebody with an account. */
function signedIn(more = {}) {
  const tab = new Tab(more.tab).start({ name: "ada", account: true });
  tab.socket.opens();
  tab.socket.answers("hello", welcome({ me: member, ...more.welcome }));
  tab.socket.answers("join", joined());
  tab.socket.gives({ type: "live", room: "lobby", offset: 0 });
  return tab;
}

test("who has an account says nothing of who they are: the cookie does", () => {
  const tab = signedIn();
  assert.deepEqual(Object.keys(tab.socket.asked("hello")[0]), ["type", "answered"]);
  assert.equal(tab.state.me.role, "member");
  assert.equal(tab.tokens.get("ada"), null);
  tab.reopens();
  assert.deepEqual(tab.socket.asked("hello"), [{ type: "hello" }]);
});

test("a guest who has become an account forgets the token, and goes on where they were", () => {
  const tab = new Tab().enters();
  tab.socket.gives(message(1));
  assert.equal(tab.tokens.get("ada"), "t1");
  const before = tab.socket;
  becomeAccount(tab.line);
  assert.equal(tab.tokens.get("ada"), null);
  assert.ok(before.shut);
  tab.socket.opens();
  // What the old line has to say does not matter any more.
  before.breaks(4504, "bad_token");
  assert.deepEqual(tab.socket.asked("hello"), [{ type: "hello" }]);
  tab.socket.answers("hello", welcome({ me: member }));
  assert.deepEqual(tab.socket.asked("join"), [{ type: "join", room: "lobby", brief: true, after: 1, epoch: "e1", id: "m1" }]);
  assert.equal(tab.state.phase, "joined");
});

test("the server may close a guest's line before its answer is here that there is an account", async () => {
  const tab = new Tab().enters();
  let answer;
  const asked = becomes(tab.line, () => new Promise((done) => (answer = done)));
  tab.socket.gives({ type: "me", me: member });
  tab.socket.breaks(4504, "bad_token");
  tab.clock.advance(3000);
  // The cookie may not be there yet.
  tab.line.wake();
  assert.deepEqual([tab.sockets.length, tab.state.phase, tab.state.link.status], [1, "joined", "open"]);
  answer({ me: member });
  assert.deepEqual(await asked, { me: member });
  becomeAccount(tab.line);
  tab.socket.opens();
  assert.deepEqual(tab.socket.asked("hello"), [{ type: "hello" }]);
  tab.socket.answers("hello", welcome({ me: member }));
  assert.equal(tab.state.link.status, "open");
});

test("a guest's line that is closed while an account is asked for in vain is closed", async () => {
  const tab = new Tab().enters();
  const refused = { why: "no", code: "name_taken" };
  const asked = becomes(tab.line, async () => {
    tab.socket.breaks(4504, "bad_token");
    return refused;
  });
  assert.deepEqual(await asked, refused);
  assert.equal(tab.state.link.status, "closed");
  assert.equal(tab.tokens.get("ada"), null);
});

test("the other tabs of a guest who has become an account come back by the cookie", () => {
  const tab = new Tab().enters();
  tab.socket.gives({ type: "me", me: member });
  tab.socket.breaks(4504, "bad_token");
  assert.equal(tab.state.phase, "joined");
  tab.clock.advance(1000);
  tab.socket.opens();
  assert.deepEqual(tab.socket.asked("hello"), [{ type: "hello" }]);
  tab.socket.answers("hello", welcome({ me: member }));
  assert.equal(tab.state.link.status, "open");
  // From now on it is a session that ends.
  tab.socket.breaks(4504, "bad_token");
  assert.equal(tab.state.phase, "form");
});

test("the token of a guest is forgotten by the other tabs too, when they hear that it is an account now", () => {
  const tab = new Tab().enters();
  tab.socket.gives({ type: "me", me: member });
  assert.equal(tab.tokens.get("ada"), null);
  tab.reopens();
  assert.deepEqual(tab.socket.asked("hello"), [{ type: "hello" }]);
});

test("who is not known by their cookie any more is at the door, and nothing is left to read", () => {
  const tab = signedIn();
  tab.socket.gives(message(1));
  tab.reopens();
  tab.socket.answers("hello", { ...welcome(), me: { role: "watcher" } });
  assert.equal(tab.state.phase, "form");
  assert.deepEqual(tab.state.rooms, {});
  assert.match(tab.state.notice.text, /signed out/);
  const count = tab.sockets.length;
  tab.clock.advance(100_000);
  assert.equal(tab.sockets.length, count);
});

test("a session that is revoked ends at once", () => {
  const tab = signedIn();
  tab.socket.breaks(4504, "bad_token");
  assert.equal(tab.state.phase, "form");
  assert.deepEqual(tab.state.rooms, {});
  assert.match(tab.state.notice.text, /signed out/);
});

test("private rooms are heard from the greeting on, and belong to the person alone", () => {
  const tab = new Tab().start({ account: true });
  tab.socket.opens();
  tab.socket.answers("hello", welcome({ me: member, rooms: [{ room: "+f00", title: "tea", topic: "", head: 0, read: 0 }] }));
  assert.deepEqual(tab.socket.asked("join").map((one) => one.room), ["lobby", "+f00"]);
  tab.socket.gives({ ...joined({ room: "+f00", title: "tea", role: "owner" }), ref: tab.socket.sent.find((one) => one.room === "+f00").ref });
  assert.deepEqual([tab.state.rooms["+f00"].title, tab.state.rooms["+f00"].role], ["tea", "owner"]);
  tab.reopens();
  tab.socket.answers("hello", welcome({ me: { ...eve, role: "member" } }));
  assert.deepEqual(tab.socket.asked("join").map((one) => one.room), ["lobby"]);
});

test("who is invited hears the room, and who is removed does not any more", () => {
  const tab = signedIn();
  tab.socket.gives({ type: "invited", room: "+f00", title: "tea", by: bob });
  assert.match(tab.state.notice.text, /bob has invited you to “tea”/);
  tab.socket.answers("join", joined({ room: "+f00", title: "tea", role: "member" }));
  assert.equal(tab.state.rooms["+f00"].joined, true);
  tab.socket.gives({ type: "removed", room: "+f00", reason: "kicked" });
  assert.equal(tab.state.rooms["+f00"], undefined);
  assert.equal(tab.state.notice.text, "tea: You have been removed from this room.");
  tab.reopens();
  tab.socket.answers("hello", welcome({ me: member }));
  assert.deepEqual(tab.socket.asked("join").map((one) => one.room), ["lobby"]);
});

test("a private room that is not for one is told without its name", () => {
  const tab = signedIn();
  tab.line.join("+f00");
  tab.socket.answers("join", { type: "refused", code: "no_such_room", message: "no" });
  assert.match(tab.state.notice.text, /^There is no such room/);
});

test("who becomes a moderator of the server hears its logs, and loses them with that", () => {
  const tab = signedIn();
  tab.socket.gives({ type: "me", me: { ...ada, role: "moderator" } });
  assert.deepEqual(tab.socket.asked("join").map((one) => one.room), ["lobby", "+audit", "+reports"]);
  tab.socket.answers("join", joined({ room: "+reports" }));
  tab.socket.gives({ type: "me", me: member });
  assert.deepEqual(Object.keys(tab.state.rooms), ["lobby"]);
  assert.deepEqual(tab.line.cursors.names, ["lobby"]);
});

test("what else is asked is answered to whoever asked, a refusal in words, and a line that is cut too", async () => {
  const tab = signedIn();
  const roster = tab.line.ask({ type: "roster", room: "lobby" });
  tab.socket.answers("roster", { type: "roster", room: "lobby", people: [{ who: bob, role: "owner", here: true }, { who: null }, 7], banned: [{ who: eve, reason: "spam", by: "bob", until: 7 }] });
  assert.deepEqual(answerOf(await roster), { people: [{ who: bob, role: "owner", here: true }], banned: [{ who: eve, by: "bob", reason: "spam", until: "" }], muted: [] });
  const kick = tab.line.ask({ type: "kick", room: "lobby", who: "p2" });
  tab.socket.answers("kick", { type: "refused", code: "forbidden", message: "No." });
  assert.equal((await kick).why, "No.");
  const made = tab.line.ask({ type: "make", title: "tea" });
  tab.socket.answers("make", { type: "made", room: "+f00" });
  assert.equal((await made).room, "+f00");
  const ban = tab.line.ask({ type: "ban", who: "p2" });
  tab.socket.breaks();
  assert.match((await ban).why, /no connection/);
  assert.match((await tab.line.ask({ type: "ban", who: "p2" })).why, /no connection/);
});

test("sessions, links and bots are taken as far as they can be used", () => {
  const answer = (frame) => answerOf(usable(frame));
  const session = { id: "s1", label: "Fire\u202efox", made: "m", seen: "2026-11-24T00:00:00Z", current: true };
  assert.deepEqual(answer({ type: "sessions", sessions: [session, { id: 7 }, null] }).sessions, [{ id: "s1", label: "Firefox", seen: "2026-11-24T00:00:00Z", current: true }]);
  assert.equal(answer({ type: "link", path: "/#/invite/abcdefgh", until: "x" }).path, "/#/invite/abcdefgh");
  assert.equal(answer({ type: "link", path: "https://elsewhere.test/", until: "x" }).path, "");
  assert.deepEqual(answer({ type: "links", links: [{ id: "l1", by: bob, left: 3, until: "u" }] }).links, [{ id: "l1", by: bob, left: 3, until: "u" }]);
  assert.equal(answer({ type: "bot", who: bob, token: "t t" }).token, "t t");
});

test("one's other tabs tell whom one ignores", () => {
  const tab = signedIn({ welcome: { ignored: [bob, bob, { id: 7 }] } });
  assert.deepEqual(tab.state.ignored, [bob]);
  tab.socket.gives({ type: "ignored", ignored: [] });
  assert.deepEqual(tab.state.ignored, []);
});

test("in slow mode a message that has to wait for long is told, and holds up no other room", () => {
  const tab = new Tab().enters();
  tab.line.say("lobby", "one");
  tab.socket.answers("say", { type: "refused", code: "rate_limited", message: "slow", retry_after: 60 });
  assert.match(tab.state.pending[0].why, /again in 60 seconds/);
  tab.line.say("tea", "two");
  assert.equal(tab.socket.asked("say").at(-1).text, "two");
});

test("a name that the server lets nobody have without a password stays with who has it", () => {
  const tokens = tokensIn(nothing);
  tokens.set("bob", "t2");
  const tab = signedIn({ tab: { tokens } });
  assert.equal(tab.tokens.get("bob"), "t2");
});

test("the place where one is signed in has a short name, as far as it can be told", () => {
  const agents = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Linux",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0": "Edge on Windows",
    "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36": "Chrome on Android",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1": "Safari on iPhone",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit": "Linux",
    "curl/8.14": "curl/8.14",
    "": "Somewhere",
  };
  for (const [agent, name] of Object.entries(agents)) assert.equal(deviceOf(agent), name);
});

function door() {
  const told = { can: [], known: 0, socket: new FakeSocket() };
  const one = new Door({ open: () => told.socket, clock: new FakeClock(), hear: () => {}, can: (can) => told.can.push(can), known: () => (told.known += 1) });
  one.watch();
  told.socket.opens();
  return told;
}

test("whoever looks in learns what the server lets newcomers do", () => {
  const told = door();
  told.socket.gives({ ...welcome({ server_can: { sign_up: "invite", guests: "read", locked: true, claimed: false } }), me: { role: "watcher" } });
  assert.deepEqual(told.can, [{ signUp: "invite", guests: "read", locked: true, claimed: false }]);
  assert.deepEqual([told.known, told.socket.shut], [0, false]);
});

test("a server that lets nobody look in wants an account", () => {
  const told = door();
  told.socket.gives({ type: "refused", code: "forbidden", message: "Only those who have an account come in here." });
  assert.deepEqual(told.can, [{ guests: "off", signUp: "open" }]);
});

test("whoever is known by a cookie, or by a proxy, need not stand at the door", () => {
  const told = door();
  told.socket.gives(welcome({ me: member }));
  assert.deepEqual([told.known, told.socket.shut], [1, true]);
});
