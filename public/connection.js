// The page's end of `chatd.v1`: says hello, joins, says what is to be said, and comes back by itself after a cut, with
// nothing lost and nothing twice. It touches neither DOM nor storage; socket, clock, chance and tokens are handed in.
//
//   open(): something like a WebSocket      clock: {now(), setTimeout(f, ms), clearTimeout(id)}
//   random(): [0, 1)                        newCid(): 1 to 64 printable ASCII characters, never the same twice
//   tokens: {get(name), set(name, token), drop(name), move(old, new, token)}
//   emit(action): see state.js

import { Asking, cutOff, joinOf } from "./asking.js";
import { wellFormed } from "./checks.js";
import { closedForGood, delayBefore, retryMs } from "./line.js";
import { Cursors } from "./cursors.js";
import { Outbox } from "./outbox.js";
import { answers, replyTo, told, TOO_LONG } from "./dialect.js";
import { usable } from "./frames.js";
import { Timers } from "./timers.js";
import { t } from "./words.js";

const OPEN = 1; // as WebSocket.OPEN
const GREETING_MS = 15_000;
const ANSWER_MS = 20_000;
const QUIET_MS = 45_000;
// By when another tab of this browser has the cookie of the account that one has become.
const BECOMING_MS = 1000;
// What `ref` adds to a command.
const REF_BYTES = 32;

const bytes = (command) => new TextEncoder().encode(JSON.stringify(command)).length + REF_BYTES;

export class Connection extends Asking {
  constructor({ open, clock, random, newCid, tokens, emit }) {
    super();
    Object.assign(this, { _open: open, clock, _random: random, _newCid: newCid, tokens, emit });
    this.cursors = new Cursors();
    // {name, email, token, was: the name that the token is kept under, account: whether a cookie says who one is}
    this.who = null;
    this.refused = null; // the person who was joined and cannot have their name again
    this.me = null;
    this.frameBytes = Infinity; // the largest frame that the server takes
    this.greeted = false;
    this._socket = null;
    this._typed = new Map(); // room -> when the others were last told
    this._asked = new Map(); // ref -> the command that waits for its reply, with what only we know of it
    this._refs = 0;
    this._later = []; // what was asked while the server had not greeted yet: {command, done}
    this._guest = false; // whether one is on this line as a guest
    this.becoming = null; // while a guest asks for an account: whether the line has been closed
    this._attempt = 0;
    this.timers = new Timers(clock);
    this._newOutbox([]);
  }

  /**
   * Be `name` from now on, in `rooms`; `unsent` is what an earlier life of this tab left unanswered. `as`, a person
   * that this connection was ({name, token}), is the one who takes the name; else it is whoever had it here before. With
   * an `account` it is whoever has signed in in this browser, whatever the name.
   */
  start({ name, email = "", rooms = ["lobby"], unsent = [], as = null, account = false }) {
    this.stop();
    const token = account ? null : (as?.token ?? this.tokens.get(name));
    this.who = { name, email: wellFormed(email), token, was: as?.name ?? name, account };
    this.me = null;
    this.cursors.clear();
    for (const room of rooms) this.cursors.add(room);
    this._newOutbox(unsent);
    this._call();
  }

  /** Hang up and give up the token: nobody can be this person again. */
  forget() {
    if (this.who !== null) this.tokens.drop(this.who.was);
    this.stop();
  }

  /** Hang up and be nobody. */
  stop() {
    this._hangUp();
    this.who = null;
  }

  /** Try at once, if it is waiting to: the network is back, or the person asked. */
  wake() {
    if (this.who === null || this._socket !== null || this.becoming !== null) return;
    this._attempt = 0;
    this._call();
  }

  // What follows is for this module, asking.js, dialect.js and accounts.js.

  /** Put a command on the line and remember what its reply will be about. */
  send(command, more = {}) {
    const ref = String((this._refs += 1));
    this._asked.set(ref, { ...command, ...more });
    // Where the server is closing the line, the browser knows before the page does: then the answer is that it was cut off.
    if (!(this._socket.readyState > OPEN)) this._socket.send(JSON.stringify({ ...command, ref }));
    if (!this.timers.runs("answer")) this.timers.after("answer", ANSWER_MS, () => this.cut());
  }

  hello() {
    const { name, email, token, account } = this.who;
    this._guest = !account;
    this.send({ type: "hello", ...(account ? {} : { name }), ...(email ? { email } : {}), ...(token ? { token } : {}) });
  }

