// The one template tag of all views: `html` makes Preact's nodes, so no string of HTML ever exists.

import htm from "../vendor/htm.js";
import { Component, createContext, h } from "../vendor/preact.js";

export const html = htm.bind(h);

/** What every view may use: {act, emoji(raw), tree(raw), grid(), drafts, settings}; see app.js. */
export const Page = createContext(null);

const same = (one, other) => {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => Object.is(one[key], other[key]));
};

/** A view that is made anew only when one of its properties is another one. */
export const memo = (View) =>
  class extends Component {
    shouldComponentUpdate(next) {
      return !same(this.props, next);
    }

    render(properties) {
      return h(View, properties);
    }
  };
