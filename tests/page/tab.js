// A page without a browser.

import { Connection } from "../../public/connection.js";
import { initial, reduce } from "../../public/state.js";
import { tokensIn } from "../../public/storage.js";
import { FakeClock, FakeSocket, joined, welcome } from "./fakes.js";

export const nothing = () => {
  throw new Error("storage is off");
};

/** A page with a line, without a browser: its state, its actions, the sockets it has opened. */
export class Tab {
  constructor({ random = () => 0.5, tokens = tokensIn(nothing) } = {}) {
    this.clock = new FakeClock();
    this.sockets = [];
    this.actions = [];
    this.state = initial;
    this.tokens = tokens;
    let cids = 0;
    this.line = new Connection({
      open: () => {
        const socket = new FakeSocket();
        this.sockets.push(socket);
        return socket;
      },
      clock: this.clock,
      random,
      newCid: () => `c${(cids += 1)}`,
      tokens,
      emit: (action) => {
        this.actions.push(action);
        this.state = reduce(this.state, action);
      },
    });
  }

  get socket() {
    return this.sockets.at(-1);
  }

  get texts() {
    return this.textsOf("lobby");
  }

  textsOf(room) {
    return this.state.rooms[room].items.filter((one) => one.kind === "message").map((one) => one.text);
  }

  start(more = {}) {
    this.line.start({ name: "ada", ...more });
    return this;
  }

  /** Greeted, and live in the lobby at `head` with nothing replayed. */
  enters(head = 0, more = {}) {
    this.start(more);
    this.socket.opens();
    this.socket.answers("hello", welcome({ token: "t1" }));
    this.socket.answers("join", joined({ head }));
    this.socket.gives({ type: "live", room: "lobby", offset: head });
    return this;
  }

  /** The line is cut, and as soon as there is a new one it opens. */
  reopens() {
    this.socket.breaks();
    for (let tenths = 0; this.socket.shut && tenths < 300; tenths += 1) this.clock.advance(100);
    this.socket.opens();
  }

  /** The line is cut, and after the wait there is a new one, greeted. */
  comesBack(code = 1006, reason = "") {
    this.socket.breaks(code, reason);
    this.clock.advance(3000);
    this.socket.opens();
    this.socket.answers("hello", welcome());
    return this.socket;
  }
}
