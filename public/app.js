// The wiring, in one place: storage, connection, reducer and views.

import { actsOf } from "./acts.js";
import { addressOf, linkOf, placeOf } from "./address.js";
import { clock, local, newCid, open, session } from "./browser.js";
import { Connection } from "./connection.js";
import { Door } from "./door.js";
import { unreadIn } from "./order.js";
import { plain } from "./outbox.js";
import { partsOf } from "./parts.js";
import { hasAccount } from "./rights.js";
import { isPrivate } from "./room.js";
import { readSettings, writeSettings } from "./settings.js";
import { initial, reduce } from "./state.js";
import { readAccount, readDrafts, readSeen, readSession, tokensIn, writeAccount, writeDrafts, writeSeen, writeSession } from "./storage.js";
import { showUnread } from "./title.js";
import { html } from "./view/html.js";
import { Root } from "./view/page.js";
import { render } from "./vendor/preact.js";
import { direction, language, pick, speak } from "./words.js";

const SURVEY_MS = 20_000;
const FEW_ROOMS = 100;
const AWAY_MS = 60_000;
const READ_MS = 500;
const FETCH_MS = 2000;

let state = initial;
let drawing = false;
let written = { session: null, seen: null, read: {} };
let reading = null;

// What every view may use, and a new object whenever texts have to be made anew.
let page;
// What is open: a drawer (rooms or people), a dialog and what it is about, the menu of a person, the emoji for a message.
const CLOSED = { panel: null, dialog: null, about: null, menu: null, picker: null };
let ui = CLOSED;

const drafts = readDrafts(session);

function draw() {
  drawing = false;
  showUnread(unreadIn(state.rooms));
  render(html`<${Root} state=${{ ...state, now: clock.now() }} page=${page} ui=${ui} />`, document.getElementById("app"));
}

// Many events may come at once: they are drawn together. A hidden tab gets no animation frames.
function redraw() {
  if (drawing) return;
  drawing = true;
  const once = () => drawing && draw();
  requestAnimationFrame(once);
  setTimeout(once, 200);
}

const renew = (change = {}) => {
  page = { ...page, ...change };
  redraw();
};

const parts = partsOf(() => renew());

function dispatch(action) {
  const before = state;
  // The drawer in which a room was chosen stays until the room is there.
  if (action.type === "joined" && action.focus) ui = { ...ui, panel: null };
  const seen = action.type === "welcome" ? readSeen(local, action.welcome.me.id) : undefined;
  state = reduce(state, seen === undefined ? action : { ...action, seen });
  if (state === before) return;
  if (action.type === "signed_out") {
    writeAccount(local, null);
    app.ended();
  }
  if (action.type === "welcome" && page.link !== null) act.dialog("profile");
  // What opens at a key is to be there when it is pressed.
  if (action.type === "welcome") act.trayToo("wake");
  if (action.type === "welcome") setTimeout(() => navigator.onLine && ["dialogs", "search", "files"].forEach(parts.fetch), FETCH_MS);
  // The log may be another one now, and the last markers may not have arrived.
  if (action.type === "welcome") written.read = {};
  if (state.called !== before.called && state.called !== null) {
    const { called } = state;
    import("./signals.js").then(({ tell }) => tell(called, page.settings, () => act.goTo(called.room, called.offset)), () => {});
  }
  if (state.active !== before.active && state.active !== null) history.replaceState(null, "", addressOf(state.active));
  if (state.phase === "form" && before.phase !== "form") outside();
  remember();
  redraw();
  if (action.type === "live") act.goOn();
  if (action.type === "live") act.removals()?.live(action.room);
  // What else was pinned and is gone, only the server knows.
  if (action.event?.type === "wiped" && state.rooms[action.event.room]?.pins.length > 0) act.pins(action.event.room);
}

/** Nobody is in; what is said inside is heard through the door. */
function outside() {
  door.watch();
  act.takes(null);
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
    unsent: state.pending.map(plain),
    account: hasAccount(state.me),
  });
  if (hasAccount(state.me) && readAccount(local) !== state.me.name) writeAccount(local, state.me.name);
  if (now !== written.session) writeSession(session, JSON.parse(now));
  const pairs = Object.fromEntries(rooms.filter((room) => isPrivate(room.name)).map((room) => [room.name, room.seen]));
  const seen = JSON.stringify(pairs);
  if (seen !== written.seen && seen !== "{}") writeSeen(local, state.me.id, pairs);
  written = { ...written, session: now, seen };
  // One's other tabs need not be told of each message by itself.
  reading ??= setTimeout(tellRead, READ_MS);
}

