// One row of the flow: a message, on its way or in the log, or what happened between messages.

import { useContext } from "../vendor/preact-hooks.js";
import { addressOf } from "../address.js";
import { names as callsByName } from "../counts.js";
import { timesIn } from "../times.js";
import { around, language, plural, t } from "../words.js";
import { html, memo, Page } from "./html.js";
import { Icon } from "./icons.js";
import { More } from "./more.js";
import { Chip, Name } from "./person.js";
import { Text } from "./text.js";

/** Enter on a message is its menu. */
function onKeyDown(event) {
  if (event.key !== "Enter" || event.target !== event.currentTarget) return;
  event.preventDefault();
  event.currentTarget.querySelector(".more")?.click();
}

const made = new Map();
const times = () => {
  if (!made.has(language())) made.set(language(), timesIn(language() === "en" ? undefined : language()));
  return made.get(language());
};

/** A time whole, or "" when it cannot be read. */
export const wholeOf = (at) => times().whole(at);

/** The same, with no more than one needs to know when it was. */
export const briefOf = (at) => times().brief(at);

/** The day of an event as a person calls it, or "" when the time cannot be read. */
export const dayOf = (at) => times().day(at);

// Out of the way of the Tab key; see roving.js.
export function Time({ at, room, offset }) {
  const { time, whole } = times();
  if (time(at) === "") return null;
  return html`<a class="at" tabindex="-1" href=${addressOf(room, offset)} title=${whole(at)} data-whole=${whole(at)}>
    <time datetime=${at}>${time(at)}</time>
  </a>`;
}

function Choices({ item }) {
  const { act } = useContext(Page);
  return html`
    <p class="choices">
      <button type="button" onClick=${() => act.again(item.cid)}>${t("Try again")}</button>
      <button type="button" onClick=${() => act.edit(item.cid)}><${Icon} name="pencil" /> ${t("Edit")}</button>
      <button type="button" onClick=${() => act.discard(item.cid)}>${t("Discard")}</button>
    </p>
  `;
}

/** What one does most often with a message, and the menu of all else. */
function Tools({ item, mine, writes }) {
  const { act } = useContext(Page);
  const opens = ({ currentTarget: opener }) => act.picker({ item, opener });
  return html`
    <div class="tools">
      ${writes && html`<button type="button" tabindex="-1" aria-label=${t("React")} title=${t("React")} onClick=${opens}><${Icon} name="react" /></button>`}
      ${writes && html`<button type="button" tabindex="-1" aria-label=${t("Reply")} title=${t("Reply")} onClick=${() => act.reply(item.room, item)}><${Icon} name="reply" /></button>`}
      <${More} who=${item.from} room=${item.room} message=${item} tabindex="-1" own=${mine} />
    </div>
  `;
}

/** The text, or what stands in its place; and what belongs to it. */
function Words({ item, me, gone, most, writes }) {
  const { part } = useContext(Page);
  if (gone) return html`<p class="text gone">${item.reason ? around("A moderator deleted this message: {reason}", { reason: html`<bdi>${item.reason}</bdi>` }) : t("This message was deleted.")}</p>`;
  const files = item.files?.length > 0 ? part("files") : null;
  const needs = most !== null || item.reply_to !== undefined || item.reactions?.length > 0;
  const view = needs ? part("amends") : null;
  const edited = item.edited && html`<span class="edited" title=${wholeOf(item.edited)}>${t("(edited)")}</span>`;
  return html`
    ${view && item.reply_to !== undefined && html`<${view.Quote} item=${item} />`}
    ${view && most !== null ? html`<${view.Edit} key="edit" item=${item} most=${most} />` : (item.text !== "" || edited) && html`<${Text} raw=${item.text} after=${edited} />`}
    ${files && html`<${files.Attached} item=${item} />`}
    ${view && item.reactions?.length > 0 && html`<${view.Reactions} item=${item} me=${me} writes=${writes} />`}
  `;
}

/**
 * `item` is a message of the log, or one of one's own that is not there yet, and then has a `status`. `most` is how long a
 * text may be, if it is being changed, and null if not; `leaving` says that one has deleted it, `writes` that one may write.
 */
