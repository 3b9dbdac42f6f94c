// What one seldom does about oneself; loaded when it is done. `app` is what app.js wires together, `act` what acts.js makes.

import { askAccount } from "./accounts.js";
import { nameProblem, nearestName } from "./names.js";
import { askForAlerts, ring } from "./signals.js";
import { t } from "./words.js";

export async function signOut(app, act) {
  const { why } = await askAccount("sign-out", {});
  if (why !== undefined) return act.notice(why);
  // The server cuts the line too, and either may be first.
  if (app.state.phase !== "form") app.connection.signedOut();
  return undefined;
}

export function rename({ connection }, act, name) {
  const chosen = name.trim();
  const problem = nameProblem(chosen);
  const other = connection.tokens.get(chosen);
  const taken = other !== null && other !== connection.who?.token;
  if (problem !== null) act.answered("rename", problem, nearestName(chosen));
  else if (taken) act.answered("rename", t("In this browser that name is somebody else. Join under it in another tab."));
  else connection.rename(chosen);
}

/** Whether one is to be called by the system, which asks the person first. */
export async function alerts(app, act, wish) {
  act.set({ alerts: wish && (await askForAlerts()) });
}

export function sound(app, act, wish) {
  act.set({ sound: wish });
  if (wish) ring();
}
