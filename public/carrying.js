// What a person can do with files: a part of acts.js, of which `app` is. What brings them is loaded with the first one.

import { t } from "./words.js";

export function carryingOf(app) {
  let made = null;
  let remembered = null;
  const tray = () => {
    made ??= import("./attaching.js").then(
      ({ trayFor }) => trayFor(app),
      () => {
        made = null;
        app.dispatch({ type: "notice", text: t("There is no connection right now.") });
        return null;
      },
    );
    return made;
  };
  const does = async (act, ...rest) => (await tray())?.[act](...rest);

  return {
    /** Put files beside what is written in a room. */
    attach: (room, files) => does("add", room, [...files]),
    unattach: (key) => does("remove", key),
    reattach: (key) => does("retry", key),
    takeBack: (n) => does("takeBack", n),
    /** Files that are there already go beside what is written. */
    restore: (room, files) => does("restore", room, files),
    /** Whether what is written there has files. */
    carries: (room) => app.state.tray.some((one) => one.room === room && !one.sent),
    sendWith: (room, text, reply) => does("submit", room, text, reply),
    wakeFiles: () => made?.then((there) => there?.wake()),
    dropFiles: () => made?.then((there) => there?.clear()),

    /** Be known by a cookie, as whoever has an account is: a browser gets pictures by nothing else. `anew` is where one was not. */
    async known(anew = false) {
      const { me } = app.state;
      if (me?.role !== "guest") return;
      if (anew || remembered?.id !== me.id) {
        const asked = import("./accounts.js").then(({ askAccount }) => askAccount("remember", { token: app.connection.who?.token }));
        remembered = { id: me.id, asked: asked.catch(() => null) };
      }
      await remembered.asked;
    },
    /** Be known by none any more. */
    unknown() {
      if (remembered !== null) import("./accounts.js").then(({ askAccount }) => askAccount("sign-out", {}), () => {});
      remembered = null;
    },
  };
}
