import assert from "node:assert/strict";
import { test } from "node:test";

import { LISTED_FOR_MS } from "../../public/logs.js";
import { initial, reduce } from "../../public/state.js";
import { ada, bob, eve, joined, message, seeded, welcome } from "./fakes.js";

const after = (actions, state = initial) => actions.reduce(reduce, state);
const arrives = (offset, more) => ({ type: "event", event: message(offset, more) });
const open = { type: "link", link: { status: "open" } };
const cut = { type: "link", link: { status: "waiting", until: 0 } };
const comesIn = (more = {}) => ({ type: "joined", joined: joined(more), focus: false, at: 0 });
const live = (room = "lobby") => ({ type: "live", room });
const inLobby = after([{ type: "joining", wanted: "lobby" }, { type: "welcome", welcome: welcome() }, open, comesIn(), live()]);

const texts = (state, room = "lobby") => state.rooms[room].items.filter((one) => one.kind === "message").map((one) => one.text);
const notices = (state, room = "lobby") =>
  state.rooms[room].items.filter((one) => one.kind === "notice").map((one) => `${one.who.name} ${one.what}`);

test("joining shows the lobby and who is in it", () => {
  assert.equal(inLobby.phase, "joined");
  assert.equal(inLobby.active, "lobby");
  assert.deepEqual(inLobby.rooms.lobby.members, [ada]);
});

test("messages are shown in the order of their offsets, each once", () => {
  const state = after([arrives(1), arrives(2), arrives(2), arrives(4), arrives(3), arrives(1)], inLobby);
  assert.deepEqual(texts(state), ["text 1", "text 2", "text 3", "text 4"]);
});

test("a message that is known already changes nothing at all", () => {
  const state = after([arrives(1)], inLobby);
  assert.equal(reduce(state, arrives(1)).rooms.lobby.items, state.rooms.lobby.items);
  assert.equal(reduce(state, arrives(1)).rooms.lobby.older, false);
});

test("a message of a room that one has left is not shown", () => {
  const state = after([{ type: "left", room: "lobby" }, arrives(1)], inLobby);
  assert.deepEqual(state.rooms, {});
  assert.equal(state.active, null);
});

test("coming and going is told between the messages", () => {
  const state = after(
    [arrives(1), { type: "present", room: "lobby", who: bob, at: 5 }, arrives(2), { type: "absent", room: "lobby", who: bob, reason: "gone", at: 6 }],
    inLobby,
  );
  const flow = state.rooms.lobby.items.map((one) => (one.kind === "message" ? one.offset : `${one.who.name} ${one.what}`));
  assert.deepEqual(flow, [1, "bob joined", 2, "bob gone"]);
  assert.equal(state.rooms.lobby.count, 1);
});

test("after a restart nobody is announced who was listed when the line was cut", () => {
  const state = after(
    [
      { type: "members", members: { room: "lobby", count: 2, members: [ada, bob] } },
      cut,
      { type: "link", link: { status: "connecting" } },
      open,
      { type: "joined", joined: joined({ recovered: true }), focus: false, at: 100 },
      live(),
      { type: "present", room: "lobby", who: bob, at: 200 },
      { type: "present", room: "lobby", who: eve, at: 300 },
    ],
    inLobby,
  );
  assert.deepEqual(notices(state), ["eve joined"]);
  assert.equal(state.rooms.lobby.count, 3);
});

test("somebody who was listed and really left is announced again, and so is one who comes back much later", () => {
  const back = [
    { type: "members", members: { room: "lobby", count: 3, members: [ada, bob, eve] } },
    cut,
    open,
    { type: "joined", joined: joined({ recovered: true, members: [ada, bob] }), focus: false, at: 100 },
    live(),
    { type: "absent", room: "lobby", who: bob, reason: "left", at: 150 },
    { type: "present", room: "lobby", who: bob, at: 200 },
    { type: "present", room: "lobby", who: eve, at: 101 + LISTED_FOR_MS },
  ];
  assert.deepEqual(notices(after(back, inLobby)), ["bob left", "bob joined", "eve joined"]);
});

test("a second cut before the first is over does not forget who was listed", () => {
  const state = after(
    [
      { type: "members", members: { room: "lobby", count: 2, members: [ada, bob] } },
      cut,
      open,
      { type: "joined", joined: joined({ recovered: true }), focus: false, at: 1 },
      cut,
      open,
      { type: "joined", joined: joined({ recovered: true }), focus: false, at: 2 },
      live(),
      { type: "present", room: "lobby", who: bob, at: 3 },
    ],
    inLobby,
  );
  assert.deepEqual(notices(state), []);
});

