// One file on its way to the server, by tus 1.0.0, in parts: cut off, it goes on where it was. It touches no DOM.
//
//   send({method, path, headers, body, progress, signal}): promises {status, header(name), text}, rejects where it was cut
//   clock: as for a connection      random(): [0, 1)      headers(): who one is      known: {get, set} of ids by file
//   changed(): something of what it shows has changed: `status`, `at`, `why`
//
// A status is waiting (for its turn), sending, cut (tried again by itself), refused (`why`), whole, gone.

export const PART_BYTES = 4 * 1024 * 1024;
const VERSION = { "Tus-Resumable": "1.0.0" };
const FIRST_MS = 1000;
const LONGEST_MS = 20_000;
const LONGEST_HOLD_SECONDS = 30;
// How often an upload that the server has forgotten begins anew before the person is asked.
const MOST_ANEW = 3;

const base64 = (text) => btoa([...new TextEncoder().encode(text)].map((byte) => String.fromCharCode(byte)).join(""));

/** What the answer to a request means for an upload. */
class Answered extends Error {
  constructor({ status, text }) {
    super(String(status));
    this.status = status;
    try {
      this.body = JSON.parse(text);
    } catch (bad) {
      this.body = null;
    }
  }
}

/** What is not there any more, or cannot be read. */
class Unreadable extends Error {}

const number = (value) => (/^\d{1,15}$/.test(value ?? "") ? Number(value) : null);

export class Upload {
  constructor({ file, room, send, clock, random, headers, known, changed, refusal }) {
    Object.assign(this, { file, room, _send: send, _clock: clock, _random: random, _headers: headers, _known: known, _changed: changed, _refusal: refusal });
    this.status = "waiting";
    this.why = null;
    this.at = 0;
    this.id = known.get(file, room);
    this._sure = this.id === null; // whether `at` is what the server has
    this._anew = 0;
    this._attempt = 0;
    this._wakes = null;
    this._abort = null;
    this._run = 0;
  }

  get size() {
    return this.file.size;
  }

  /** Bring it, or go on; promises that it goes no further by itself. */
  async start() {
    const run = (this._run += 1);
    const goesOn = () => this._run === run && this.status !== "gone";
    this._attempt = 0;
    while (goesOn()) {
      try {
        this._become("sending");
        await this._goOn(goesOn);
        if (goesOn()) {
          this._known.set(this.file, this.room, null);
          this._become("whole");
        }
        return;
      } catch (fault) {
        if (!goesOn()) return;
        const wait = await this._afterFault(fault);
        if (!goesOn()) return;
        if (wait === null) return;
        this._become("cut");
        await this._pause(wait);
      }
    }
  }

  /** The network is back: no need to wait. */
  wake() {
    this._attempt = 0;
    this._wakes?.();
  }

  /** Give it up; the server is told. */
  async cancel() {
    if (this.status === "gone") return;
    this.status = "gone";
    this._abort?.abort();
    this._wakes?.();
    this._known.set(this.file, this.room, null);
    if (this.id === null) return;
    try {
      await this._ask("DELETE", `/files/${this.id}`, {});
    } catch (lost) {
      // It is gone a day later in any case.
    }
  }

  _become(status, why = null) {
    this.status = status;
    this.why = why;
    this._changed();
  }

  async _goOn(goesOn) {
    await this._readable();
    if (this.id === null) await this._create();
    else if (!this._sure) await this._look();
    while (goesOn() && this.at < this.size) await this._part();
    // Of an empty file there is no last part after which the server would look at it.
    if (goesOn() && this.size === 0) await this._look();
  }

  async _create() {
    const metadata = `filename ${base64(this.file.name)},room ${base64(this.room)}`;
    const answer = await this._ask("POST", "/files/", { "Upload-Length": String(this.size), "Upload-Metadata": metadata });
    const found = /^\/files\/([A-Za-z0-9_-]{1,64})$/.exec(answer.header("Location") ?? "");
    if (answer.status !== 201 || found === null) throw new Answered(answer);
    this.id = found[1];
    this.at = 0;
    this._sure = true;
    this._known.set(this.file, this.room, this.id);
  }

  async _look() {
    const answer = await this._ask("HEAD", `/files/${this.id}`, {});
    const at = number(answer.header("Upload-Offset"));
    const length = number(answer.header("Upload-Length"));
    if (at === null || at > this.size || (length !== null && length !== this.size)) throw new Answered({ status: 404, text: "" });
    this.at = at;
    this._sure = true;
    this._changed();
  }

  async _part() {
    const from = this.at;
    const body = this.file.slice(from, from + PART_BYTES);
    this._sure = false;
    const progress = (sent) => {
      this.at = Math.min(from + sent, this.size);
      this._changed();
    };
    const headers = { "Upload-Offset": String(from), "Content-Type": "application/offset+octet-stream" };
    const answer = await this._ask("PATCH", `/files/${this.id}`, headers, body, progress);
    const at = number(answer.header("Upload-Offset"));
    if (at === null || at <= from || at > this.size) throw new Error("no progress");
    this.at = at;
    this._sure = true;
    this._attempt = 0;
    this._anew = 0;
    this._changed();
  }

  async _ask(method, path, headers, body = null, progress = null) {
    const abort = new AbortController();
    if (method !== "DELETE") this._abort = abort;
    const answer = await this._send({ method, path, headers: { ...VERSION, ...this._headers(), ...headers }, body, progress, signal: abort.signal });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new Answered(answer);
  }

  /** A folder has no bytes, and a file may have been changed or taken away since. */
  async _readable() {
    try {
      await this.file.slice(0, 1).arrayBuffer();
    } catch (bad) {
      throw new Unreadable();
    }
  }

  /** How long to wait before it is tried again, in milliseconds; null where that would not help. */
  async _afterFault(fault) {
    this._sure = false;
    if (fault instanceof Unreadable) return this._refused({ code: "unreadable" });
    const { status, body } = fault;
    if (status === 404 && this.id !== null && this._anew < MOST_ANEW) {
      this._anew += 1;
      this.id = null;
      this.at = 0;
      this._known.set(this.file, this.room, null);
      return 0;
    }
    const seconds = Number.isFinite(body?.retry_after) ? body.retry_after : null;
    if (status === 423 || status === 429) {
      return (seconds ?? 2) > LONGEST_HOLD_SECONDS ? this._refused(body) : Math.max(0.2, seconds ?? 2) * 1000;
    }
    const ours = status === undefined || status === 409 || (status >= 500 && status !== 507);
    if (!ours) return this._refused(body ?? { code: "", status });
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** this._attempt);
    this._attempt += 1;
    return most / 2 + (this._random() * most) / 2;
  }

  _refused(body) {
    this._become("refused", this._refusal(body ?? {}));
    return null;
  }

  _pause(ms) {
    return new Promise((done) => {
      const timer = this._clock.setTimeout(() => this._wakes?.(), ms);
      this._wakes = () => {
        this._clock.clearTimeout(timer);
        this._wakes = null;
        done();
      };
    });
  }
}
