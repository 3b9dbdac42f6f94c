// One line of the flow: a message, a notice about somebody, or a message that is not on its way yet.

import { useContext } from "../vendor/preact-hooks.js";
import { html, Page } from "./html.js";
import { Chip, Name } from "./person.js";
import { Icon } from "./icons.js";
import { timesIn } from "../times.js";

const { day, time } = timesIn();

/** The day of an event as a person calls it, or "" when the time cannot be read. */
export const dayOf = day;

const Time = ({ at }) =>
  time(at) === "" ? null : html`<time datetime=${at} title=${new Date(at).toLocaleString()}>${time(at)}</time>`;

export function Message({ item, me }) {
  const { text } = useContext(Page);
  const { from } = item;
  return html`
    <article class=${from.id === me?.id ? "message mine" : "message"} data-offset=${item.offset}>
      <header>
        <${Chip} who=${from} me=${me} />
        ${from.via && html`<span class="tag" title="This name is not checked: it came over the plain wire">via ${from.via}</span>`}
        <${Time} at=${item.at} />
      </header>
      ${item.deleted ? html`<p class="text gone">This message was deleted.</p>` : html`<p class="text">${text(item.text)}</p>`}
    </article>
  `;
}

const SAID = {
  joined: "joined",
  left: "left",
  gone: "lost the connection",
  kicked: "was removed from the room",
};

export function Notice({ item, me }) {
  const you = item.who.id === me?.id;
  if (item.what === "renamed") {
    return you
      ? html`<p class="happening">You are now <${Name} name=${item.who.name} /></p>`
      : html`<p class="happening"><${Name} name=${item.was} /> is now <${Name} name=${item.who.name} /></p>`;
  }
  return html`<p class="happening"><${Name} name=${item.who.name} /> ${SAID[item.what] ?? "left"}</p>`;
}

export function Unsent({ item, me }) {
  const { act, text } = useContext(Page);
  const refused = item.status === "refused";
  return html`
    <article class=${refused ? "message mine unsent refused" : "message mine unsent"}>
      <header>
        <${Chip} who=${me} me=${me} />
        <span class="tag">${refused ? "not sent" : "waiting"}</span>
      </header>
      <p class="text">${text(item.text)}</p>
      ${item.why && html`<p class="why">${item.why}</p>`}
      ${
        refused &&
        html`<p class="choices">
          <button type="button" onClick=${() => act.again(item.cid)}>Try again</button>
          <button type="button" onClick=${() => act.edit(item.cid)}><${Icon} name="pencil" /> Edit</button>
          <button type="button" onClick=${() => act.discard(item.cid)}>Discard</button>
        </p>`
      }
    </article>
  `;
}
