// The browser's clock, chance, sockets and storage, and how somebody holds it. No other module knows them.

export const local = () => window.localStorage;
export const session = () => window.sessionStorage;

export const clock = {
  now: () => Date.now(),
  setTimeout: (act, delayMs) => setTimeout(act, delayMs),
  clearTimeout: (timer) => clearTimeout(timer),
};

// Not randomUUID, which a browser has on secure origins only.
export const newCid = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export const open = () => {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(`${scheme}//${location.host}/ws`, ["chatd.v1"]);
};

/** Somebody who has no keyboard sends by the button, and Enter breaks the line. */
export const byTouch = () => matchMedia("(hover: none) and (pointer: coarse)").matches;
