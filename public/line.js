// When to call the server again after the line was cut, and whether to. Pure functions of their arguments.

import { key, t } from "./words.js";

const FIRST_MS = [500, 3000];
const MOST_MS = 20_000;

/** Milliseconds to wait before try number `attempt` (0 is the first); `random` gives [0, 1). */
export function delayBefore(attempt, random) {
  if (attempt === 0) return FIRST_MS[0] + random() * (FIRST_MS[1] - FIRST_MS[0]);
  return random() * Math.min(MOST_MS, FIRST_MS[1] * 2 ** Math.min(attempt, 10));
}

/** The `retry_ms` that a server which is stopping put into its reason, within half a second and a minute, or null. */
export function retryMs(code, reason) {
  const found = code === 4000 ? /(?:^|\s)retry_ms=(\d{1,7})(?:\s|$)/.exec(reason ?? "") : null;
  return found === null ? null : Math.min(Math.max(Number(found[1]), FIRST_MS[0]), 60_000);
}

const FOR_GOOD = {
  4500: key("The server closed this connection because too much came from it at once."),
  4501: key("You have been banned from this server."),
  4503: key("The server closed this connection because no greeting came in time."),
  4504: key("Your place here has been revoked."),
};

/** Why one may not come back by oneself after such a close, for a person; null when one may. */
export function closedForGood(code) {
  if (!(code >= 4500 && code <= 4999)) return null;
  if (Object.hasOwn(FOR_GOOD, code)) return t(FOR_GOOD[code]);
  return t("The server closed this connection ({code}) and asks not to be called again.", { code: String(code) });
}
