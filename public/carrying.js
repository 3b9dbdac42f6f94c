// What a person can do with files: a part of acts.js, of which `app` is. What brings them is loaded with the first one.

import { landing } from "./incoming.js";
import { t } from "./words.js";

export function carryingOf(app) {
  let made = null;
  const load = () =>
    (made ??= import("./attaching.js").then(
      ({ trayFor }) => trayFor(app),
      () => {
        made = null;
        app.dispatch({ type: "notice", text: t("There is no connection right now.") });
      },
    ));
  const tray = async (act, ...rest) => (await load())?.[act](...rest);
  return {
    /** Have the tray (see tray.js) do that. */
    tray,
    /** The same if there is one. */
    trayToo: async (act) => (await made)?.[act](),
    /** Files that come over the page go to the room of that name, or nowhere where it is null; see incoming.js. */
    takes: (room) => landing(() => room !== null && document.querySelector("dialog[open]") === null, (files) => tray("add", room, files)),
    /** Whether what is written in a room has files. */
    carries: (room) => app.state.tray.some((one) => one.room === room && !one.sent),
  };
}
