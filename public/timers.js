// Timers by name, of which each runs at most once at a time. The clock is handed in: {setTimeout(f, ms), clearTimeout(id)}.

export class Timers {
  constructor(clock) {
    this._clock = clock;
    this._ids = new Map();
  }

  runs(name) {
    return this._ids.has(name);
  }

  /** Run `act` after that time, in place of what was to run under this name. */
  after(name, delayMs, act) {
    this.stop(name);
    const run = () => {
      this._ids.delete(name);
      act();
    };
    this._ids.set(name, this._clock.setTimeout(run, delayMs));
  }

  stop(name) {
    if (this._ids.has(name)) this._clock.clearTimeout(this._ids.get(name));
    this._ids.delete(name);
  }

  stopAll() {
    for (const name of [...this._ids.keys()]) this.stop(name);
  }
}
