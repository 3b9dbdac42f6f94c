// What was done in a room, in words: a line of the flow, or an entry of the logs that the server keeps for its moderators.

import { addressOf } from "../address.js";
import { isClosed, isPrivate } from "../room.js";
import { styled as withStyle } from "../styles.js";
import { around, key, plural, t } from "../words.js";
import { html } from "./html.js";
import { listed, Time, wholeOf } from "./message.js";
import { More } from "./more.js";
import { Name } from "./person.js";

const SAID = {
  made: key("{by} made this room"),
  invited: key("{by} invited {who}"),
  kicked: key("{by} removed {who}"),
  quit: key("{by} has left for good"),
  banned: key("{by} banned {who}"),
  unbanned: key("{by} lifted the ban on {who}"),
  muted: key("{by} muted {who}"),
  unmuted: key("{by} let {who} write again"),
  wiped: key("{by} removed what {who} had written"),
  deleted: key("{by} deleted a message of {who}"),
  reported: key("{by} reported a message of {who}"),
  signed_up: key("{who} has an account now"),
  bot_made: key("{by} made the bot {who}"),
};
const UNTIL = { banned: key("{by} banned {who} until {time}"), muted: key("{by} muted {who} until {time}") };
const ROLES = { owner: key("{by} made {who} an owner"), moderator: key("{by} made {who} a moderator"), member: key("{by} made {who} a member"), "": key("{by} took the role of {who}") };
const SET = {
  locked: [key("{by} locked it against newcomers"), key("{by} unlocked it")],
  archived: [key("{by} archived the room"), key("{by} took the room out of the archive")],
  guests: [key("{by} let guests in"), key("{by} closed the room to guests")],
};

const quoted = (words) => html`<bdi class="words">${words}</bdi>`;

/** The changes of a `set`, each a sentence. */
function changes(event, by) {
  const all = [];
  if (event.topic !== undefined) all.push(event.topic === "" ? around("{by} removed the topic", { by }) : around("{by} changed the topic: {topic}", { by, topic: quoted(event.topic) }));
  if (event.title !== undefined) all.push(around("{by} named the room {title}", { by, title: quoted(event.title) }));
  if (event.slow === 0) all.push(around("{by} turned slow mode off", { by }));
  else if (event.slow !== undefined) all.push(plural(event.slow, "{by} allows one message every {n} second", "{by} allows one message every {n} seconds").split(/(\{by\})/).map((piece) => (piece === "{by}" ? by : piece)));
  for (const [name, [on, off]] of Object.entries(SET)) if (event[name] !== undefined) all.push(around(event[name] ? on : off, { by }));
  return all.map((one, index) => html`${index > 0 && " · "}${one}`);
}

/** One deed, of which `who` names all those to whom it was done, and `more` how many others. */
export function Deed({ deed, who, more }) {
  const by = html`<${Name} name=${deed.from.name} />`;
  const why = deed.reason ? html`: ${quoted(deed.reason)}` : null;
  if (deed.type === "set") return html`${changes(deed, by)}${why}`;
  const names = html`${listed(who, more === 0)}${more > 0 && html` ${plural(more, "and {n} more", "and {n} more")}`}`;
  const time = deed.until && wholeOf(deed.until);
  const text = deed.type === "role" ? ROLES[deed.role] : time && UNTIL[deed.type] ? UNTIL[deed.type] : SAID[deed.type];
  return html`${around(text, { by, who: names, time })}${why}`;
}

/** Where it was done, if that can be named. */
function Where({ event }) {
  if (event.in === undefined) return null;
  if (isPrivate(event.in)) return html` · ${t("in a private conversation")}`;
  if (isClosed(event.in)) return html` · ${t("in a private room")}`;
  const room = html`<${Name} name=${event.in} />`;
  return html` · ${around("in {room}", { room: event.about === undefined ? room : html`<a href=${addressOf(event.in, event.about)}>${room}</a>` })}`;
}

/** An entry of a log, by itself: when, who, what, and whatever was reported. */
export function Entry({ item, me }) {
  return html`
    <li class="deed message" data-offset=${item.offset} tabindex="-1">
      <p><${Time} at=${item.at} room=${item.room} offset=${item.offset} /> <${Deed} deed=${item} who=${item.who ? [item.who] : []} more=${0} /><${Where} event=${item} /></p>
      ${item.type === "reported" && html`<blockquote dir="auto">${item.text || t("This message was deleted.")}</blockquote>`}
      ${item.who && me !== null && item.who.id !== me.id && html`<${More} who=${item.who} room=${item.in ?? item.room} />`}
    </li>
  `;
}

/** The views by name, once they have what makes them look right. */
export const styled = () => withStyle("/deeds.css", { Deed, Entry });
