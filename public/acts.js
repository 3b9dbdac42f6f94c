// What a person can do on the page: the functions that the views call, each of which changes the state or asks the
// connection. `app` is what app.js wires together.

import { linkOf, placeOf } from "./address.js";
import { amendingOf } from "./amending.js";
import { carryingOf } from "./carrying.js";
import { at, isPrivate } from "./room.js";
import { withQuiet } from "./settings.js";
import { folded } from "./storage.js";
import { firstOffset, lastOffset } from "./timeline.js";
import { t } from "./words.js";

export function actsOf(app) {
  const { connection, dispatch } = app;
  let wanted = null;

  // What is typed next must go where the click has led, so this does not wait for the next frame.
  function look(action) {
    app.show({ panel: null, dialog: null });
    dispatch(action);
    app.draw();
  }

  /** Once a room is there: the message in it that was asked for. */
  function goOn() {
    const { state } = app;
    const known = wanted === null ? undefined : nameOf(wanted.room);
    if (known === undefined || !state.rooms[known].live) return;
    const { offset } = wanted;
    wanted = null;
    if (offset === null) look({ type: "show", room: known });
    else look({ type: "goto", room: known, offset });
  }

  const nameOf = (room) => Object.keys(app.state.rooms).find((one) => one === room || folded(one) === folded(room));

  const act = {
    ...amendingOf(app),
    ...carryingOf(app),
    begin({ name, email, rooms, active, unsent, as = null, account = false }, place = null) {
      app.begun();
      app.renew({ name, email });
      const pending = unsent.map((one) => ({ ...one, status: "waiting", why: null }));
      const wish = place === null ? active : place.room;
      const first = wish === null ? null : (rooms.find((one) => folded(one) === folded(wish)) ?? (isPrivate(wish) ? null : wish));
      dispatch({ type: "joining", wanted: first, pending });
      const others = rooms.filter((one) => one !== first);
      connection.start({ name, email, rooms: first === null ? rooms : [first, ...others], unsent, as, account });
      act.follow(place);
    },
    /** Come in as whoever has signed in in this browser. */
    enter: (name, place = null) => act.begin({ name, email: "", rooms: ["lobby"], active: "lobby", unsent: [], account: true }, place),
    start(name, email, place = null) {
      // Somebody has signed in in another tab: the name would become theirs.
      if (app.account() !== null) return act.enter(app.account(), place);
      // Somebody who was here and lost the name while the line was cut goes on under another one.
      const { state } = app;
      const as = state.me === null ? null : connection.refused;
      if (as === null) return act.begin({ name, email, rooms: ["lobby"], active: "lobby", unsent: [] }, place);
      const rooms = Object.values(state.rooms).filter((room) => room.joined);
      return act.begin({ name, email, rooms: rooms.map((room) => room.name), active: state.active, unsent: state.pending, as });
    },
    notice: (words) => dispatch({ type: "notice", text: words }),
    answered: (form, fault, offer) => dispatch({ type: "answered", form, fault, offer }),
    retyped: (form) => dispatch({ type: "retyped", form }),
    noticeOver: (n) => dispatch({ type: "notice_over", n }),
    wake: () => connection.wake(),
    panel: (panel) => app.show({ panel }),
    /** Open a dialog, or close it with null; `about` is what it is for. */
    dialog(dialog, about = null) {
      app.show({ dialog, about, panel: null, menu: null });
      // What is typed next is not for a dialog that was closed, which holds the focus until it is gone.
      if (dialog === null) app.draw();
    },
    /** The menu of a person: {who, room (a name), message, opener}. */
    menu: (menu) => app.show({ menu }),
    ask: (command) => connection.ask(command),
    locks: (locked) => dispatch({ type: "possible", can: { locked } }),
    ignores(who, on) {
      const others = app.state.ignored.filter((one) => one.id !== who.id);
      dispatch({ type: "ignored", ignored: on ? [...others, { id: who.id, name: who.name, avatar: who.avatar }] : others });
    },
    /** What the server knows a guest by. */
    token: () => connection.who?.token,
    me: () => app.state.me,

    show(room) {
      look({ type: "show", room: room.name });
      if (isPrivate(room.name)) connection.hear(room.name);
    },
    /** Whether it was `typed` says which form is to be told how it went. */
    join(name, { typed = false } = {}) {
      if (at(app.state.rooms, name) === undefined) {
        app.show({ dialog: null });
        return connection.join(name, { typed });
      }
      if (typed) act.answered("room", null);
      return look({ type: "show", room: name });
    },
    leave: (name) => connection.leave(name),
    openPrivate(who) {
      const room = `@${who.id}`;
      look({ type: "opened", room, person: { id: who.id, name: who.name, avatar: who.avatar } });
      connection.hear(room);
    },
    /** Go where an address of the page leads. */
    follow(place) {
      if (place === null) return;
      wanted = place;
      const known = nameOf(place.room);
      if (known === undefined && app.state.phase === "joined" && !isPrivate(place.room)) connection.join(place.room);
      goOn();
    },
    /** Go where the address of the page leads, which may be a link that lets one have an account. */
    arrive() {
      const link = linkOf(location.hash);
      if (link === null) return act.follow(placeOf(location.hash));
      // It is good once, and nobody should find it in the history of the browser.
      history.replaceState(null, "", "/");
      app.renew({ link });
      if (app.state.phase === "joined") act.dialog("profile");
      return undefined;
    },
    /** What a guest does with the line to have an account; see accounts.js. */
    becomes: (does) => does(connection),
    /** The server has set the cookie: from now on that is who one is. `becomes` is what a guest does then, null for others. */
    signedIn(me, becomes = null) {
      const guest = becomes !== null;
      app.renew({ link: null });
      if (guest && connection.who !== null) becomes(connection);
      else act.enter(me.name, placeOf(location.hash));
      app.show({ dialog: null, about: null });
      if (guest) act.notice(t("From now on your messages are kept under your account."));
      sameBrowser.postMessage(me.name);
    },
    /** What one seldom does about oneself, see oneself.js. */
    self: (deed, ...rest) =>
      import("./oneself.js").then(
        (deeds) => deeds[deed](app, act, ...rest),
        () => act.notice(t("There is no connection right now.")),
      ),
    goTo: (room, offset) => act.follow({ room, offset }),
    /** Go to a message of any room that one may read. */
    jump({ room, offset, with: who }) {
      if (isPrivate(room) && nameOf(room) === undefined && who) act.openPrivate(who);
      else if (isPrivate(room)) connection.hear(room);
      act.goTo(room, offset);
    },
    goOn,

    say(room, words) {
      const reply = at(app.state.rooms, room)?.replying ?? null;
      if (act.carries(room)) act.tray("submit", room, words, reply);
      else connection.say(room, words, reply);
      act.reply(room, null);
    },
    again: (cid) => connection.outbox.again(cid),
    edit(cid) {
      const { room, attached } = app.state.pending.find((one) => one.cid === cid) ?? {};
      if (attached !== undefined) act.tray("restore", room, attached);
      connection.outbox.drop(cid);
      dispatch({ type: "handed_back", cid });
    },
    discard(cid) {
      connection.outbox.drop(cid);
      dispatch({ type: "settled", cid });
    },
    draft(room, text) {
      if (text === "") delete app.drafts[room];
      else Object.defineProperty(app.drafts, room, { value: text, enumerable: true, configurable: true, writable: true });
      app.keepDrafts();
    },
    drafted: (n) => dispatch({ type: "drafted", n }),
    typing: (room) => connection.typing(room),

    older: (room) => connection.history(room.name, "older", firstOffset(room.items)),
    newer: (room) => connection.history(room.name, "newer", lastOffset(room.items)),
    newest: (room) => connection.history(room.name, "newest"),
    around: (room, offset) => connection.history(room.name, "around", offset),
    arrived: (room) => dispatch({ type: "arrived", room }),
    reading: (room, reading) => dispatch({ type: "reading", room, reading }),
    caughtUp: (room) => dispatch({ type: "caught_up", room }),
    survey: () => connection.survey(),

    set: (change) => app.settle({ ...app.page.settings, ...change }),
    quiet: (room, quiet) => app.settle(withQuiet(app.page.settings, room, quiet)),
    wantGrid: () => app.grid.want(),

    /** This tab leaves; the browser goes on knowing the person. */
    leaveChat() {
      const { name, email } = connection.who ?? app.page;
      connection.stop();
      app.ended();
      app.renew({ name, email });
      dispatch({ type: "form" });
    },
    /** Every tab of this browser leaves, and none can be this person again. */
    forget() {
      const gone = { id: app.state.me.id, name: app.state.me.name };
      if (app.account() === null) import("./known.js").then(({ unknown }) => unknown(), () => {});
      otherTabs.postMessage(gone);
      forgotten(gone);
    },
  };

  const sameBrowser = new BroadcastChannel("chatd.account");
  sameBrowser.onmessage = ({ data }) => {
    if (typeof data === "string" && app.state.phase === "form") act.enter(data);
  };

  const otherTabs = new BroadcastChannel("chatd.forgotten");
  otherTabs.onmessage = ({ data }) => {
    // Another program of this origin may use the channel too.
    if (typeof data?.id === "string" && typeof data.name === "string") forgotten(data);
  };

  function forgotten({ id, name }) {
    connection.tokens.drop(name);
    app.forgets(id);
    if (app.state.me === null || app.state.me.id !== id) return;
    connection.forget();
    act.leaveChat();
    app.renew({ name: "", email: "" });
  }

  return act;
}
