// How somebody holds the page.

/** Somebody who has no keyboard sends by the button, and Enter breaks the line. */
export const byTouch = () => matchMedia("(hover: none) and (pointer: coarse)").matches;
