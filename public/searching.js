// Looking for something: one question to the server at a time, and the last one counts. It touches no DOM; clock and the
// asking are handed in.
//
//   ask(command): promises a reply, or a refusal with a `why` for a person      clock: as for a connection
//   emit(state): what is known now
//
// A state is {query, status, hits, more, why}: status is idle, busy, found, offline, failed; `why` is what the server has to
// say of the query, or what was wrong.

const WAIT_MS = 250;
const LIMIT = 20;
const LONGEST_HOLD_SECONDS = 10;
// The server stops a search that takes long; it is gone on with so often before the person has to ask.
const MOST_STEPS = 5;

export const IDLE = { query: "", status: "idle", hits: [], more: false, why: "" };

const keyOf = ({ message: { room, offset } }) => `${room} ${offset}`;

export class Searching {
  constructor({ ask, clock, emit, state = IDLE }) {
    Object.assign(this, { _ask: ask, _clock: clock, _emit: emit, state });
    this._next = state.next ?? null;
    this._timer = null;
    this._running = false;
    this._wanted = null; // what is asked next, {query, more}
  }

  /** Look for that when the person has stopped typing for a moment; `soon` at once. */
  seek(query, { soon = false } = {}) {
    if (query === this.state.query && ["busy", "found"].includes(this.state.status)) return;
    this._wait();
    this._wanted = null;
    if (query === "") return this._become(IDLE);
    // What was found stays in sight until there is something else.
    this._become({ ...this.state, query, status: "busy", more: false, why: "" });
    return this._later(soon ? 0 : WAIT_MS, { query, more: false });
  }

  /** Go on to what is older. */
  further() {
    if (this.state.status !== "found" || !this.state.more) return;
    this._become({ ...this.state, status: "busy" });
    this._run({ query: this.state.query, more: true });
  }

  /** Ask once more what could not be answered. */
  again() {
    const { query, status } = this.state;
    if (status === "offline" || status === "failed") this.seek(query, { soon: true });
  }

  stop() {
    this._wait();
    this._wanted = null;
    this._emit = () => {};
  }

  _become(state) {
    this.state = state;
    this._emit(state);
  }

  _wait() {
    if (this._timer !== null) this._clock.clearTimeout(this._timer);
    this._timer = null;
  }

  _later(ms, wanted) {
    if (ms === 0) return this._run(wanted);
    this._timer = this._clock.setTimeout(() => {
      this._timer = null;
      this._run(wanted);
    }, ms);
    return undefined;
  }

  async _run(wanted, step = 1) {
    if (this._running) {
      this._wanted = wanted;
      return;
    }
    this._running = true;
    const { query, more } = wanted;
    const answer = await this._ask({ type: "search", query, limit: LIMIT, ...(more ? { before: this._next } : {}) });
    this._running = false;
    const other = this._wanted;
    this._wanted = null;
    if (other !== null) return this._run(other);
    // The person has gone on meanwhile.
    if (query !== this.state.query || this._timer !== null) return undefined;
    return answer.hits === undefined ? this._refused(answer, wanted) : this._found(answer, wanted, step);
  }

  _refused({ code, why, retry_after: seconds }, wanted) {
    if (code === "rate_limited" && !(seconds > LONGEST_HOLD_SECONDS)) return this._later(Math.max(0.1, seconds ?? 1) * 1000, wanted);
    const status = code === "cut_off" ? "offline" : "failed";
    return this._become({ ...this.state, status, why, ...(wanted.more ? {} : { hits: [], more: false }) });
  }

  _found({ hits, more, next, why }, wanted, step) {
    const known = new Set(wanted.more ? this.state.hits.map(keyOf) : []);
    const kept = wanted.more ? this.state.hits : [];
    const all = [...kept, ...hits.filter((one) => !known.has(keyOf(one)))];
    const on = more && next !== "";
    this._next = next;
    const onward = on && all.length === kept.length && step < MOST_STEPS;
    this._become({ query: wanted.query, status: onward ? "busy" : "found", hits: all, more: on, why: why || this.state.why, next });
    if (onward) this._run({ query: wanted.query, more: true }, step + 1);
  }
}
