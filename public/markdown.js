// A small Markdown: the text of a message as a tree of {tag, children, ...} and strings, out of the tokens of
// markdown-it. No string of HTML is ever made, and what is HTML in a text stays text. Pure but for loading.

import { styled as withStyle } from "./styles.js";

const RULES = {
  core: ["normalize", "block", "inline", "linkify", "text_join"],
  block: ["blockquote", "fence", "list", "paragraph"],
  inline: ["autolink", "backticks", "emphasis", "escape", "link", "linkify", "newline", "text"],
  inline2: ["balance_pairs", "emphasis", "fragments_join"],
};
// What lies deeper than this is shown as it was typed. markdown-it itself leaves out what lies deeper than its own bound.
const DEEPEST = 12;
const DEEPEST_PARSED = 100;

const SCHEMES = ["http:", "https:", "mailto:"];

const TAGS = {
  paragraph_open: "p",
  blockquote_open: "blockquote",
  bullet_list_open: "ul",
  ordered_list_open: "ol",
  list_item_open: "li",
  em_open: "em",
  strong_open: "strong",
};

/** Where a link may lead, as an absolute URL, or null. */
export function safeLink(href) {
  try {
    const url = new URL(href);
    return SCHEMES.includes(url.protocol) ? url.href : null;
  } catch (bad) {
    return null;
  }
}

function attribute(token, name) {
  return (token.attrs ?? []).find(([key]) => key === name)?.[1] ?? null;
}

function inner(token) {
  switch (token.type) {
    case "text":
    case "text_special":
      return token.content;
    case "softbreak":
    case "hardbreak":
      return "\n";
    case "code_inline":
      return { tag: "code", children: [token.content] };
    case "fence":
      return { tag: "pre", children: [token.content.replace(/\n$/, "")] };
    default:
      return token.content;
  }
}

/** The tree of a list of tokens, which open and close. */
function tree(tokens) {
  const root = { tag: "root", children: [] };
  const open = [root];
  for (const token of tokens) {
    const top = open[open.length - 1];
    if (token.type === "inline") {
      top.children.push(...tree(token.children ?? []).children);
    } else if (token.markup === "__") {
      // Names in programs look like that more often than what is meant to be strong.
      top.children.push("__");
    } else if (token.nesting === 1) {
      const node = { tag: TAGS[token.type] ?? "span", children: [] };
      if (token.type === "link_open") {
        const href = safeLink(attribute(token, "href"));
        if (href !== null) Object.assign(node, { tag: "a", href });
      }
      if (token.type === "ordered_list_open" && attribute(token, "start") !== null) node.start = Number(attribute(token, "start"));
      top.children.push(node);
      open.push(node);
    } else if (token.nesting === -1) {
      open.pop();
    } else {
      const made = inner(token);
      const last = top.children.length - 1;
      if (typeof made === "string" && typeof top.children[last] === "string") top.children[last] += made;
      else if (made !== "") top.children.push(made);
    }
  }
  return root;
}

const depth = (nodes) => nodes.reduce((most, node) => (typeof node === "string" ? most : Math.max(most, 1 + depth(node.children))), 0);

/** A function from text to its tree, by the class that markdown-it exports. */
export function parser(MarkdownIt) {
  const made = new MarkdownIt("zero", { html: false, linkify: true, breaks: true, maxNesting: DEEPEST_PARSED });
  for (const [chain, rules] of Object.entries(RULES)) {
    const ruler = { core: made.core.ruler, block: made.block.ruler, inline: made.inline.ruler, inline2: made.inline.ruler2 }[chain];
    ruler.enableOnly(rules, true);
  }
  made.validateLink = (url) => safeLink(url) !== null;
  // A word with a dot in it is a sentence without a space more often than a host.
  made.linkify.set({ fuzzyLink: false, fuzzyEmail: true });
  return (text) => {
    const nodes = tree(made.parse(text, {})).children;
    return depth(nodes) > DEEPEST ? [{ tag: "p", children: [text] }] : nodes;
  };
}

/** The same, once there is what makes its trees look right. */
export const styled = (MarkdownIt) => withStyle("/markdown.css", parser(MarkdownIt));
