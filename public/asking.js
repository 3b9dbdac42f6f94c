// What a person asks of the server: the part of a connection (see connection.js) that puts it into commands.

import { wellFormed } from "./checks.js";
import { t } from "./words.js";

const PROBE_MS = 4000;
const TYPING_MS = 3000;
// Messages that one gets with the one that a link names.
const AROUND = 60;

/** What takes the place of a reply that did not come. */
export const cutOff = () => ({ type: "refused", code: "cut_off", why: t("There is no connection right now.") });

/** Hear a room, from a position on or from its last messages, however many changes lie among these. */
export const joinOf = (room, position = {}) => ({ type: "join", room, brief: true, ...position });

export class Asking {
  rename(name) {
    if (!this._whenOpen()) return;
    const { email, token } = this.who;
    this.send({ type: "hello", name, ...(email ? { email } : {}), ...(token ? { token } : {}) }, { renames: true });
  }

  /** Hear a room and show it when it is there; the form where its name was `typed` is told how it went. */
  join(room, { typed = false } = {}) {
    if (this.cursors.has(room) || !this._whenOpen()) return;
    this.cursors.add(room);
    this.send(joinOf(room), { focus: true, typed });
  }

  /** Hear a private conversation, without showing it. */
  hear(room) {
    if (this.cursors.has(room)) return;
    this.cursors.add(room);
    if (this.greeted) this.send(joinOf(room));
  }

  /**
   * Ask for anything else; while the line is being made, it waits for that. Promises the reply; of a refusal its `why` says
   * for a person what is wrong.
   */
  ask(command) {
    return new Promise((done) => {
      if (this.greeted) this.send(command, { done });
      else if (this._socket !== null) this._later.push({ command, done });
      else done(cutOff());
    });
  }

  leave(room) {
    this.cursors.drop(room);
    if (this.greeted) this.send({ type: "leave", room });
    this.emit({ type: "left", room });
  }

  /**
   * Say something, as a reply to the message `to` if that is given: {offset, quote}, of which the quote is for oneself alone;
   * with `attached`, files that the server has: {id, name, size}.
   */
  say(room, text, to = null, attached = []) {
    const reply = to === null ? {} : { reply_to: to.offset, quote: to.quote };
    const files = attached.length === 0 ? {} : { files: attached.map((one) => one.id), attached };
    this.outbox.add({ cid: this._newCid(), room, text: wellFormed(text), ...reply, ...files });
  }

  /** A page of a room: `way` is older (before an offset), newer (after it), around it, or newest, which needs none. */
  history(room, way, offset = null) {
    if (!this.greeted || !this.cursors.heard(room)) return;
    const bound = { older: { before: offset }, newer: { after: offset }, around: { before: offset + AROUND / 2 } }[way];
    this.emit({ type: "more_wanted", room });
    const limit = way === "around" ? { limit: AROUND } : {};
    this.send({ type: "history", room, ...(offset === null ? {} : bound), ...limit }, { way });
  }

  /** Tell the others in a room that one writes there, now and then. */
  typing(room) {
    const now = this.clock.now();
    if (!this.greeted || !this.cursors.heard(room) || now - (this._typed.get(room) ?? -TYPING_MS) < TYPING_MS) return;
    this._typed.set(room, now);
    this.send({ type: "typing", room });
  }

  /** Tell one's other tabs, and the server for later, how far a room has been read. Whether it could be told. */
  read(room, offset) {
    if (!this.greeted || !this.cursors.heard(room)) return false;
    this.send({ type: "read", room, offset });
    return true;
  }

  /** After a while in which nobody looked: does the server still answer, and soon? */
  probe() {
    if (!this.greeted) return;
    this.survey();
    this.timers.after("answer", PROBE_MS, () => this.cut());
  }

  /** Ask anew which rooms there are. */
  survey() {
    if (this.greeted) this.send({ type: "rooms" }, { anew: true });
  }

  _whenOpen() {
    if (!this.greeted) this.emit({ type: "notice", text: t("There is no connection right now.") });
    return this.greeted;
  }
}
