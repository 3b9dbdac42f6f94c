// What was said and is not yet answered. A message stays here until the server has said that it is kept, through lost
// lines, restarts and reloads; its cid makes saying it again harmless.

import { t } from "./words.js";

const AT_ONCE = 16;

/** What is said, without what only the outbox knows of it: {cid, room, text}, `reply_to`, if it is a reply, and the ids of its `files`. */
export const plain = ({ cid, room, text, reply_to: to, files }) => ({ cid, room, text, ...(to ? { reply_to: to } : {}), ...(files ? { files } : {}) });

// Who is to wait longer is told so, and what is for other rooms goes on.
const LONGEST_HOLD_SECONDS = { rate_limited: 10, read_only: 300 };

export class Outbox {
  /**
   * `send(item)` puts one item, as `plain` gives it, on the line; `emit(action)` tells the page; `clock` has now, setTimeout
   * and clearTimeout. `items` are those that an earlier life of this tab left unanswered.
   */
  constructor({ send, emit, clock, items = [] }) {
    this._send = send;
    this._emit = emit;
    this._clock = clock;
    this._items = items.map((item) => ({ ...plain(item), state: "waiting", tried: true }));
    this._open = false;
    this._slow = false;
    this._timer = null;
  }

  /** The unanswered items, oldest first. */
  get items() {
    return this._items.map(plain);
  }

  add(item) {
    this._items.push({ ...item, state: "waiting", tried: false });
    this._emit({ type: "said", ...item });
    this._flush();
  }

  /** The line stands, and whatever was on the old one is unanswered. */
  opened() {
    this._open = true;
    this._flush();
  }

  closed() {
    this._open = false;
    if (this._timer !== null) this._clock.clearTimeout(this._timer);
    this._timer = null;
    for (const item of this._items) if (item.state === "sent") item.state = "waiting";
  }

  /** The server has kept it. */
  settled(cid) {
    this._items = this._items.filter((item) => item.cid !== cid);
    if (this._items.length === 0) this._slow = false;
    this._emit({ type: "settled", cid });
    this._flush();
  }

  /** The server would not take it: for a moment (`retrySeconds`), or for as long as it stays as it is. */
  refused(cid, { code, why, retrySeconds }) {
    const item = this._items.find((one) => one.cid === cid);
    if (item === undefined) return;
    const later = retrySeconds !== undefined && retrySeconds <= (LONGEST_HOLD_SECONDS[code] ?? 0);
    item.state = later ? "waiting" : "refused";
    this._emit({ type: later ? "held" : "refused", cid, why });
    if (later) this._hold(Math.max(0.1, retrySeconds) * 1000);
    else this._flush();
  }

  /** The person wants a refused item said once more. */
  again(cid) {
    const item = this._items.find((one) => one.cid === cid && one.state === "refused");
    if (item === undefined) return;
    item.state = "waiting";
    this._emit({ type: "held", cid, why: null });
    this._flush();
  }

  drop(cid) {
    this._items = this._items.filter((item) => item.cid !== cid);
    this._flush();
  }

  /** One has become somebody else: whether these were kept under the old name can no longer be found out. */
  disown() {
    for (const item of this._items) {
      if (item.state === "refused" || !item.tried) continue;
      item.state = "refused";
      const why = t("It is not certain that this message was sent.");
      this._emit({ type: "refused", cid: item.cid, why });
    }
  }

  // Once over the rate, one at a time and in order: more would only be refused again.
  _hold(delayMs) {
    this._slow = true;
    if (this._timer !== null) this._clock.clearTimeout(this._timer);
    this._timer = this._clock.setTimeout(() => {
      this._timer = null;
      this._flush();
    }, delayMs);
  }

  _flush() {
    if (!this._open || this._timer !== null) return;
    let room = (this._slow ? 1 : AT_ONCE) - this._items.filter((item) => item.state === "sent").length;
    for (const item of this._items) {
      if (room <= 0) return;
      if (item.state !== "waiting") continue;
      item.state = "sent";
      item.tried = true;
      room -= 1;
      this._send(plain(item));
    }
  }
}
