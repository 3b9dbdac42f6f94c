import assert from "node:assert/strict";
import { test } from "node:test";

import { amended, amendedBy, gave, reacted, wipedBy } from "../../public/amends.js";
import { tally } from "../../public/counts.js";
import { isEmoji } from "../../public/forms.js";
import { usable } from "../../public/frames.js";
import { initial, reduce } from "../../public/state.js";
import { ada, bob, eve, joined, message, seeded, welcome } from "./fakes.js";

const AT = "2026-11-24T02:15:50.123Z";
const amend = (type, offset, about, more = {}) => usable({ type, room: "lobby", offset, id: `m${offset}`, at: AT, from: bob, about, ...more });
const heard = (event) => ({ type: "event", event });
const inLobby = [
  { type: "joining", wanted: "lobby" }, { type: "welcome", welcome: usable(welcome()) }, { type: "link", link: { status: "open" } },
  { type: "joined", joined: usable(joined()), focus: false, at: 0 }, { type: "live", room: "lobby" },
].reduce(reduce, initial);
const after = (events, state = inLobby) => events.map(heard).reduce(reduce, state);
const one = (state, offset) => state.rooms.lobby.items.find((item) => item.type === "message" && item.offset === offset);

test("an edit changes the text, whom it calls for, and the quotes of it", () => {
  const state = after([message(1), usable(message(2, { reply_to: 1, quote: { from: bob, text: "text 1" } })), amend("edited", 3, 1, { text: "new @ada", mentions: ["p1"] })]);
  assert.deepEqual([one(state, 1).text, one(state, 1).edited, one(state, 1).mentions], ["new @ada", AT, ["p1"]]);
  assert.equal(one(state, 2).quote.text, "new @ada");
  const again = after([amend("edited", 4, 1, { text: "plain" })], state);
  assert.deepEqual([one(again, 1).text, one(again, 1).mentions], ["plain", undefined]);
});

test("what is deleted keeps its place and nothing else, and nothing becomes of it any more", () => {
  const whole = usable(message(1, { cid: "c1", edited: AT, changed: 2, reactions: [{ emoji: "👍", count: 1, people: [ada] }], pinned: true, mentions: ["p1"] }));
  const state = after([whole, usable(message(2, { reply_to: 1, quote: { from: bob, text: "text 1" } })), amend("deleted", 3, 1)]);
  const { kind, key, type, room, offset, id, at, from, cid, ...rest } = one(state, 1);
  assert.deepEqual(rest, { text: "", deleted: true });
  assert.deepEqual([one(state, 2).quote.text, one(state, 2).quote.deleted], ["", true]);
  const later = after([amend("edited", 4, 1, { text: "back" }), amend("reacted", 5, 1, { emoji: "👍", on: true })], state);
  assert.deepEqual([one(later, 1).text, one(later, 1).reactions, one(later, 2).quote.text], ["", undefined, ""]);
});

test("why a moderator has deleted it is kept, also for who comes later, and for who goes back to it", () => {
  const deleted = amend("deleted", 3, 1, { reason: "no adverts\u202e" });
  const told = one(after([message(1), message(2), deleted]), 1);
  assert.deepEqual([told.text, told.deleted, told.reason], ["", true, "no adverts"]);
  const later = one(after([usable(message(1, { text: "", deleted: true })), message(2), deleted]), 1);
  assert.deepEqual([later.deleted, later.reason], [true, "no adverts"]);
  const newest = after([message(2), deleted]);
  const back = reduce(newest, { type: "page", page: { room: "lobby", events: [usable(message(1, { text: "", deleted: true }))], more: false } });
  assert.equal(one(back, 1).reason, "no adverts");
  assert.equal("reason" in one(after([message(1), amend("deleted", 2, 1, { reason: "" })]), 1), false);
});

test("an event that a message was told after does nothing to it", () => {
  const known = usable(message(1, { text: "third", edited: AT, changed: 9 }));
  assert.equal(amendedBy(amend("edited", 8, 1, { text: "second" }), [known])[0], known);
  assert.equal(amendedBy(amend("edited", 10, 1, { text: "fourth" }), [known])[0].text, "fourth");
  // Of an edit that was followed by another the text is not told any more.
  assert.equal(amendedBy(amend("edited", 10, 1), [known])[0].text, "third");
});