  /** Greeted: everything that was heard is heard again from where it stood, then what was not answered is said again. */
  resume() {
    this.greeted = true;
    this._attempt = 0;
    this.timers.stop("greeting");
    // Whoever hears that the line stands may ask for something at once, and it is about a room that one is to be in.
    for (const room of this.cursors.names) this.rejoin(room);
    this.emit({ type: "link", link: { status: "open" }, at: this.clock.now() });
    for (const { command, done } of this._later.splice(0)) this.send(command, { done });
    this.survey();
    this.outbox.opened();
    this._watch();
  }

  rejoin(room) {
    this.send(joinOf(room, this.cursors.position(room)));
  }

  /** One cannot come in like this; somebody has to choose another name, if `form` is "name", or to wait. */
  turnedAway(why, form, offer = null) {
    this.refused = this.me === null ? null : this.who;
    this.stop();
    this.emit({ type: "turned_away", form, why, offer });
  }

  /** One is nobody's account any more. */
  signedOut(why = null) {
    this.stop();
    this.emit({ type: "signed_out", why });
  }

  /** Give up this line and come back later. */
  cut(afterMs = null) {
    this._hangUp();
    const delay = afterMs ?? delayBefore(this._attempt, this._random);
    this._attempt += 1;
    this.emit({ type: "link", link: { status: "waiting", until: this.clock.now() + delay }, at: this.clock.now() });
    this.timers.after("retry", delay, () => this._call());
  }

  /** Hang up and call at once. */
  anew() {
    this._hangUp();
    this._attempt = 0;
    this._call();
  }

  _call() {
    this.timers.stop("retry");
    this.emit({ type: "link", link: { status: "connecting" }, at: this.clock.now() });
    let socket;
    try {
      socket = this._open();
    } catch (refusal) {
      this.cut();
      return;
    }
    this._socket = socket;
    this.timers.after("greeting", GREETING_MS, () => this.cut());
    // Whatever an old socket still has to say after we have given it up is of no interest.
    const ours = (act) => (happening) => {
      if (this._socket === socket) act(happening);
    };
    socket.onopen = ours(() => this.hello());
    socket.onmessage = ours(({ data }) => this._heard(data));
    socket.onclose = ours(({ code, reason }) => this.closed(code, reason));
  }

  _heard(data) {
    let frame;
    try {
      frame = JSON.parse(data);
    } catch (bad) {
      return this.cut();
    }
    this._heardAt = this.clock.now();
    frame = usable(frame);
    if (frame === null) return undefined;
    this.timers.stop("answer");
    const asked = this._asked.get(frame.ref);
    if (asked !== undefined && answers(frame, asked)) {
      this._asked.delete(frame.ref);
      replyTo(this, asked, frame);
    } else {
      told(this, frame);
    }
    const waits = this._socket !== null && this._asked.size > 0 && !this.timers.runs("answer");
    if (waits) this.timers.after("answer", ANSWER_MS, () => this.cut());
  }

  closed(code, reason) {
    const why = closedForGood(code);
    if (why === null) return this.cut(retryMs(code, reason));
    if (code === 4504 && this.becoming !== null) {
      this.becoming.closed = true;
      return this._hangUp();
    }
    // The guest has become an account in another tab of this browser.
    if (code === 4504 && this.who.account && this._guest) return this.cut(BECOMING_MS);
    if (code === 4504 && this.who.account) return this.signedOut(t("You have been signed out."));
    this._hangUp();
    if (code === 4504) {
      this.tokens.drop(this.who.name);
      this.who.token = null;
    }
    this.emit({ type: "link", link: { status: "closed", why }, at: this.clock.now() });
  }

  _hangUp() {
    this.timers.stopAll();
    const socket = this._socket;
    this._socket = null;
    this.greeted = false;
    const asked = [...this._asked.values(), ...this._later.splice(0)];
    this._asked.clear();
    for (const { done } of asked) done?.(cutOff());
    this.cursors.cut();
    this.outbox.closed();
    if (socket !== null) socket.close();
  }

  // A browser does not tell a page about pings, so a line that is silent for long is asked something.
  _watch() {
    this.timers.after("watch", QUIET_MS / 3, () => {
      if (this.clock.now() - this._heardAt > QUIET_MS) this.survey();
      this._watch();
    });
  }

  _newOutbox(items) {
    const send = ({ cid, ...said }) => {
      const command = { type: "say", ...said, cid };
      // The server would close the line, and the same would be said again on the next one.
      if (bytes(command) > this.frameBytes) this.outbox.refused(cid, { code: "too_long", why: t(TOO_LONG) });
      else this.send(command);
    };
    this.outbox = new Outbox({ send, emit: this.emit, clock: this.clock, items });
  }
}
