// Which keys do what. By `code`, the place of a key, so that they are the same on every layout. Pure functions.

const MOVES = { ArrowUp: -1, ArrowDown: 1 };

/**
 * What a keydown asks for: {act: "room", by, unread}, {act: "switcher"}, {act: "search"}, {act: "help"}, {act: "escape"}, {act: "type"} or
 * null. `writing` says whether the focus is where one types.
 */
export function shortcutOf(event, writing) {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return null;
  const { altKey: alt, ctrlKey: ctrl, metaKey: meta, shiftKey: shift, code, key } = event;
  if (alt && !ctrl && !meta && Object.hasOwn(MOVES, code)) return { act: "room", by: MOVES[code], unread: shift };
  if ((ctrl || meta) && !alt && !shift && code === "KeyK") return { act: "switcher" };
  if ((ctrl || meta) && shift && !alt && code === "KeyF") return { act: "search" };
  if (key === "Escape") return { act: "escape" };
  if (writing || alt || ctrl || meta) return null;
  if (key === "?") return { act: "help" };
  // Space scrolls, and presses buttons.
  return [...key].length === 1 && key !== " " ? { act: "type" } : null;
}

/** The name of the room that lies `by` places from the active one in `rooms`, in their order; of the unread ones, if wished. */
export function roomBeside(rooms, active, by, unread = false) {
  const at = rooms.findIndex((room) => room.name === active);
  for (let step = 1; step <= rooms.length; step += 1) {
    const one = rooms[(((at === -1 && by < 0 ? 0 : at) + by * step) % rooms.length + rooms.length) % rooms.length];
    if (one.name !== active && (!unread || one.unread > 0)) return one.name;
  }
  return null;
}