test("reactions stand as the server has them: those given most often first, then by their characters", () => {
  let all = [];
  const give = (emoji, who, on = true) => (all = reacted(all, { emoji, on, from: who }, ada));
  for (const [emoji, who] of [["❤\u{1f3fb}", bob], ["❤️", bob], ["🎉", eve], ["🎉", bob], ["✅", ada]]) give(emoji, who);
  assert.deepEqual(all.map(({ emoji, count }) => [emoji, count]), [["🎉", 2], ["✅", 1], ["❤️", 1], ["❤\u{1f3fb}", 1]]);
  assert.deepEqual(all.map((given) => gave(given, ada)), [false, true, false, false]);
  give("🎉", eve, false);
  give("✅", ada, false);
  assert.deepEqual(all.map(({ emoji, count, people }) => [emoji, count, people.map(({ name }) => name)]), [["❤️", 1, ["bob"]], ["❤\u{1f3fb}", 1, ["bob"]], ["🎉", 1, ["bob"]]]);
  for (let number = 0; number < 12; number += 1) give("👍", { id: `x${number}`, name: `x${number}` });
  give("👍", ada);
  assert.deepEqual([all[0].count, all[0].people.length, gave(all[0], ada)], [13, 10, true]);
});

test("which reaction is one's own the server says, where it names only others", () => {
  const given = usable(message(1, { changed: 30, reactions: [{ emoji: "👍", count: 12, people: [bob] }, { emoji: "🎉", count: 11, people: [bob] }] }));
  const own = (state) => (one(state, 1).reactions ?? []).map(({ emoji, mine }) => [emoji, mine === true]);
  const mine = [{ about: 1, emoji: "🎉" }];
  const come = { type: "joined", joined: usable({ ...joined({ head: 1 }), mine: [...mine, { about: "1", emoji: "🎉" }, { about: 1, emoji: "a" }, 7] }), focus: true, at: 0 };
  const inside = [come, heard(given), { type: "live", room: "lobby" }].reduce(reduce, inLobby);
  assert.deepEqual(own(inside), [["👍", false], ["🎉", true]]);
  // One's own doing says so too, even if the message was told after it.
  const before = after([amend("reacted", 20, 1, { from: ada, emoji: "👍", on: true })], inside);
  assert.deepEqual(own(before), [["👍", true], ["🎉", true]]);
  assert.deepEqual(one(before, 1).reactions.map(({ count }) => count), [12, 11]);
  assert.deepEqual(own(after([amend("reacted", 40, 1, { from: ada, emoji: "🎉", on: false })], before)), [["👍", true], ["🎉", false]]);
  assert.deepEqual(own(reduce(inside, { type: "gave", room: "lobby", offset: 1, emoji: "👍" })), [["👍", true], ["🎉", true]]);
});

test("a page says which reactions are one's own by now, and what was heard meanwhile says so after it", () => {
  const events = [
    usable(message(1, { changed: 30, reactions: [{ emoji: "👍", count: 12, people: [bob] }, { emoji: "🎉", count: 11, people: [bob] }] })),
    amend("reacted", 2, 1, { from: ada, emoji: "👍", on: true }),
  ];
  const page = (mine) => ({ type: "page", way: "newest", page: usable({ type: "page", room: "lobby", events, more: false, mine }) });
  const own = (state) => one(state, 1).reactions.filter((reaction) => reaction.mine).map(({ emoji }) => emoji);
  assert.deepEqual(own(reduce(inLobby, page([{ about: 1, emoji: "🎉" }]))), ["🎉"]);
  const meanwhile = after([amend("reacted", 31, 1, { from: ada, emoji: "🎉", on: false })]);
  assert.deepEqual(own(reduce(meanwhile, page([{ about: 1, emoji: "🎉" }]))), []);
});

