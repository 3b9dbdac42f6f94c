// The wiring, in one place: storage, connection, reducer and views. The only module that knows the browser's clock,
// chance and sockets.

import { Connection } from "./connection.js";
import { emojiTable, withEmoji } from "./emoji.js";
import { nameProblem } from "./names.js";
import { at, isPrivate } from "./room.js";
import { initial, reduce } from "./state.js";
import { readSeen, readSession, tokensIn, writeSeen, writeSession } from "./storage.js";
import { firstOffset } from "./timeline.js";
import { html } from "./view/html.js";
import { Root } from "./view/page.js";
import { render } from "./vendor/preact.js";

const SURVEY_MS = 20_000;
const FEW_ROOMS = 100;

const local = () => window.localStorage;
const session = () => window.sessionStorage;

const clock = {
  now: () => Date.now(),
  setTimeout: (act, delayMs) => setTimeout(act, delayMs),
  clearTimeout: (timer) => clearTimeout(timer),
};

// Not randomUUID, which a browser has on secure origins only.
const newCid = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const open = () => {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(`${scheme}//${location.host}/ws`, ["chatd.v1"]);
};

let state = initial;
let panel = null;
let page;
let drawing = false;
let written = { session: null, seen: null };

function draw() {
  drawing = false;
  const unread = Object.values(state.rooms).reduce((sum, room) => sum + room.unread, 0);
  document.title = unread > 0 ? `(${unread}) chatd` : "chatd";
  render(html`<${Root} state=${{ ...state, now: clock.now() }} page=${page} panel=${panel} />`, document.getElementById("app"));
}

// Many events may come at once: they are drawn together. A hidden tab gets no animation frames.
function redraw() {
  if (drawing) return;
  drawing = true;
  const once = () => drawing && draw();
  requestAnimationFrame(once);
  setTimeout(once, 200);
}

function dispatch(action) {
  const before = state;
  // The drawer in which a room was chosen stays until the room is there.
  if (action.type === "joined" && action.focus) panel = null;
  const seen = action.type === "welcome" ? readSeen(local, action.welcome.me.id) : undefined;
  state = reduce(state, seen === undefined ? action : { ...action, seen });
  if (state === before) return;
  remember();
  redraw();
}

/** Keep what a reloaded tab needs to go on as it was. */
function remember() {
  if (state.phase !== "joined") return;
  const rooms = Object.values(state.rooms);
  const now = JSON.stringify({
    name: state.me.name,
    email: connection.who?.email ?? "",
    rooms: rooms.filter((room) => room.joined).map((room) => room.name),
    active: state.active,
    unsent: state.pending.map(({ cid, room, text }) => ({ cid, room, text })),
  });
  if (now !== written.session) writeSession(session, JSON.parse(now));
  const pairs = Object.fromEntries(rooms.filter((room) => isPrivate(room.name)).map((room) => [room.name, room.seen]));
  const seen = JSON.stringify(pairs);
  if (seen !== written.seen && seen !== "{}") writeSeen(local, state.me.id, pairs);
  written = { session: now, seen };
}

const connection = new Connection({ open, clock, random: Math.random, newCid, tokens: tokensIn(local), emit: dispatch });
const emoji = emojiTable(() => import("./vendor/emoji-codes.js"), () => {
  // A new object tells every view that its texts have changed.
  page = { ...page };
  redraw();
});

function text(raw) {
  emoji.want(raw);
  return emoji.table() === null ? raw : withEmoji(raw, emoji.table());
}

function begin({ name, email, rooms, active, unsent, as = null }) {
  page = { ...page, name, email };
  const pending = unsent.map((one) => ({ ...one, status: "waiting", why: null }));
  dispatch({ type: "joining", wanted: active, pending });
  connection.start({ name, email, rooms, unsent, as });
}

const setPanel = (next) => {
  panel = next;
  redraw();
};

// What is typed next must go where the click has led, so this does not wait for the next frame.
function look(action) {
  panel = null;
  dispatch(action);
  draw();
}

