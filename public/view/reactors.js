// Who has answered a message with what.

import { at } from "../room.js";
import { plural, t } from "../words.js";
import { Dialog } from "./dialog.js";
import { html } from "./html.js";
import { Name } from "./person.js";

/** `about` is {room, offset}. */
export function Reactors({ state, about, close }) {
  const item = at(state.rooms, about.room)?.items.find((one) => one.type === "message" && one.offset === about.offset);
  const reactions = item?.reactions ?? [];
  return html`
    <${Dialog} kind="reactors" title=${t("Reactions")} close=${close}>
      ${reactions.length === 0 && html`<p class="hint">${t("There are none any more.")}</p>`}
      <dl class="given">
        ${reactions.map(
          ({ emoji, count, people }) => html`
            <div key=${emoji}>
              <dt><span class="sign">${emoji}</span> ${count}</dt>
              <dd>${people.map((who) => html`<${Name} key=${who.id} name=${who.name} />`)}${count > people.length && html`<span class="note">${plural(count - people.length, "{n} other", "{n} others")}</span>`}</dd>
            </div>
          `,
        )}
      </dl>
    <//>
  `;
}
