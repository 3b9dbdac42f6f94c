// Somebody who looks in before they have a name: hears the lobby as a watcher, whom nobody sees. It tries once, and later
// once more; who is not let in sees the form alone.

import { usable } from "./frames.js";

const AGAIN_MS = 10_000;
const LAST_MESSAGES = 30;
const OF_INTEREST = ["message", "wiped", "edited", "deleted"];
const nothing = () => {};

export class Door {
  /**
   * `open()` and `clock` as in connection.js; `hear(event)` is told what is said in the lobby, `can(what)` what the
   * server lets newcomers do, and `known()` is called when it is somebody's account that looks in.
   */
  constructor({ open, clock, hear, can = nothing, known = nothing }) {
    Object.assign(this, { _open: open, _clock: clock, _hear: hear, _can: can, _known: known, _socket: null, _timer: null, _wanted: false });
  }

  watch() {
    if (this._wanted) return;
    this._wanted = true;
    this._call(true);
  }

  stop() {
    this._wanted = false;
    if (this._timer !== null) this._clock.clearTimeout(this._timer);
    this._timer = null;
    const socket = this._socket;
    this._socket = null;
    if (socket !== null) socket.close();
  }

  _call(again) {
    let socket;
    try {
      socket = this._open();
    } catch (refusal) {
      return;
    }
    this._socket = socket;
    socket.onopen = () => {
      if (this._socket !== socket) return;
      socket.send(JSON.stringify({ type: "hello" }));
      socket.send(JSON.stringify({ type: "join", room: "lobby", limit: LAST_MESSAGES }));
    };
    socket.onmessage = ({ data }) => {
      if (this._socket === socket) this._heard(data);
    };
    socket.onclose = () => {
      if (this._socket !== socket) return;
      this._socket = null;
      if (!again || !this._wanted) return;
      this._timer = this._clock.setTimeout(() => {
        this._timer = null;
        this._call(false);
      }, AGAIN_MS);
    };
  }

  _heard(data) {
    let frame;
    try {
      frame = usable(JSON.parse(data));
    } catch (bad) {
      return this.stop();
    }
    if (frame === null) return undefined;
    if (frame.type === "welcome") return this._welcomed(frame);
    // Not even a look is for everybody. Whether one can sign up is found out by trying.
    if (frame.type === "refused" && frame.code === "forbidden") return this._can({ guests: "off", signUp: "open" });
    if (frame.room === "lobby" && OF_INTEREST.includes(frame.type)) this._hear(frame);
    return undefined;
  }

  _welcomed({ me, can }) {
    this._can(can);
    if (me.id === undefined) return;
    this.stop();
    this._known();
  }
}
