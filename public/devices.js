// What to call the place where somebody is signed in, of which a browser says rather much. Pure functions.

import { t } from "./words.js";

// Each names those before it too.
const BROWSERS = [[/\bEdg(e|A|iOS)?\//, "Edge"], [/\bOPR\//, "Opera"], [/\bSamsungBrowser\//, "Samsung Internet"], [/\b(Firefox|FxiOS)\//, "Firefox"], [/Chrom(e|ium)\/|CriOS\//, "Chrome"], [/\bSafari\//, "Safari"]];
const SYSTEMS = [[/\bWindows\b/, "Windows"], [/\bAndroid\b/, "Android"], [/\biPhone\b/, "iPhone"], [/\biPad\b/, "iPad"], [/\bCrOS\b/, "ChromeOS"], [/\bMac OS X\b|\bMacintosh\b/, "macOS"], [/\bLinux\b|\bX11\b/, "Linux"]];

const named = (table, label) => table.find(([sign]) => sign.test(label))?.[1];

/** A few words for the label of a session, which is what its browser or program calls itself. */
export function deviceOf(label) {
  const browser = named(BROWSERS, label);
  const system = named(SYSTEMS, label);
  if (browser !== undefined && system !== undefined) return t("{browser} on {system}", { browser, system });
  return browser ?? system ?? (label || t("Somewhere"));
}
