// The words of the page in the language of whoever reads them. The English ones stand where they are used, and are the
// keys of the catalogues in languages/, of which one is loaded when it is chosen. Pure but for which language it is.

export const LANGUAGES = { en: "English", de: "Deutsch", es: "Español", fr: "Français", ar: "العربية", zh: "中文" };

const FROM_RIGHT = ["ar"];

let chosen = "en";
let catalogue = {};
let plurals = new Intl.PluralRules("en");

/** The language that is spoken now. */
export const language = () => chosen;

/** Which way it is written. */
export const direction = () => (FROM_RIGHT.includes(chosen) ? "rtl" : "ltr");

/** The first of the wanted languages, such as "de-AT", that there is; English otherwise. */
export function pick(wanted) {
  const known = wanted.map((one) => String(one).toLowerCase().split("-")[0]);
  return known.find((one) => Object.hasOwn(LANGUAGES, one)) ?? "en";
}

/** Speak `name` from now on, out of the catalogue `words`; English needs none. */
export function speak(name, words = {}) {
  chosen = name;
  catalogue = words;
  plurals = new Intl.PluralRules(name);
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, key) => (Object.hasOwn(values, key) ? String(values[key]) : whole));

const numbered = (values) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, typeof value === "number" ? value.toLocaleString(chosen) : value]));

/** `text` itself, marked as one that is said later by `t`. */
export const key = (text) => text;

/** `text` in the chosen language, with `values` in place of what stands in braces. */
export function t(text, values = {}) {
  const found = Object.hasOwn(catalogue, text) ? catalogue[text] : text;
  return fill(typeof found === "string" ? found : text, numbered(values));
}

/** The form of a sentence for the number `n`; `one` and `other` are the English ones, and may hold {n}. */
export function plural(n, one, other, values = {}) {
  const forms = Object.hasOwn(catalogue, other) ? catalogue[other] : chosen === "en" ? { one, other } : null;
  const form = forms === null ? (n === 1 ? one : other) : (forms[plurals.select(n)] ?? forms.other ?? other);
  return fill(form, numbered({ ...values, n }));
}

/** `text` as `t` gives it, cut at its braces: a list of strings and of the `parts` that stand in their places. */
export function around(text, parts) {
  const found = t(text);
  return found.split(/(\{\w+\})/).map((piece) => {
    const key = /^\{(\w+)\}$/.exec(piece)?.[1];
    return key !== undefined && Object.hasOwn(parts, key) ? parts[key] : piece;
  });
}
