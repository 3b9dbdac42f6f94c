// Go to any room or person by a few letters of the name.

import { useContext, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { inSidebar, byCrowd } from "../order.js";
import { at, titleOf } from "../room.js";
import { folded } from "../storage.js";
import { t } from "../words.js";
import { Dialog } from "./dialog.js";
import { html, Page } from "./html.js";
import { Name, Picture } from "./person.js";
import { Sign } from "./sidebar.js";

const MOST = 12;

/** All that one can go to: {key, name, kind, unread, go}, the unread first; those whose name begins with what is sought before others. */
export function placesIn({ rooms, directory, me }, sought, act) {
  const wanted = folded(sought.trim());
  const mine = inSidebar(rooms).map((room) => ({ key: room.name, name: titleOf(room), who: room.with, room, unread: room.unread, go: () => act.show(room) }));
  const others = directory
    .filter((one) => at(rooms, one.room) === undefined)
    .sort(byCrowd)
    .map((one) => ({ key: one.room, name: one.room, who: null, unread: 0, go: () => act.join(one.room) }));
  const people = new Map();
  for (const room of Object.values(rooms)) for (const one of room.members) if (one.id !== me?.id && at(rooms, `@${one.id}`) === undefined) people.set(one.id, one);
  const persons = [...people.values()].map((who) => ({ key: `@${who.id}`, name: who.name, who, unread: 0, go: () => act.openPrivate(who) }));
  const rank = (one) => (folded(one.name).startsWith(wanted) ? 0 : 1) - (one.unread > 0 ? 2 : 0) * (wanted === "" ? 1 : 0);
  return [...mine, ...persons, ...others]
    .filter((one) => folded(one.name).includes(wanted))
    .map((one, index) => ({ one, index }))
    .sort((a, b) => rank(a.one) - rank(b.one) || a.index - b.index)
    .slice(0, MOST)
    .map(({ one }) => one);
}

export function Switcher({ state, close }) {
  const { act } = useContext(Page);
  const [sought, setSought] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useRef(null);
  const places = placesIn(state, sought, act);
  const index = Math.min(chosen, Math.max(0, places.length - 1));
  useLayoutEffect(() => {
    act.survey();
  }, []);
  useLayoutEffect(() => list.current?.children[index]?.scrollIntoView({ block: "nearest" }), [index]);
  const go = (place) => {
    close();
    place.go();
  };
  const onKeyDown = (event) => {
    if (event.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined && places.length > 0) setChosen((index + by + places.length) % places.length);
    else if (event.key === "Enter" && places.length > 0) go(places[index]);
    else return;
    event.preventDefault();
  };
  return html`
    <${Dialog} kind="switcher" title=${t("Go to a room or a person")} close=${close}>
      <input
        autofocus
        role="combobox"
        aria-label=${t("Go to a room or a person")}
        aria-expanded="true"
        aria-controls="places"
        aria-activedescendant=${places.length > 0 ? `place-${index}` : null}
        autocomplete="off"
        autocapitalize="none"
        spellcheck=${false}
        placeholder=${t("A part of the name")}
        value=${sought}
        onInput=${(event) => { setSought(event.currentTarget.value); setChosen(0); }}
        onKeyDown=${onKeyDown}
      />
      <ul id="places" role="listbox" ref=${list} aria-label=${t("Rooms and people")}>
        ${places.map(
          (place, at) => html`
            <li role="option" id=${`place-${at}`} key=${place.key} aria-selected=${at === index ? "true" : "false"} onClick=${() => go(place)}>
              ${place.who ? html`<${Picture} who=${place.who} />` : html`<${Sign} room=${place.room ?? { name: place.name }} />`}<${Name} name=${place.name} />
              ${place.unread > 0 && html`<span class="badge">${place.unread > 99 ? "99+" : place.unread}</span>`}
            </li>
          `,
        )}
      </ul>
      ${places.length === 0 && html`<p class="hint" role="status">${t("Nothing is called that.")}</p>`}
    <//>
  `;
}
