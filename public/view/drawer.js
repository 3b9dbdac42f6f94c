// Rooms and people come in over the conversation where the window is narrow. Who opens such a drawer is in it, and is
// back where they opened it when it closes.

import { useLayoutEffect } from "../vendor/preact-hooks.js";

/** Keep the focus with the open drawer; `panel` is the id of its element, or null. Escape closes it from anywhere. */
export function useDrawer(panel, close) {
  useLayoutEffect(() => {
    if (panel === null) return undefined;
    document.getElementById(panel)?.focus();
    const onKeyDown = (event) => {
      // An Escape that a form in the drawer has taken is not for the drawer.
      if (event.key === "Escape" && !event.defaultPrevented) close();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => {
      document.removeEventListener("keydown", onKeyDown);
      // Whoever has gone on to the conversation stays there.
      const inTalk = document.querySelector(".talk")?.contains(document.activeElement);
      if (!inTalk) document.querySelector(`[aria-controls="${panel}"]`)?.focus();
    };
  }, [panel]);
}