test("a new name is told as one, for others and for oneself", () => {
  const state = after(
    [
      { type: "present", room: "lobby", who: bob, at: 1 },
      { type: "present", room: "lobby", who: { ...bob, name: "rob" }, at: 2 },
      { type: "me", me: { ...ada, name: "ida", role: "guest" } },
    ],
    inLobby,
  );
  assert.deepEqual(notices(state), ["bob joined", "rob renamed", "ida renamed"]);
  assert.deepEqual(state.rooms.lobby.members.map((one) => one.name), ["ida", "rob"]);
  assert.equal(state.me.name, "ida");
});

test("a resume that is whole goes on below what is shown; one that is not starts afresh", () => {
  const shown = after([arrives(1), arrives(2), cut, open], inLobby);
  const whole = after([comesIn({ recovered: true, head: 3 }), arrives(3), live()], shown);
  assert.deepEqual(texts(whole), ["text 1", "text 2", "text 3"]);
  const afresh = after([comesIn({ recovered: false, head: 9, epoch: "e2" }), arrives(8), arrives(9), live()], shown);
  assert.deepEqual(texts(afresh), ["text 8", "text 9"]);
  assert.equal(afresh.rooms.lobby.older, true);
});

test("older messages come before the others, and a page that does not fit is not shown", () => {
  const state = after([comesIn({ head: 9 }), arrives(8), arrives(9), live(), { type: "more_wanted", room: "lobby" }], inLobby);
  assert.equal(state.rooms.lobby.loading, true);
  const page = { room: "lobby", events: [message(6), message(7)], more: true };
  const fuller = reduce(state, { type: "page", page });
  assert.deepEqual(texts(fuller), ["text 6", "text 7", "text 8", "text 9"]);
  assert.equal(fuller.rooms.lobby.loading, false);
  assert.equal(reduce(fuller, { type: "page", page }).rooms.lobby.items, fuller.rooms.lobby.items);
  const all = reduce(fuller, { type: "page", page: { room: "lobby", events: [], more: false } });
  assert.equal(all.rooms.lobby.older, false);
});

test("a sent message waits until its echo or its answer, and is shown once", () => {
  const said = after([{ type: "said", cid: "c1", room: "lobby", text: "hi" }], inLobby);
  assert.deepEqual(said.pending.map((one) => one.status), ["waiting"]);
  const echoed = reduce(said, arrives(1, { from: ada, text: "hi", cid: "c1" }));
  assert.deepEqual(echoed.pending, []);
  assert.deepEqual(texts(echoed), ["hi"]);
  assert.deepEqual(reduce(said, { type: "settled", cid: "c1" }).pending, []);
});

test("the cid of somebody else's message settles nothing of mine", () => {
  const state = after([{ type: "said", cid: "c1", room: "lobby", text: "hi" }, arrives(1, { cid: "c1" })], inLobby);
  assert.equal(state.pending.length, 1);
});

test("a refused message is told, keeps its text, and can be taken back to the composer", () => {
  const refused = after(
    [
      { type: "said", cid: "c1", room: "lobby", text: "my words" },
      { type: "refused", cid: "c1", why: "This message is too long." },
    ],
    inLobby,
  );
  assert.equal(refused.pending[0].status, "refused");
  assert.equal(refused.notice.text, "This message is too long.");
  const back = reduce(refused, { type: "handed_back", cid: "c1" });
  assert.deepEqual(back.pending, []);
  assert.equal(back.draft.text, "my words");
  assert.equal(reduce(back, { type: "drafted", n: back.draft.n }).draft, null);
});

test("what is said elsewhere counts as unread until one looks", () => {
  const elsewhere = after([comesIn({ room: "tea", head: 0 }), live("tea")], inLobby);
  const state = after([arrives(1, { room: "tea" }), arrives(2, { room: "tea" })], elsewhere);
  assert.equal(state.active, "lobby");
  assert.equal(state.rooms.tea.unread, 2);
  assert.equal(reduce(state, { type: "show", room: "tea" }).rooms.tea.unread, 0);
  // Whoever answers on another device has read.
  assert.equal(reduce(state, arrives(3, { room: "tea", from: ada })).rooms.tea.unread, 0);
});

test("what comes while the tab is in the background is unread until it is looked at again", () => {
  const state = after([{ type: "hidden", hidden: true }, arrives(1)], inLobby);
  assert.equal(state.rooms.lobby.unread, 1);
  assert.equal(reduce(state, { type: "hidden", hidden: false }).rooms.lobby.unread, 0);
});

test("a private conversation is listed with what was said in it while one was away", () => {
  const rooms = [{ room: "@p2", topic: "", head: 7, read: 0, with: bob, unread: 6 }];
  const state = after([{ type: "welcome", welcome: welcome({ rooms }), seen: { "@p2": 4 } }]);
  assert.equal(state.rooms["@p2"].unread, 3);
  assert.equal(state.rooms["@p2"].with.name, "bob");
});