export const Message = memo(({ item, me, first, target, most = null, leaving = false, writes = false }) => {
  const { act } = useContext(Page);
  const gone = item.deleted || leaving;
  const mine = item.status !== undefined || item.from.id === me?.id;
  const refused = item.status === "refused";
  const kinds = {
    mine,
    first,
    unsent: item.status !== undefined,
    refused,
    called: !mine && !gone && callsByName(item, me),
    target,
  };
  const names = ["message", ...Object.keys(kinds).filter((kind) => kinds[kind])].join(" ");
  const time = item.offset === undefined || (most !== null && !first) ? null : html`<${Time} at=${item.at} room=${item.room} offset=${item.offset} />`;
  return html`
    <li class=${names} data-offset=${item.offset} tabindex="-1" onKeyDown=${gone || item.offset === undefined ? null : onKeyDown}>
      ${
        first
          ? html`<header>
              <${Chip} who=${item.from ?? me} me=${me} tabindex="-1" menu=${(opener) => act.menu({ who: item.from, room: item.room, message: item, opener })} />
              ${item.from?.via && html`<span class="tag" title=${t("This name is not checked: it came over the plain wire")}>${t("via {way}", { way: item.from.via })}</span>`}
              ${item.status !== undefined && html`<span class="tag">${refused ? t("not sent") : t("waiting")}</span>`}
              ${time}
            </header>`
          : time
      }
      ${item.pinned && !gone && html`<span class="mark"><${Icon} name="pin" />${t("Pinned")}</span>`}
      <${Words} item=${item} me=${me} gone=${gone} most=${most} writes=${writes} />
      ${item.offset !== undefined && !(mine && gone) && most === null && html`<${Tools} item=${item} mine=${mine} writes=${writes && !gone} />`}
      ${!first && refused && html`<p class="why">${t("not sent")}</p>`}
      ${item.why && html`<p class="why">${item.why}</p>`}
      ${refused && html`<${Choices} item=${item} />`}
    </li>
  `;
});

const SAID = {
  joined: [(n) => plural(n, "{names} joined", "{names} joined"), (n) => plural(n, "{names} and {n} other joined", "{names} and {n} others joined")],
  left: [(n) => plural(n, "{names} left", "{names} left"), (n) => plural(n, "{names} and {n} other left", "{names} and {n} others left")],
  gone: [
    (n) => plural(n, "{names} lost the connection", "{names} lost the connection"),
    (n) => plural(n, "{names} and {n} other lost the connection", "{names} and {n} others lost the connection"),
  ],
  kicked: [
    (n) => plural(n, "{names} was removed from the room", "{names} were removed from the room"),
    (n) => plural(n, "{names} and {n} other were removed from the room", "{names} and {n} others were removed from the room"),
  ],
};

/** Names in a row, with the words between them that the language has: "ada, bob and eve". */
export function listed(who, closed) {
  const form = new Intl.ListFormat(language(), closed ? { type: "conjunction" } : { type: "unit" });
  return form.formatToParts(who.map((_, index) => String(index))).map(({ type, value }) => (type === "element" ? html`<${Name} name=${who[Number(value)].name} />` : value));
}

function Part({ part, me }) {
  const { part: loaded } = useContext(Page);
  const [one] = part.who;
  if (part.what === "deed") {
    const view = loaded("deeds");
    return view === null ? null : html`<${view.Deed} deed=${part.deed} who=${part.who} more=${part.more} />`;
  }
  if (part.what === "renamed") {
    const now = html`<${Name} name=${one.name} />`;
    return one.id === me?.id ? around("You are now {now}", { now }) : around("{was} is now {now}", { was: html`<${Name} name=${part.was} />`, now });
  }
  const [few, many] = SAID[part.what];
  const sentence = part.more > 0 ? many(part.more) : few(part.who.length);
  return sentence.split(/(\{names\})/).map((piece) => (piece === "{names}" ? listed(part.who, part.more === 0) : piece));
}

/** What people did, in one line. */
export const Notices = memo(({ parts, me, offset }) => html`
  <li class="happening" data-offset=${offset}>${parts.map((part, index) => html`<span class="part" key=${index} title=${part.deed ? wholeOf(part.deed.at) : null}><${Part} part=${part} me=${me} /></span>`)}</li>
`);