function tellRead() {
  reading = null;
  for (const { name, seen, live } of Object.values(state.rooms)) {
    if (!live || seen <= (written.read[name] ?? 0)) continue;
    if (connection.read(name, seen)) written.read[name] = seen;
  }
}

/** Send what waits: this may be the last that is heard of the tab. */
function flush() {
  act.removals()?.flush();
  tellRead();
}

const connection = new Connection({ open, clock, random: Math.random, newCid, tokens: tokensIn(local), emit: dispatch });
const door = new Door({
  open,
  clock,
  hear: (event) => dispatch({ type: "at_the_door", event }),
  can: (can) => dispatch({ type: "possible", can }),
  known: () => act.enter(readAccount(local) ?? ""),
});

async function useLanguage(name) {
  let words = {};
  try {
    if (name !== "en") words = await (await fetch(`/languages/${name}.json`)).json();
  } catch (lost) {
    name = "en";
  }
  speak(name, words);
  document.documentElement.lang = language();
  document.documentElement.dir = direction();
  renew();
}

function useTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

const app = {
  connection,
  clock,
  dispatch,
  drafts,
  grid: parts.grid,
  renew,
  redraw,
  draw,
  get state() {
    return state;
  },
  get page() {
    return page;
  },
  get ui() {
    return ui;
  },
  show(change) {
    ui = { ...ui, picker: null, ...change };
    redraw();
  },
  keepDrafts: () => writeDrafts(session, drafts),
  settle(settings) {
    const before = page.settings;
    renew({ settings });
    writeSettings(local, settings);
    useTheme(settings.theme);
    if (settings.language !== before.language) useLanguage(settings.language ?? pick(navigator.languages));
  },
  begun: () => door.stop(),
  /** This tab is nobody's any more. */
  ended() {
    writeSession(session, null);
    written = { session: null, seen: null, read: {} };
    ui = CLOSED;
    act.removals()?.clear();
    act.trayToo("clear");
    for (const room of Object.keys(drafts)) delete drafts[room];
    app.keepDrafts();
    page = { ...page, name: "", email: "" };
    outside();
  },
  account: () => readAccount(local),
  forgets: (id) => writeSeen(local, id, null),
};

const act = actsOf(app);
page = { act, emoji: parts.emoji, tree: parts.tree, part: parts.view, there: parts.there, grid: () => parts.grid.get(), drafts, link: null, settings: readSettings(local), name: "", email: "" };
useTheme(page.settings.theme);

addEventListener("online", () => connection.wake());
addEventListener("hashchange", () => act.arrive());
addEventListener("pagehide", flush);
let hiddenAt = clock.now();
document.addEventListener("visibilitychange", () => {
  dispatch({ type: "hidden", hidden: document.hidden });
  if (document.hidden) flush();
  if (document.hidden) hiddenAt = clock.now();
  else if (clock.now() - hiddenAt > AWAY_MS) connection.probe();
  else connection.survey();
});
// Which rooms there are is asked now and then while somebody looks, less often where there are many.
let surveys = 0;
setInterval(() => {
  surveys += 1;
  if (!document.hidden && (state.directory.length <= FEW_ROOMS || surveys % 6 === 0)) connection.survey();
}, SURVEY_MS);
// Who writes no longer, and the line that counts down to the next try.
setInterval(() => {
  dispatch({ type: "tick", at: clock.now() });
  if (state.link.status !== "open") redraw();
}, 1000);

dispatch({ type: "hidden", hidden: document.hidden });
const chosen = page.settings.language ?? pick(navigator.languages);
if (chosen !== "en") await useLanguage(chosen);
const before = readSession(session);
if (linkOf(location.hash) !== null) act.arrive();
const place = placeOf(location.hash);
const signedIn = readAccount(local);
// A guest who has become somebody with an account in another tab has no token any more.
if (before !== null) act.begin({ ...before, account: before.account || (signedIn !== null && connection.tokens.get(before.name) === null) }, place);
else if (signedIn !== null) act.enter(signedIn, place);
else {
  outside();
  draw();
}
