// What is looked for: filters that stand as chips, and the words beside them. Pure functions; what a query means is in
// docs/protocol.md.

const WHOLE = /(^|\s)(from|in|before|after|has):("[^"]*"|[^\s"]+)(?=\s)/iu;
const BEGUN = /(?:^|\s)(from|in|before|after|has):("[^"]*|[^\s"]*)$/iu;

// Of these one is enough: a later one takes the place of an earlier one.
const ONCE = ["before", "after"];

export const NOTHING = { chips: [], text: "" };

const same = (one, other) => one.kind === other.kind && one.value === other.value;

const unquoted = (value) => value.replace(/^"|"$/g, "").trim();

/** `sought` with one more chip. */
export function withChip({ chips, text }, chip) {
  const others = chips.filter((one) => !same(one, chip) && !(one.kind === chip.kind && ONCE.includes(chip.kind)));
  return { chips: [...others, chip], text };
}

/** `sought` without that chip. */
export const withoutChip = ({ chips, text }, chip) => ({ chips: chips.filter((one) => !same(one, chip)), text });

/** `sought` in which each filter of the text is a chip; the last word only if it is `ended`, since it may go on. */
export function taken(sought, { ended = false } = {}) {
  let next = ended ? { ...sought, text: `${sought.text} ` } : sought;
  for (let found = WHOLE.exec(next.text); found !== null; found = WHOLE.exec(next.text)) {
    const [whole, space, kind, value] = found;
    const text = next.text.slice(0, found.index) + space + next.text.slice(found.index + whole.length).trimStart();
    const chip = { kind: kind.toLowerCase(), value: unquoted(value) };
    next = chip.value === "" ? { ...next, text } : withChip({ ...next, text }, chip);
  }
  return ended ? { ...next, text: next.text.trimEnd() } : next;
}

/** The filter that is being typed at the end of a text, {kind, value, at}, or null; `at` is where it begins. */
export function begunIn(text) {
  const found = BEGUN.exec(text);
  if (found === null) return null;
  const at = text.length - found[2].length - found[1].length - 1;
  return { kind: found[1].toLowerCase(), value: found[2].replace(/^"/, ""), at };
}

/** As one writes it: with quotes where there is a space. */
export const chipText = ({ kind, value }) => `${kind}:${/\s/u.test(value) ? `"${value.replaceAll('"', "")}"` : value}`;

/** As the server is asked. A phone makes other quotes of those that one types. */
export const queryOf = ({ chips, text }) => [...chips.map(chipText), text.replace(/[“”„«»]/gu, '"').trim()].filter(Boolean).join(" ");