test("an emoji is a symbol, and no word in disguise", () => {
  for (const emoji of ["👍", "❤️", "👩‍💻", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇫🇷", "1️⃣", "👍🏽", "ℹ️"]) assert.equal(isEmoji(emoji), true, emoji);
  for (const other of ["", "a", "1", "aa", "👍a", "\u202e👍", "<b>", "👍".repeat(40), " 👍", 7, null, "中"]) assert.equal(isEmoji(other), false, String(other));
});

test("pins are followed, and gone with their message", () => {
  const state = after([message(1), message(2), amend("pinned", 3, 1, { on: true }), amend("pinned", 4, 2, { on: true })]);
  assert.deepEqual([state.rooms.lobby.pins, one(state, 1).pinned], [[1, 2], true]);
  assert.deepEqual(after([amend("pinned", 5, 1, { on: false })], state).rooms.lobby.pins, [2]);
  assert.deepEqual(after([amend("deleted", 5, 1)], state).rooms.lobby.pins, [2]);
  assert.deepEqual(after([usable({ ...message(5), type: "wiped", from: eve, who: bob, since: AT })], state).rooms.lobby.pins, []);
});

test("what is unread follows edits and deletions, and one's own reaction has read nothing", () => {
  const away = reduce(inLobby, { type: "hidden", hidden: true });
  const count = ({ rooms: { lobby } }) => [lobby.unread, lobby.mentions, lobby.seen];
  const state = after([message(1), message(2)], away);
  assert.deepEqual(count(state), [2, 0, 0]);
  const called = after([amend("edited", 3, 1, { text: "@ada", mentions: ["p1"] })], state);
  assert.deepEqual(count(called), [2, 1, 0]);
  assert.deepEqual(count(after([amend("deleted", 4, 1)], called)), [1, 0, 0]);
  assert.deepEqual(count(after([amend("reacted", 4, 1, { from: ada, emoji: "👍", on: true })], called)), [2, 1, 0]);
});

test("a wipe takes what was edited in its time, and the quotes of all of it", () => {
  const [early, late] = ["2026-11-24T01:00:00Z", "2026-11-24T03:00:00Z"];
  const items = [message(1, { at: early }), message(2, { at: early, edited: late }), message(3, { from: eve, at: late, reply_to: 2, quote: { from: bob, text: "q" } }), message(4, { from: eve, at: late, reply_to: 1, quote: { from: bob, text: "q" } })];
  const wiped = usable({ ...message(5), type: "wiped", from: eve, who: bob, since: "2026-11-24T02:00:00Z" });
  const [kept, gone, quoting, other] = amendedBy(wiped, items);
  assert.deepEqual([kept.text, gone.text, quoting.quote.text, other.quote.text], ["text 1", "", "", "q"]);
  // What was changed after it was there after it.
  const edited = { at: early, edited: "2026-11-24T04:00:00Z", changed: 6 };
  assert.equal(amendedBy(wiped, [message(2, edited)])[0].text, "text 2");
  const everywhere = usable({ ...message(9, { room: "+audit" }), type: "wiped", from: eve, who: bob, since: early, at: late });
  assert.deepEqual(wipedBy(everywhere, [message(2, { at: early }), message(3, edited)], { elsewhere: true }).map((item) => item.text), ["", "text 3"]);
  // Of what is quoted and not here, one says rather too little.
  assert.equal(amendedBy(wiped, [items[3]])[0].quote.deleted, true);
});

// A server in small: a log, and messages in their last form, made by no function of the page.
class Log {
  events = [];
  forms = new Map();

  said = (random) => {
    const to = random() < 0.4 && this.forms.size > 0 ? [...this.forms.keys()][Math.floor(random() * this.forms.size)] : null;
    const quote = to && this.quote(to);
    this.add({ type: "message", text: `word ${this.events.length + 1}`, from: random() < 0.5 ? bob : eve, ...(to ? { reply_to: to, quote } : {}) });
    this.forms.set(this.events.length, { text: `word ${this.events.length}`, reactions: new Map() });
  };

  add(event) {
    const offset = this.events.length + 1;
    this.events.push({ room: "lobby", offset, id: `m${offset}`, at: AT, ...event });
  }

  amends(random) {
    const offsets = [...this.forms.keys()].filter((offset) => !this.forms.get(offset).deleted);
    if (offsets.length === 0) return;
    const about = offsets[Math.floor(random() * offsets.length)];
    const form = this.forms.get(about);
    const from = [ada, bob, eve][Math.floor(random() * 3)];
    const way = random();
    if (way < 0.3) {
      const text = `new ${this.events.length + 1}`;
      this.add({ type: "edited", about, text, from });
      Object.assign(form, { text, edited: true });
    } else if (way < 0.4) {
      this.add({ type: "deleted", about, from });
      Object.assign(form, { deleted: true, text: "", reactions: new Map(), pinned: false, edited: false });
    } else if (way < 0.6) {
      const on = !form.pinned;
      this.add({ type: "pinned", about, on, from });
      form.pinned = on;
    } else {
      const emoji = random() < 0.5 ? "👍" : "🎉";
      const people = form.reactions.get(emoji) ?? new Map();
      const on = !people.has(from.id);
      this.add({ type: "reacted", about, emoji, on, from });
      if (on) people.set(from.id, from.name);
      else people.delete(from.id);
      form.reactions.set(emoji, people);
    }
    form.changed = this.events.length;
  }

  quote(offset) {
    const { text, deleted } = this.forms.get(offset);
    return { from: this.events[offset - 1].from, text, ...(deleted ? { deleted } : {}) };
  }

  /** As it is told now. */
  told = (event) => {
    if (event.type === "edited") {
      const last = this.events.findLast((other) => other.about === event.about && (other.type === "edited" || other.type === "deleted"));
      const { text, ...rest } = event;
      return usable(last === event ? event : rest);
    }
    if (event.type !== "message") return usable(event);
    const form = this.forms.get(event.offset);
    if (form.deleted) return usable({ ...event, text: "", deleted: true });
    const quote = event.reply_to && this.quote(event.reply_to);
    const reactions = [...form.reactions].filter(([, people]) => people.size > 0).map(([emoji, people]) => ({ emoji, count: people.size, people: [...people].map(([id, name]) => ({ id, name })) }));
    reactions.sort((a, b) => b.count - a.count || (a.emoji < b.emoji ? -1 : 1));
    return usable({ ...event, text: form.text, ...(form.changed ? { changed: form.changed } : {}), ...(form.edited ? { edited: AT } : {}), ...(quote ? { quote } : {}), reactions, ...(form.pinned ? { pinned: true } : {}) });
  };

  page(from, to) {
    return this.events.slice(from - 1, to).map(this.told);
  }

  get pins() {
    return [...this.forms].filter(([, form]) => form.pinned).map(([offset]) => offset);
  }
}

const seen = (items) =>
  items.filter((item) => item.type === "message").map(({ offset, text, deleted = false, edited, pinned = false, quote, reactions = [] }) => ({
    offset, text, deleted, edited: edited !== undefined, pinned, quote: deleted ? undefined : quote?.text,
    reactions: reactions.map(({ emoji, count, people }) => `${emoji} ${count} ${people.map(({ id }) => id).sort()}`),
  }));

test("whoever was cut off, pages back or was here all the time ends with the same messages, pins and counts", () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const random = seeded(seed);
    const log = new Log();
    let state = reduce(inLobby, { type: "show", room: "nowhere" });
    state = reduce(state, { type: "hidden", hidden: true });
    let heardTo = 0;
    let pages = [];
    const hear = () => {
      // Live events come as they were when they were stored, or later in a newer form.
      state = after(log.events.slice(heardTo).map((event) => (random() < 0.5 ? usable(event) : log.told(event))), state);
      heardTo = log.events.length;
    };
    const join = (recovered) => {
      const head = log.events.length;
      const start = recovered ? heardTo : Math.max(0, head - 5);
      const unread = tally(log.page(1, head).filter((event) => event.type === "message"), 0, state).unread;
      state = reduce(state, { type: "joined", joined: usable(joined({ head, recovered, pins: log.pins, unread })), focus: false, at: 0 });
      state = after(log.page(start + 1, head), state);
      state = reduce(state, { type: "live", room: "lobby" });
      heardTo = head;
    };
    for (let turn = 0; turn < 60; turn += 1) {
      const way = random();
      if (way < 0.35) log.said(random);
      else if (way < 0.75) log.amends(random);
      else if (way < 0.8) {
        state = reduce(state, { type: "link", link: { status: "waiting" }, at: 0 });
        pages = [];
        join(random() < 0.7);
      } else if (way < 0.9) {
        // What one asks for is read now, and comes later.
        const first = state.rooms.lobby.items[0]?.offset ?? 1;
        pages.push(log.page(Math.max(1, first - 4), first - 1));
      } else {
        for (const events of pages) state = reduce(state, { type: "page", page: { room: "lobby", events, more: true } });
        pages = [];
      }
      if (random() < 0.7) hear();
    }
    hear();
    const { items, pins, unread } = state.rooms.lobby;
    const held = items.filter((item) => item.type === "message");
    const wanted = held.map(({ offset }) => log.told(log.events[offset - 1]));
    assert.deepEqual(seen(items), seen(wanted), `seed ${seed}`);
    assert.deepEqual([...pins].sort(), [...log.pins].sort(), `seed ${seed}`);
    const all = tally(log.page(1, log.events.length), 0, state).unread;
    if ((items[0]?.offset ?? 1) === 1) assert.equal(unread, all, `seed ${seed}`);
    assert.deepEqual(seen(amended(items, log.events.map(usable), ada)), seen(items), `seed ${seed}: once more`);
  }
});
