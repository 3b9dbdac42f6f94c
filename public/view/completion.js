// What completes a name after `@` and an emoji after `:`, by text-expander-element. Both come when one first writes.

import { emojiFitting } from "../emoji.js";
import { fitting } from "../mentions.js";
import { styled } from "../styles.js";

const MOST = 8;
const LEAST_OF_A_CODE = 2;

let ids = 0;

/** A list of options out of [{value, label, sign}], as the element wants it: made of nodes, and of no HTML. */
function listOf(options, label) {
  const list = document.createElement("ul");
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", label);
  list.className = "suggestions";
  for (const { value, label: words, sign } of options) {
    const one = document.createElement("li");
    one.setAttribute("role", "option");
    one.id = `suggestion-${(ids += 1)}`;
    one.dataset.value = value;
    const before = document.createElement("span");
    before.className = "sign";
    before.textContent = sign;
    before.setAttribute("aria-hidden", "true");
    const name = document.createElement("bdi");
    name.className = "name";
    name.textContent = words;
    one.append(before, name);
    list.append(one);
  }
  return list;
}

/**
 * Listen to the element `expander`. `names()` are those of the people who can be meant, `wantGrid()` promises the emoji,
 * `labels()` are {people, emoji}, and `committed(text)` is told what the field holds then. Gives what stops it.
 */
export function completes(expander, { names, wantGrid, labels, committed }) {
  // One can choose all the same where it does not come.
  styled("/completion.css").catch(() => {});
  const offers = {
    "@": async (typed) => fitting(names(), typed, MOST).map((name) => ({ value: `@${name}`, label: name, sign: "@" })),
    ":": async (typed) => emojiFitting((await wantGrid()) ?? [], typed, MOST).map(([sign, code]) => ({ value: sign, label: `:${code}:`, sign })),
  };
  const onChange = ({ detail: { key, provide, text } }) => {
    if (key === ":" && text.length < LEAST_OF_A_CODE) return;
    const label = key === "@" ? labels().people : labels().emoji;
    provide(offers[key](text).then((options) => ({ matched: options.length > 0, fragment: listOf(options, label) })));
  };
  const onValue = ({ detail }) => {
    detail.value = detail.item.dataset.value;
  };
  // To a screen reader a field of several lines is no combobox, but a text field may have an active option all the same.
  const onActivate = () =>
    queueMicrotask(() => {
      const field = expander.querySelector("textarea");
      for (const name of ["role", "aria-expanded"]) field.removeAttribute(name);
    });
  const onCommitted = ({ detail }) => committed(detail.input.value);
  const all = { "text-expander-change": onChange, "text-expander-value": onValue, "text-expander-committed": onCommitted, "text-expander-activate": onActivate };
  for (const [kind, act] of Object.entries(all)) expander.addEventListener(kind, act);
  return () => {
    for (const [kind, act] of Object.entries(all)) expander.removeEventListener(kind, act);
  };
}