const act = {
  start(name, email) {
    // Somebody who was here and lost the name while the line was cut goes on under another one.
    const as = state.me === null ? null : connection.refused;
    if (as === null) return begin({ name, email, rooms: ["lobby"], active: "lobby", unsent: [] });
    const rooms = Object.values(state.rooms).filter((room) => room.joined);
    return begin({ name, email, rooms: rooms.map((room) => room.name), active: state.active, unsent: state.pending, as });
  },
  notice: (words) => dispatch({ type: "notice", text: words }),
  answered: (form, fault) => dispatch({ type: "answered", form, fault }),
  retyped: (form) => dispatch({ type: "retyped", form }),
  noticeOver: (n) => dispatch({ type: "notice_over", n }),
  wake: () => connection.wake(),
  panel: setPanel,
  show(room) {
    look({ type: "show", room: room.name });
    if (isPrivate(room.name)) connection.hear(room.name);
  },
  /** Whether it was `typed` says which form is to be told how it went. */
  join(name, { typed = false } = {}) {
    if (at(state.rooms, name) === undefined) return connection.join(name, { typed });
    if (typed) act.answered("room", null);
    return look({ type: "show", room: name });
  },
  leave: (name) => connection.leave(name),
  openPrivate(who) {
    const room = `@${who.id}`;
    look({ type: "opened", room, person: { id: who.id, name: who.name, avatar: who.avatar } });
    connection.hear(room);
  },
  say: (room, words) => connection.say(room, words),
  again: (cid) => connection.outbox.again(cid),
  edit(cid) {
    connection.outbox.drop(cid);
    dispatch({ type: "handed_back", cid });
  },
  discard(cid) {
    connection.outbox.drop(cid);
    dispatch({ type: "settled", cid });
  },
  drafted: (n) => dispatch({ type: "drafted", n }),
  older: (room) => connection.history(room.name, firstOffset(room.items)),
  survey: () => connection.survey(),
  rename(name) {
    const chosen = name.trim();
    const problem = nameProblem(chosen);
    const other = connection.tokens.get(chosen);
    const taken = other !== null && other !== connection.who?.token;
    if (problem !== null) act.answered("rename", problem);
    else if (taken) act.answered("rename", "In this browser that name is somebody else. Join under it in another tab.");
    else connection.rename(chosen);
  },
  /** This tab leaves; the browser goes on knowing the person. */
  leaveChat() {
    const { name, email } = connection.who ?? page;
    page = { ...page, name, email };
    connection.stop();
    writeSession(session, null);
    written = { session: null, seen: null };
    panel = null;
    dispatch({ type: "form" });
  },
  /** Every tab of this browser leaves, and none can be this person again. */
  forget() {
    const gone = { id: state.me.id, name: state.me.name };
    otherTabs.postMessage(gone);
    forgotten(gone);
  },
};

const otherTabs = new BroadcastChannel("chatd.forgotten");
otherTabs.onmessage = ({ data }) => {
  // Another program of this origin may use the channel too.
  if (typeof data?.id === "string" && typeof data.name === "string") forgotten(data);
};

function forgotten({ id, name }) {
  connection.tokens.drop(name);
  writeSeen(local, id, null);
  if (state.me === null || state.me.id !== id) return;
  connection.forget();
  act.leaveChat();
  page = { ...page, name: "", email: "" };
}

page = { act, text, name: "", email: "" };

addEventListener("online", () => connection.wake());
document.addEventListener("visibilitychange", () => {
  dispatch({ type: "hidden", hidden: document.hidden });
  if (!document.hidden) connection.survey();
});
// Which rooms there are is asked now and then while somebody looks, less often where there are many.
let surveys = 0;
setInterval(() => {
  surveys += 1;
  if (!document.hidden && (state.directory.length <= FEW_ROOMS || surveys % 6 === 0)) connection.survey();
}, SURVEY_MS);
// The line that counts down to the next try.
setInterval(() => state.link.status === "waiting" && redraw(), 1000);

dispatch({ type: "hidden", hidden: document.hidden });
const before = readSession(session);
if (before !== null) begin(before);
else draw();
