// The one template tag of all views: `html` makes Preact's nodes, so no string of HTML ever exists.

import htm from "../vendor/htm.js";
import { createContext, h } from "../vendor/preact.js";

export const html = htm.bind(h);

/** What every view may use: {act, text(raw)}; see app.js. */
export const Page = createContext(null);
