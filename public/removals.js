// Messages that one has deleted and can bring back for a moment: the server hears of it when that is over, or when one
// goes away. The clock is handed in, as in connection.js.

import { Timers } from "./timers.js";

export const UNDO_MS = 5000;

// There is no line, or the room has not been joined again on the new one.
const LATER = ["cut_off", "not_member"];

export class Removals {
  /** `ask(command)` as the connection has it; `emit(action)` tells the page; `failed(why)` a person. */
  constructor({ clock, ask, emit, failed }) {
    Object.assign(this, { _ask: ask, _emit: emit, _failed: failed, _timers: new Timers(clock), _all: [] });
  }

  /** Delete the message at `offset` of a room, soon. */
  add({ room, offset, reason = "" }) {
    if (this._all.some((one) => one.room === room && one.offset === offset)) return;
    this._all.push({ room, offset, reason, status: "held" });
    this._told();
    this.hold(false);
  }

  /** Bring back all that is still held. */
  undo() {
    this._all = this._all.filter((one) => one.status !== "held");
    this._told();
    this._timers.stopAll();
  }

  /** Whether the time stands still, as while somebody is at the button that brings them back. */
  hold(still) {
    if (still) this._timers.stopAll();
    else if (this._all.some((one) => one.status === "held")) this._timers.after("due", UNDO_MS, () => this.flush());
  }

  /** Tell the server of all now. */
  flush() {
    this._timers.stopAll();
    for (const one of this._all.filter(({ status }) => status !== "sent")) this._send(one);
  }

  /** One hears the room again: what could not be told is told now. */
  live(name) {
    for (const one of this._all.filter(({ room, status }) => room === name && status === "waiting")) this._send(one);
  }

  /** This tab is nobody's any more, and the page knows it. */
  clear() {
    this._timers.stopAll();
    this._all = [];
  }

  async _send(one) {
    one.status = "sent";
    this._told();
    const { room, offset, reason } = one;
    const { code, why } = await this._ask({ type: "delete", room, offset, ...(reason ? { reason } : {}) });
    const later = LATER.includes(code);
    if (later) one.status = "waiting";
    else this._all = this._all.filter((other) => other !== one);
    this._told();
    // Somebody else may have been quicker.
    if (why !== undefined && !later && code !== "no_such_message") this._failed(why);
  }

  _told() {
    this._emit({ type: "leaving", leaving: this._all.map(({ room, offset, status }) => ({ room, offset, held: status === "held" })) });
  }
}
