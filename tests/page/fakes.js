// A clock, a line and a server's end of it that obey the test.

export class FakeClock {
  constructor() {
    this.time = 1_000_000;
    this.timers = new Map();
    this.ids = 0;
  }

  now = () => this.time;

  setTimeout = (act, delayMs) => {
    this.ids += 1;
    this.timers.set(this.ids, { at: this.time + delayMs, act });
    return this.ids;
  };

  clearTimeout = (id) => this.timers.delete(id);

  advance(ms) {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.timers].filter(([, one]) => one.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (due === undefined) break;
      this.timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].act();
    }
    this.time = end;
  }
}

/** One WebSocket as the page sees it; the test is the server. */
export class FakeSocket {
  sent = [];
  shut = false;

  send(data) {
    if (this.shut) throw new Error("sent on a closed line");
    this.sent.push(JSON.parse(data));
  }

  close() {
    this.shut = true;
  }

  opens() {
    this.onopen({});
  }

  gives(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }

  breaks(code = 1006, reason = "") {
    this.shut = true;
    this.onclose({ code, reason });
  }

  /** The commands of one type that were sent, without their refs. */
  asked(type) {
    return this.sent.filter((one) => one.type === type).map(({ ref, ...command }) => command);
  }

  /** Answer the newest unanswered command of a type. */
  answers(type, frame) {
    const command = this.sent.findLast((one) => one.type === type && !one.answered);
    if (command === undefined) throw new Error(`no ${type} was asked`);
    command.answered = true;
    this.gives({ ...frame, ref: command.ref });
    return command;
  }
}

export const ada = { id: "p1", name: "ada", avatar: "/avatar/p1.svg?A" };
export const bob = { id: "p2", name: "bob", avatar: "/avatar/p2.svg?B" };
export const eve = { id: "p3", name: "eve", avatar: "/avatar/p3.svg?E" };

export const message = (offset, more = {}) => ({
  type: "message",
  room: "lobby",
  offset,
  id: `m${offset}`,
  at: "2026-11-24T02:15:50.123Z",
  from: bob,
  text: `text ${offset}`,
  ...more,
});

export const welcome = (more = {}) => ({
  type: "welcome",
  server: "chatd",
  epoch: "e1",
  me: { ...ada, role: "guest" },
  rooms: [{ room: "lobby", topic: "", head: 0, read: 0 }],
  limits: { text: 4000, frame: 65536, message_rate: 5, message_burst: 20 },
  now: "2026-11-24T02:15:50.123Z",
  ...more,
});

export const joined = (more = {}) => ({
  type: "joined",
  room: "lobby",
  topic: "",
  epoch: "e1",
  head: 0,
  read: 0,
  recovered: false,
  count: 1,
  members: [ada],
  ...more,
});

/** Numbers that look random and are the same in every run. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
