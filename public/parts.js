// What of the page is loaded when it is first wanted: tables, Markdown, and views that few need or not at once.

import { mayHoldCodes, withEmoji } from "./emoji.js";
import { lazy } from "./lazy.js";
import { mayHoldMarkdown } from "./marks.js";

/** All of it; `ready()` is called when something has come. */
export function partsOf(ready) {
  const codes = lazy(() => import("./vendor/emoji-codes.js").then((module) => module.default), ready);
  const grid = lazy(() => import("./vendor/emoji-grid.js").then((module) => module.default), ready);
  const markdown = lazy(() => Promise.all([import("./markdown.js"), import("./vendor/markdown-it.js")]).then(([own, module]) => own.styled(module.default)), ready);
  const views = {
    deeds: lazy(() => import("./view/deeds.js").then((module) => module.styled()), ready),
    account: lazy(() => import("./view/account.js"), ready),
    amends: lazy(() => import("./view/amends.js").then((module) => module.styled()), ready),
    files: lazy(() => import("./view/files.js").then((module) => module.styled()), ready),
    search: lazy(() => import("./view/search.js").then((module) => module.styled()), ready),
    dialogs: lazy(() => import("./view/dialogs.js").then((module) => module.styled()), ready),
  };
  return {
    grid,

    /** A text with its emoji, where the table is there. */
    emoji(raw) {
      if (mayHoldCodes(raw)) codes.want();
      return codes.get() === null ? raw : withEmoji(raw, codes.get());
    },

    /** The tree of a text, see markdown.js, or null where it is plain or cannot be told yet. */
    tree(raw) {
      if (!mayHoldMarkdown(raw)) return null;
      markdown.want();
      return markdown.get() === null ? null : markdown.get()(raw);
    },

    /** Have it there before somebody wants it. */
    fetch: (name) => views[name].want(),

    /** What of it is there already, or null. */
    there: (name) => views[name].get(),

    /** What a view's module has, or null as long as it is not there. */
    view(name) {
      views[name].want();
      return views[name].get();
    },
  };
}
