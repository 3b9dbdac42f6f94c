// What is pinned in a room, the last one first, with the way to each.

import { useContext, useEffect, useState } from "../vendor/preact-hooks.js";
import { messageDeedsFor } from "../powers.js";
import { at } from "../room.js";
import { t } from "../words.js";
import { Dialog } from "./dialog.js";
import { Fault } from "./fault.js";
import { html, Page } from "./html.js";
import { wholeOf } from "./message.js";
import { Name, Picture } from "./person.js";
import { Text } from "./text.js";

/** `about` is {room}. */
export function Pins({ state, about, close }) {
  const { act } = useContext(Page);
  const [answer, setAnswer] = useState(null);
  const room = at(state.rooms, about.room);
  useEffect(() => {
    let here = true;
    act.pins(about.room).then((reply) => here && setAnswer(reply));
    return () => {
      here = false;
    };
  }, [room?.pins.length, room?.amends.length]);
  useEffect(() => {
    if (room === undefined) close();
  }, [room === undefined]);
  if (room === undefined) return null;
  const events = answer?.events ?? [];
  const go = (one) => {
    close();
    act.goTo(room.name, one.offset);
  };
  return html`
    <${Dialog} kind="pins" title=${t("Pinned messages")} close=${close}>
      ${answer?.why !== undefined && html`<${Fault} id="pins-fault" answer=${{ n: 0, fault: answer.why }} />`}
      ${answer === null && html`<p class="hint" role="status">${t("Loading…")}</p>`}
      ${answer?.events?.length === 0 && html`<p class="hint" role="status">${t("Nothing is pinned here.")}</p>`}
      <ul class="pinned" role="list">
        ${events.map(
          (one) => html`
            <li key=${one.offset}>
              <span class="what"><${Picture} who=${one.from} /><${Name} name=${one.from.name} /><span class="note">${wholeOf(one.at)}</span></span>
              <${Text} raw=${one.text} />
              <span class="choices">
                <button type="button" onClick=${() => go(one)}>${t("Show in the room")}</button>
                ${messageDeedsFor({ me: state.me, can: state.can, room, message: { ...one, pinned: true } }).includes("unpin") && html`<button type="button" onClick=${() => act.pin(one, false)}>${t("Unpin")}</button>`}
              </span>
            </li>
          `,
        )}
      </ul>
    <//>
  `;
}
