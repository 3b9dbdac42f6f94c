// What a person has chosen in this browser, and keeps: colours, language, whether it rings. `store` is as in storage.js.

import { LANGUAGES } from "./words.js";
import { isName } from "./checks.js";
import { parsed, reading, writing } from "./storage.js";

const KEY = "chatd.settings";
const MOST_ROOMS = 300;

export const THEMES = ["system", "light", "dark"];

/** What holds where nothing was chosen; `language` null is that of the browser. */
export const DEFAULTS = { theme: "system", language: null, alerts: false, sound: false, quiet: [] };

export function readSettings(store) {
  const value = parsed(reading(store, KEY)) ?? {};
  return {
    theme: THEMES.includes(value.theme) ? value.theme : DEFAULTS.theme,
    language: typeof value.language === "string" && Object.hasOwn(LANGUAGES, value.language) ? value.language : null,
    alerts: value.alerts === true,
    sound: value.sound === true,
    quiet: Array.isArray(value.quiet) ? value.quiet.filter(isName).slice(-MOST_ROOMS) : [],
  };
}

export const writeSettings = (store, settings) => writing(store, KEY, JSON.stringify(settings));

/** Settings in which a room tells of who comes and goes, or does not. */
export const withQuiet = (settings, room, quiet) => {
  const others = settings.quiet.filter((one) => one !== room);
  return { ...settings, quiet: quiet ? [...others, room].slice(-MOST_ROOMS) : others };
};