test("clicking a name opens the conversation at once", () => {
  const state = after([{ type: "opened", room: "@p2", person: bob }], inLobby);
  assert.equal(state.active, "@p2");
  assert.equal(state.rooms["@p2"].with.name, "bob");
});

test("who becomes somebody else sees nothing of the one before", () => {
  const state = after([arrives(1), { type: "opened", room: "@p2", person: bob }, { type: "welcome", welcome: welcome({ me: { ...eve, role: "guest" } }) }], inLobby);
  assert.deepEqual(state.rooms, {});
  assert.equal(state.me.id, eve.id);
});

test("a refused name leads back to the form and is told at its field, until the name is changed or tried again", () => {
  const state = after([{ type: "joining", wanted: "lobby" }, { type: "turned_away", form: "name", why: "taken" }]);
  assert.equal(state.phase, "form");
  assert.equal(state.notice, null);
  assert.equal(state.forms.name.fault, "taken");
  assert.equal(reduce(state, { type: "retyped", form: "name" }).forms.name, null);
  assert.equal(reduce(state, { type: "joining", wanted: "lobby" }).forms.name, undefined);
});

test("the same answer to a form twice is told twice, and to type changes nothing where nothing is wrong", () => {
  const once = reduce(inLobby, { type: "answered", form: "room", fault: "no" });
  const twice = reduce(once, { type: "answered", form: "room", fault: "no" });
  assert.notEqual(once.forms.room.n, twice.forms.room.n);
  const well = reduce(twice, { type: "answered", form: "room", fault: null });
  assert.equal(reduce(well, { type: "retyped", form: "room" }), well);
  assert.equal(reduce(inLobby, { type: "retyped", form: "rename" }), inLobby);
});

test("who is turned away for another reason gets a notice, which goes away by itself only once", () => {
  const state = after([{ type: "joining", wanted: "lobby" }, { type: "turned_away", form: null, why: "later" }]);
  assert.equal(state.phase, "form");
  assert.equal(state.notice.text, "later");
  assert.equal(reduce(state, { type: "notice_over", n: state.notice.n - 1 }).notice.text, "later");
  assert.equal(reduce(state, { type: "notice_over", n: state.notice.n }).notice, null);
});

test("a room may have the name of a part of every object", () => {
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    const strange = { type: "joined", joined: joined({ room: name }), focus: true, at: 0 };
    assert.equal(reduce(inLobby, { type: "show", room: name }), inLobby);
    assert.equal(reduce(inLobby, arrives(1, { room: name })), inLobby);
    const state = after([strange, live(name), arrives(1, { room: name }), { type: "show", room: "lobby" }, { type: "show", room: name }], inLobby);
    assert.equal(state.active, name);
    assert.deepEqual(Object.keys(state.rooms), ["lobby", name]);
    assert.deepEqual(texts(state, name), ["text 1"]);
    assert.deepEqual(Object.keys(reduce(state, { type: "left", room: name }).rooms), ["lobby"]);
    const who = { ...eve, id: name };
    assert.deepEqual(notices(reduce(inLobby, { type: "present", room: "lobby", who, at: 5 })), ["eve joined"]);
  }
});

test("leaving the room that is shown shows the lobby", () => {
  const state = after([{ type: "joined", joined: joined({ room: "tea" }), focus: true, at: 0 }], inLobby);
  assert.equal(state.active, "tea");
  assert.equal(reduce(state, { type: "left", room: "tea" }).active, "lobby");
});

test("where to ask for older messages brings none, it is not asked again until the person does", () => {
  const wanted = { type: "more_wanted", room: "lobby" };
  const page = (events, more = true) => ({ type: "page", page: { room: "lobby", events, more } });
  const here = after([arrives(7)], inLobby);
  for (const vain of [{ type: "more_failed", room: "lobby" }, page([]), page([message(3)])]) {
    const state = after([wanted, vain], here);
    assert.deepEqual([state.rooms.lobby.loading, state.rooms.lobby.stuck], [false, true]);
    assert.equal(reduce(state, wanted).rooms.lobby.stuck, false);
  }
  assert.equal(after([wanted, page([message(6)])], here).rooms.lobby.stuck, false);
});

test("the list of rooms is taken anew, and its later pages add to it", () => {
  const first = after([{ type: "directory", anew: true, rooms: [{ room: "a", count: 1 }, { room: "@p2", with: bob }] }]);
  const second = after([{ type: "directory", anew: false, rooms: [{ room: "b", count: 2 }] }], first);
  assert.deepEqual(second.directory.map((one) => one.room), ["a", "b"]);
  assert.deepEqual(after([{ type: "directory", anew: true, rooms: [] }], second).directory, []);
});

test("an unknown action, also one named like a part of every object, changes nothing", () => {
  assert.equal(reduce(inLobby, { type: "constructor" }), inLobby);
  assert.equal(reduce(inLobby, { type: "something_new" }), inLobby);
});

