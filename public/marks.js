// Of Markdown what is needed at once: whether there is any, and what becomes of its tree; see markdown.js. Pure functions.

/** Whether a text could hold any, so that markdown-it is worth loading. */
export const mayHoldMarkdown = (text) => /[*_`>\[\\]|^\s*[-+]\s|^\s*\d+[.)]\s|~~~|https?:|mailto:|www\.|\S@\S/m.test(text);

/** The tree in which `change` has been made to each string that is not code. */
export function written(nodes, change) {
  return nodes.map((node) => {
    if (typeof node === "string") return change(node);
    return node.tag === "code" || node.tag === "pre" ? node : { ...node, children: written(node.children, change) };
  });
}
