// How a tray of files is put together with the browser and the page. It is loaded with the first file.

import { words as refusalWords } from "./dialect.js";
import { isFileId } from "./attached.js";
import { isToken, line, LONGEST_NAME } from "./checks.js";
import { send } from "./sending.js";
import { sizeIn } from "./sizes.js";
import { parsed, reading, writing } from "./storage.js";
import { isUnderWay, Tray } from "./tray.js";
import { Upload } from "./tus.js";
import { key, language, t } from "./words.js";

const UPLOADS = "chatd.uploads";
const MOST_KNOWN = 50;
const LONGEST_WORDS = 300;

const WHY = {
  quota: key("There is no room left for your files."),
  read_only: key("The server’s disk is full. Talking goes on; try it again later."),
  bad_token: key("You have been signed out."),
  unreadable: key("This file cannot be read."),
};

/** Why a file is not taken, for a person. */
export function refusalOf({ code, message, retry_after: seconds, status }, most) {
  if (code === "too_long") return t("This file is too large: the server takes {most} at most.", { most: sizeIn(language(), most) });
  if (Object.hasOwn(WHY, code ?? "")) return t(WHY[code]);
  const later = Number.isFinite(seconds) ? { retry_after: seconds } : {};
  return refusalWords({ code: isToken(code) ? code.slice(0, LONGEST_NAME) : String(status ?? ""), message: line(message, LONGEST_WORDS), ...later });
}

/**
 * The uploads that this tab has begun, by their files: who gives the same file again after a reload goes on with what there is.
 * An upload that has been gone on with is not taken for another one.
 */
export function knownIn(store) {
  const before = parsed(reading(store, UPLOADS)) ?? {};
  const now = {};
  const keyOf = (file, room) => JSON.stringify([room, file.name, file.size, file.lastModified]);
  const keep = () => writing(store, UPLOADS, JSON.stringify(Object.fromEntries(Object.entries({ ...before, ...now }).slice(-MOST_KNOWN))));
  return {
    get(file, room) {
      const name = keyOf(file, room);
      const id = Object.hasOwn(before, name) && isFileId(before[name]) ? before[name] : null;
      delete before[name];
      return id;
    },
    set(file, room, id) {
      if (id === null) delete now[keyOf(file, room)];
      else now[keyOf(file, room)] = id;
      keep();
    },
  };
}

/** The tray of the page; `app` as for acts.js. */
export function trayFor(app) {
  const { dispatch, connection, clock } = app;
  const most = () => app.state.limits.upload ?? 0;
  const known = knownIn(() => window.sessionStorage);
  const headers = () => (connection.who?.token ? { Authorization: `Bearer ${connection.who.token}` } : {});
  const uploads = (file, room, changed) =>
    new Upload({ file, room, send, clock, random: Math.random, headers, known, changed, refusal: (body) => refusalOf(body, most()) });
  const tray = new Tray({
    uploads,
    say: (room, text, reply, files) => connection.say(room, text, reply, files),
    emit: (now) => dispatch({ type: "tray", tray: now }),
    notice: (text) => dispatch({ type: "notice", text }),
    hand: (room, text) => dispatch({ type: "handed", room, text }),
    most,
    words: {
      tooMany: (n) => t("A message can have {n} files at most.", { n }),
      tooLarge: (name) => `${name}: ${refusalOf({ code: "too_long" }, most())}`,
    },
  });
  tray.choose = (room) => {
    const field = Object.assign(document.createElement("input"), { type: "file", multiple: true, hidden: true });
    field.onchange = () => {
      tray.add(room, [...field.files]);
      field.remove();
      document.querySelector(".composer textarea")?.focus();
    };
    field.oncancel = () => field.remove();
    document.body.append(field);
    field.click();
  };
  addEventListener("online", () => tray.wake());
  // Who leaves would lose what is on its way.
  addEventListener("beforeunload", (event) => {
    if (isUnderWay(app.state.tray)) event.preventDefault();
  });
  return tray;
}
