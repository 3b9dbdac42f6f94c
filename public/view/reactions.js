// What a message was answered with, emoji by emoji, and how often.

import { useContext, useRef } from "../vendor/preact-hooks.js";
import { gave } from "../amends.js";
import { language, plural, t } from "../words.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";

const LONG_MS = 500;

/** Who has given one, in words: the first few by name, and `me` in any case. */
export function givers(reaction, me) {
  const { count, people } = reaction;
  const names = people.map(({ name }) => name);
  if (gave(reaction, me) && !people.some(({ id }) => id === me?.id)) names.push(t("you"));
  const more = count - names.length;
  if (more > 0) names.push(plural(more, "{n} other", "{n} others"));
  return new Intl.ListFormat(language(), { type: "conjunction" }).format(names);
}

function One({ item, reaction, me, writes, who }) {
  const { act } = useContext(Page);
  const timer = useRef(null);
  const held = useRef(false);
  const down = ({ pointerType }) => {
    held.current = false;
    if (pointerType === "mouse") return;
    timer.current = setTimeout(() => {
      held.current = true;
      who();
    }, LONG_MS);
  };
  const up = () => clearTimeout(timer.current);
  const onClick = () => {
    // A long press has said what it had to say.
    if (held.current) held.current = false;
    else if (writes) act.react(item, reaction.emoji);
    else who();
  };
  const onContextMenu = (event) => {
    event.preventDefault();
    up();
    if (!held.current) who();
    held.current = false;
  };
  const own = gave(reaction, me);
  const names = givers(reaction, me);
  return html`
    <button
      type="button"
      class="reaction"
      tabindex="-1"
      aria-pressed=${own ? "true" : "false"}
      aria-label=${`${reaction.emoji} ${reaction.count}: ${names}`}
      title=${names}
      onClick=${onClick}
      onPointerDown=${down}
      onPointerUp=${up}
      onPointerLeave=${up}
      onPointerCancel=${up}
      onContextMenu=${onContextMenu}
    >
      <span class="sign">${reaction.emoji}</span><span class="number">${reaction.count}</span>
    </button>
  `;
}

export function Reactions({ item, me, writes }) {
  const { act } = useContext(Page);
  const who = () => act.dialog("reactors", { room: item.room, offset: item.offset });
  return html`
    <div class="reactions" role="group" aria-label=${t("Reactions")}>
      ${item.reactions.map((reaction) => html`<${One} key=${reaction.emoji} item=${item} reaction=${reaction} me=${me} writes=${writes} who=${who} />`)}
      ${writes && html`<button type="button" class="reaction add" tabindex="-1" aria-label=${t("Add a reaction")} title=${t("Add a reaction")} onClick=${({ currentTarget: opener }) => act.picker({ item, opener })}><${Icon} name="react" /></button>`}
    </div>
  `;
}
