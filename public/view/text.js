// What somebody wrote, as Preact's nodes: a small Markdown, emoji, and links that tell the other side nothing.

import { useContext, useMemo } from "../vendor/preact-hooks.js";
import { h } from "../vendor/preact.js";
import { isEmojiAlone } from "../emoji.js";
import { written } from "../marks.js";
import { html, Page } from "./html.js";

const LINK = { rel: "noopener noreferrer nofollow", target: "_blank" };

function node(one) {
  if (typeof one === "string") return one;
  const children = one.children.map(node);
  if (one.tag === "a") return h("a", { ...LINK, href: one.href }, ...children);
  if (one.tag === "ol") return h("ol", one.start === undefined ? {} : { start: one.start }, ...children);
  if (one.tag === "pre") return h("pre", {}, h("code", {}, ...children));
  return h(one.tag, {}, ...children);
}

/** A single paragraph needs no box of its own. */
const unboxed = (nodes) => (nodes.length === 1 && nodes[0].tag === "p" ? nodes[0].children : nodes);

/** `after` stands at the end of it. */
export function Text({ raw, after = null }) {
  const page = useContext(Page);
  const made = useMemo(() => {
    const tree = page.tree(raw);
    if (tree === null) {
      const plain = page.emoji(raw);
      return { nodes: [plain], large: isEmojiAlone(plain) };
    }
    const nodes = unboxed(written(tree, page.emoji));
    return { nodes: nodes.map(node), large: nodes.length === 1 && typeof nodes[0] === "string" && isEmojiAlone(nodes[0]) };
  }, [raw, page]);
  return html`<div class=${made.large ? "text large" : "text"}>${made.nodes}${after}</div>`;
}