test("no step changes the state that it was given", () => {
  const frozen = (value) => {
    if (typeof value === "object" && value !== null && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(frozen);
    return value;
  };
  let state = frozen(structuredClone(inLobby));
  for (const action of [arrives(1), { type: "present", room: "lobby", who: bob, at: 1 }, cut, open, comesIn({ recovered: true }), live(),
    { type: "said", cid: "c", room: "lobby", text: "x" }, { type: "refused", cid: "c", why: "no" }, { type: "handed_back", cid: "c" },
    { type: "absent", room: "lobby", who: bob, reason: "left", at: 2 }, { type: "left", room: "lobby" }]) {
    state = frozen(reduce(state, action));
  }
});

test("a page that stays open for long holds a bounded part of a room, and can still go back", () => {
  let state = inLobby;
  for (let offset = 1; offset <= 5001; offset += 1) state = reduce(state, arrives(offset));
  assert.equal(state.rooms.lobby.items.length, 4000);
  assert.equal(state.rooms.lobby.items.at(-1).offset, 5001);
  assert.equal(state.rooms.lobby.older, true);
});

test("whatever is cut, repeated and paged in between, what is shown in the end is the log", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = seeded(seed);
    const upTo = (most) => Math.floor(random() * most);
    const log = [];
    let head = 0;
    let sent = 0;
    let state = inLobby;
    const write = () => log.push(message((head += 1), { text: `${seed}/${head}` }));
    const give = (event) => (state = reduce(state, { type: "event", event }));
    for (let turn = 0; turn < 80; turn += 1) {
      const what = upTo(10);
      if (what < 4) write();
      else if (what < 7) while (sent < head && random() < 0.8) give(log[(sent += 1) - 1]);
      else if (what === 7) {
        state = after([cut, { type: "link", link: { status: "connecting" } }, open], state);
        state = reduce(state, comesIn({ recovered: true, head }));
        // What is sent again, and in any order, must do no harm.
        for (let again = 0; again < 5 && texts(state).length > 0; again += 1) give(log[upTo(sent)]);
        while (sent < head) give(log[(sent += 1) - 1]);
        state = reduce(state, live());
      } else if (what === 8) {
        const limit = upTo(5);
        state = after([cut, open, comesIn({ recovered: false, head })], state);
        log.slice(head - Math.min(limit, head)).forEach(give);
        sent = head;
        state = reduce(state, live());
      } else {
        const first = state.rooms.lobby.items.find((one) => one.kind === "message")?.offset ?? head + 1;
        const events = log.slice(Math.max(0, first - 4), first - 1);
        if (sent === head || events.length === 0 || state.rooms.lobby.items.length > 0) {
          state = reduce(state, { type: "page", page: { room: "lobby", events, more: first > 4 } });
        }
        state = reduce(state, { type: "present", room: "lobby", who: eve, at: turn });
      }
    }
    while (sent < head) give(log[(sent += 1) - 1]);
    const shown = texts(state);
    assert.deepEqual(shown, log.slice(head - shown.length).map((one) => one.text), `seed ${seed}`);
  }
});

test("a room that is there before the one that is wanted is not shown, and so not read", () => {
  const wants = after([{ type: "joining", wanted: "lobby" }, { type: "welcome", welcome: welcome() }, open]);
  const tea = (offset) => ({ type: "event", event: message(offset, { room: "tea", from: bob }) });
  const first = [comesIn({ room: "tea", head: 2, read: 1, unread: 1 }), tea(1), tea(2), live("tea")];
  const state = after([...first, comesIn({ head: 0 }), live()], wants);
  assert.equal(state.active, "lobby");
  assert.equal(state.rooms.tea.seen, 1);
  assert.equal(state.rooms.tea.unread, 1);
  // Asked for under another spelling it is the same room.
  const spelled = after([{ type: "joining", wanted: "LOBBY" }, { type: "welcome", welcome: welcome() }, open, { ...comesIn(), asked: "LOBBY" }]);
  assert.equal(spelled.active, "lobby");
  assert.equal(spelled.wanted, null);
});

test("where the room that is wanted cannot be had, another one is shown", () => {
  const wants = after([{ type: "joining", wanted: "+gone" }, { type: "welcome", welcome: welcome() }, open]);
  for (const answer of [{ type: "left", room: "+gone", why: "no" }, { type: "no_room", room: "+gone" }]) {
    assert.equal(after([answer, comesIn({ room: "tea" })], wants).active, "tea");
    assert.equal(after([comesIn({ room: "tea" }), comesIn(), answer], wants).active, "lobby");
    assert.equal(after([comesIn({ room: "tea" }), { ...answer, room: "other" }], wants).active, null);
  }
});
