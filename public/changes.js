// Steps that several of the page's actions have in common. Pure functions of the state; see state.js.

import { at } from "./room.js";
import { lastOffset } from "./timeline.js";

/** The state with the change that `change` finds for the room `name`, if there is such a room. */
export function patch(state, name, change) {
  const room = at(state.rooms, name);
  if (room === undefined) return state;
  return { ...state, rooms: { ...state.rooms, [name]: { ...room, ...change(room) } } };
}

/** The state with something to show for a moment. */
export function notify(state, text) {
  return { ...state, notices: state.notices + 1, notice: { n: state.notices + 1, text } };
}

/** The state with the answer to a form; `fault` is null where it went well, `offer` what would go well. */
export function answer(state, form, fault, offer = null) {
  const n = state.notices + 1;
  return { ...state, notices: n, forms: { ...state.forms, [form]: { n, fault, offer } } };
}

/** The change that says that everything of a room has been seen. */
export const allSeen = (room) => ({
  unread: 0,
  mentions: 0,
  seen: Math.max(room.seen, room.newer ? room.head : 0, lastOffset(room.items) ?? 0),
});

/** The state that shows the room `name`. What was unread in the one shown before has been left behind. */
export function show(state, name) {
  if (at(state.rooms, name) === undefined) return state;
  const left = state.active === null || state.active === name ? state : patch(state, state.active, () => ({ line: null, reading: false }));
  const next = patch(left, name, (room) => (room.reading || room.newer ? {} : allSeen(room)));
  return { ...next, active: name };
}
