// The steps of what one has said oneself, from the composer to the log. Pure; see state.js.

import { notify, patch, show } from "./changes.js";

function marked(state, cid, change) {
  return { ...state, pending: state.pending.map((one) => (one.cid === cid ? { ...one, ...change } : one)) };
}

export const sentSteps = {
  said: (state, { cid, room, text }) =>
    patch(
      {
        ...state,
        pending: [...state.pending.filter((one) => one.cid !== cid), { cid, room, text, status: "waiting", why: null }],
      },
      room,
      // Whoever answers has read.
      () => ({ line: null }),
    ),
  held: (state, { cid, why }) => marked(state, cid, { status: "waiting", why }),
  refused: (state, { cid, why }) => notify(marked(state, cid, { status: "refused", why }), why),
  settled: (state, { cid }) => ({ ...state, pending: state.pending.filter((one) => one.cid !== cid) }),
  handed_back(state, { cid }) {
    const one = state.pending.find((item) => item.cid === cid);
    if (one === undefined) return state;
    const draft = { n: (state.draft?.n ?? 0) + 1, room: one.room, text: one.text };
    return show({ ...state, pending: state.pending.filter((item) => item !== one), draft }, one.room);
  },
};
