// The shortcuts of the whole page; see ../shortcuts.js.

import { useEffect, useRef } from "../vendor/preact-hooks.js";
import { inSidebar } from "../order.js";
import { at } from "../room.js";
import { roomBeside, shortcutOf } from "../shortcuts.js";

// These open in place of another dialog, and close again.
const SWITCHES = ["switcher", "search"];

const WRITING = "input, textarea, select, [contenteditable]";

/** Listen while one is in the chat; `state`, `ui` and `act` as for every view. */
export function useKeys(state, ui, act) {
  const now = useRef(null);
  now.current = { state, ui };
  useEffect(() => {
    const acts = {
      room({ by, unread }) {
        const { rooms, active } = now.current.state;
        const name = roomBeside(inSidebar(rooms), active, by, unread);
        if (name !== null) act.show(at(rooms, name));
      },
      switcher: () => act.dialog(now.current.ui.dialog === "switcher" ? null : "switcher"),
      search: () => act.dialog(now.current.ui.dialog === "search" ? null : "search"),
      help: () => act.dialog("help"),
      escape() {
        if (now.current.ui.panel !== null) return act.panel(null);
        if (now.current.state.active !== null) act.caughtUp(now.current.state.active);
        document.querySelector(".composer textarea")?.focus();
        return undefined;
      },
      // The letter itself arrives in the field, which has the focus by then.
      type: () => document.querySelector(".composer textarea")?.focus(),
    };
    const onKeyDown = (event) => {
      const found = shortcutOf(event, event.target.matches?.(WRITING) ?? false);
      const { ui: { dialog } } = now.current;
      if (found === null || (dialog !== null && !SWITCHES.includes(found.act))) return;
      if (found.act !== "type") event.preventDefault();
      acts[found.act](found);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}
