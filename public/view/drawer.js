// Rooms and people come in over the conversation where the window is narrow. Who opens such a drawer is in it, and is
// back where they opened it when it closes.

import { useLayoutEffect } from "../vendor/preact-hooks.js";

/** Keep the focus with the open drawer; `panel` is the id of its element, or null. */
export function useDrawer(panel) {
  useLayoutEffect(() => {
    if (panel === null) return undefined;
    document.getElementById(panel)?.focus();
    return () => {
      // Whoever has gone on to the conversation stays there.
      const inTalk = document.querySelector(".talk")?.contains(document.activeElement);
      if (!inTalk) document.querySelector(`[aria-controls="${panel}"]`)?.focus();
    };
  }, [panel]);
}
