// Looking for messages: a field, filters as chips, and what was found. It is loaded when one first looks for something.

import { useContext, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { answerOf } from "../answers.js";
import { begunIn, chipText, NOTHING, queryOf, taken, withChip, withoutChip } from "../query.js";
import { IDLE, Searching } from "../searching.js";
import { styled as withStyle } from "../styles.js";
import { t } from "../words.js";
import "./signs.js";
import { Dialog } from "./dialog.js";
import { Hits } from "./hits.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { offeredFor } from "./offers.js";

// Who comes back finds what they have found before. It is of one person, and goes with the page.
let last = { owner: null, sought: NOTHING, state: IDLE, top: 0 };

function Chips({ chips, without }) {
  if (chips.length === 0) return null;
  return html`
    <ul class="chosen" role="list">
      ${chips.map((chip) => {
        const words = chipText(chip);
        return html`<li class="chip filter" key=${words}><bdi>${words}</bdi><button type="button" class="plain" aria-label=${t("Without {name}", { name: words })} onClick=${() => without(chip)}><${Icon} name="close" /></button></li>`;
      })}
    </ul>
  `;
}

/** The filters, for who would not know that one can type them. */
function Filters({ begin, add }) {
  const [day, setDay] = useState(null);
  const field = useRef(null);
  useLayoutEffect(() => field.current?.focus(), [day]);
  const choose = (event) => {
    if (event.currentTarget.value === "") return;
    add({ kind: day, value: event.currentTarget.value });
    setDay(null);
  };
  const onKeyDown = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    setDay(null);
  };
  const button = (label, act) => html`<button type="button" onClick=${act}><${Icon} name="plus" />${label}</button>`;
  const dates = { after: t("Since a day"), before: t("Before a day") };
  return html`
    <div class="filters" role="group" aria-label=${t("Filters")}>
      ${button(t("From somebody"), () => begin("from:"))} ${button(t("In a room"), () => begin("in:"))}
      ${Object.entries(dates).map(([kind, label]) =>
        day === kind
          ? html`<label key=${kind} class="date">${label}<input type="date" ref=${field} min="2000-01-01" max="2100-01-01" onChange=${choose} onKeyDown=${onKeyDown} onBlur=${() => setDay(null)} /></label>`
          : html`<button type="button" key=${kind} onClick=${() => setDay(kind)}><${Icon} name="plus" />${label}</button>`,
      )}
      ${button(t("With a link"), () => add({ kind: "has", value: "link" }))} ${button(t("With a file"), () => add({ kind: "has", value: "file" }))}
    </div>
  `;
}

export function Search({ state, close }) {
  const { act } = useContext(Page);
  const owner = state.me.id;
  const known = last.owner === owner ? last : { owner, sought: NOTHING, state: IDLE, top: 0 };
  const [sought, setSought] = useState(known.sought);
  const [found, setFound] = useState(known.state);
  const [at, setAt] = useState(0);
  const field = useRef(null);
  const searching = useRef(null);
  searching.current ??= new Searching({
    ask: async (command) => answerOf(await act.ask(command)),
    clock: { setTimeout: (does, ms) => setTimeout(does, ms), clearTimeout: (timer) => clearTimeout(timer) },
    emit: setFound,
    state: found,
  });
  last = { ...known, owner, sought, state: found };

  useEffect(() => () => searching.current.stop(), []);
  useLayoutEffect(() => field.current.select(), []);
  // What could not be asked is asked when the line stands again.
  useEffect(() => {
    if (state.link.status === "open") searching.current.again();
  }, [state.link.status]);

  const change = (next, soon = false) => {
    setSought(next);
    setAt(0);
    // As long as a filter is being typed it is no word to look for.
    const begun = begunIn(next.text);
    searching.current.seek(queryOf(begun === null || soon ? next : { ...next, text: next.text.slice(0, begun.at) }), { soon });
  };
  const begun = begunIn(sought.text);
  const offers = begun === null ? [] : offeredFor(begun, state);
  const index = Math.min(at, Math.max(0, offers.length - 1));
  const add = (chip) => {
    change(withChip(sought, chip), true);
    field.current.focus();
  };
  const take = (offer) => {
    change(withChip({ ...sought, text: sought.text.slice(0, begun.at) }, { kind: begun.kind, value: offer.value }), true);
    field.current.focus();
  };
  const begin = (words) => {
    change({ ...sought, text: `${sought.text.trimEnd()} ${words}`.trimStart() });
    field.current.focus();
  };
  const first = () => document.querySelector("dialog.search .hit");

  const onKeyDown = (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const { selectionStart, selectionEnd } = field.current;
    const lastChip = sought.chips.at(-1);
    if (by !== undefined && offers.length > 0) setAt((index + by + offers.length) % offers.length);
    else if (event.key === "ArrowDown" && first() !== null) first().focus();
    else if (event.key === "Enter" && offers.length > 0) take(offers[index]);
    else if (event.key === "Enter") change(taken(sought, { ended: true }), true);
    else if (event.key === "Backspace" && selectionStart === 0 && selectionEnd === 0 && lastChip !== undefined) change(withoutChip(sought, lastChip));
    else return;
    event.preventDefault();
  };
  const onInput = ({ currentTarget: { value } }) => change(taken({ ...sought, text: value }));
  const without = (chip) => {
    change(withoutChip(sought, chip), true);
    field.current.focus();
  };
  const clear = () => {
    change(NOTHING, true);
    field.current.focus();
  };
  const go = (message) => {
    close();
    act.jump(message);
  };
  const some = sought.chips.length > 0 || sought.text !== "";

  return html`
    <${Dialog} kind="search" title=${t("Search messages")} close=${close}>
      <div class="sought">
        <${Chips} chips=${sought.chips} without=${without} />
        <div class="line-of">
          <input
            ref=${field}
            autofocus
            type="text"
            dir="auto"
            role="combobox"
            enterkeyhint="search"
            aria-label=${t("Search messages")}
            aria-expanded=${offers.length > 0 ? "true" : "false"}
            aria-controls="offers"
            aria-activedescendant=${offers.length > 0 ? `offer-${index}` : null}
            autocomplete="off"
            autocapitalize="none"
            spellcheck=${false}
            maxlength="300"
            placeholder=${t("Words, \"phrases\", -without")}
            value=${sought.text}
            onInput=${onInput}
            onKeyDown=${onKeyDown}
          />
          ${some && html`<button type="button" class="plain" aria-label=${t("Clear the search")} title=${t("Clear the search")} onClick=${clear}><${Icon} name="close" /></button>`}
        </div>
        <ul class="offered" id="offers" role="listbox" aria-label=${t("What fits")}>
          ${offers.map((offer, one) => html`<li role="option" id=${`offer-${one}`} key=${offer.key} aria-selected=${one === index ? "true" : "false"} onClick=${() => take(offer)}>${offer.sign}<bdi class="name">${offer.label}</bdi></li>`)}
        </ul>
        <${Filters} begin=${begin} add=${add} />
      </div>
      <${Hits} found=${found} state=${state} go=${go} further=${() => searching.current.further()} again=${() => searching.current.again()} top=${known.top} scrolled=${(top) => { last.top = top; }} field=${field} />
    <//>
  `;
}

/** The view, once it has what makes it look right. */
export const styled = () => withStyle("/dialogs.css").then(() => withStyle("/search.css", { search: Search }));
