// People chosen by a few letters of their names.

import { useRef, useState } from "../vendor/preact-hooks.js";
import { fitting } from "../mentions.js";
import { t } from "../words.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { Name, Picture } from "./person.js";

const MOST_OFFERED = 6;

/** Everybody whom the page knows of, once, by name: in the rooms that one is in, and in conversations of two. */
export function peopleIn(state, without = []) {
  const known = new Map();
  const not = new Set([state.me.id, ...without.map((one) => one.id)]);
  for (const room of Object.values(state.rooms)) {
    for (const who of [...room.members, ...(room.with ? [room.with] : [])]) if (!not.has(who.id)) known.set(who.id, who);
  }
  return [...known.values()].sort((one, other) => one.name.localeCompare(other.name));
}

/** `chosen` are those out of `people` who have been; `choose(people)` is told who they are now. */
export function Picker({ id, label, people, chosen, choose }) {
  const [sought, setSought] = useState("");
  const [at, setAt] = useState(0);
  const field = useRef(null);
  const free = people.filter((who) => !chosen.some((one) => one.id === who.id));
  const names = sought.trim() === "" ? [] : fitting(free.map((who) => who.name), sought.trim(), MOST_OFFERED);
  const offered = names.map((name) => free.find((who) => who.name === name));
  const index = Math.min(at, Math.max(0, offered.length - 1));
  const add = (who) => {
    choose([...chosen, who]);
    setSought("");
    field.current.focus();
  };
  const onKeyDown = (event) => {
    if (event.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined && offered.length > 0) setAt((index + by + offered.length) % offered.length);
    else if (event.key === "Enter" && sought.trim() !== "") {
      if (offered.length > 0) add(offered[index]);
    } else if (event.key === "Backspace" && sought === "" && chosen.length > 0) choose(chosen.slice(0, -1));
    else return;
    event.preventDefault();
  };
  return html`
    <div class="field picker">
      <label for=${id}>${label}</label>
      ${chosen.length > 0 && html`<ul class="chosen" role="list">${chosen.map((who) => html`<li class="chip" key=${who.id}><${Picture} who=${who} /><${Name} name=${who.name} /><button type="button" class="plain" aria-label=${t("Without {name}", { name: who.name })} onClick=${() => choose(chosen.filter((one) => one !== who))}><${Icon} name="close" /></button></li>`)}</ul>`}
      <input
        ref=${field}
        id=${id}
        role="combobox"
        aria-expanded=${offered.length > 0 ? "true" : "false"}
        aria-controls=${`${id}-list`}
        aria-activedescendant=${offered.length > 0 ? `${id}-${index}` : null}
        autocomplete="off"
        autocapitalize="none"
        spellcheck=${false}
        placeholder=${t("A part of the name")}
        value=${sought}
        onInput=${(event) => { setSought(event.currentTarget.value); setAt(0); }}
        onKeyDown=${onKeyDown}
      />
      <ul class="offered" id=${`${id}-list`} role="listbox" aria-label=${t("People")}>
        ${offered.map((who, one) => html`<li role="option" id=${`${id}-${one}`} key=${who.id} aria-selected=${one === index ? "true" : "false"} onClick=${() => add(who)}><${Picture} who=${who} /><${Name} name=${who.name} /></li>`)}
      </ul>
      ${sought.trim() !== "" && offered.length === 0 && html`<p class="hint" role="status">${t("Nobody whom you meet here is called that.")}</p>`}
    </div>
  `;
}
