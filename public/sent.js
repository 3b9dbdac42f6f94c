// The steps of what one has said oneself, from the composer to the log. Pure; see state.js.

import { notify, patch, show } from "./changes.js";

function marked(state, cid, change) {
  return { ...state, pending: state.pending.map((one) => (one.cid === cid ? { ...one, ...change } : one)) };
}

export const sentSteps = {
  tray: (state, { tray }) => ({ ...state, tray }),
  handed: (state, { room, text }) => ({ ...state, draft: { n: (state.draft?.n ?? 0) + 1, room, text } }),
  said: (state, { cid, room, text, reply_to: to, quote, files, attached }) =>
    patch(
      {
        ...state,
        pending: [...state.pending.filter((one) => one.cid !== cid), { cid, room, text, ...(to ? { reply_to: to, quote } : {}), ...(files ? { files, attached } : {}), status: "waiting", why: null }],
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
    const next = show({ ...state, pending: state.pending.filter((item) => item !== one), draft }, one.room);
    return one.reply_to ? patch(next, one.room, () => ({ replying: { offset: one.reply_to, quote: one.quote } })) : next;
  },
  /** One answers a message of the room: {offset, quote}; null for none. */
  replying: (state, { room, to }) => patch(state, room, () => ({ replying: to, editing: null })),
  leaving: (state, { leaving }) => ({ ...state, leaving }),
  /** One changes a message of one's own there, by its offset; null for none. */
  editing: (state, { room, offset }) => patch(state, room, () => ({ editing: offset, replying: null })),
};
