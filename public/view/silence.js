// What stands where one would write, in a room where one may not; and what one should know before one does.

import { useContext } from "../vendor/preact-hooks.js";
import { silence } from "../rights.js";
import { key, plural, t } from "../words.js";
import { html, Page } from "./html.js";

const WHY = {
  log: key("The server writes here what is done, for its moderators."),
  archived: key("This room is archived: it can be read, and no more."),
  guests: key("Guests can read here. Who wants to write needs an account."),
};

/** `children` is what one writes with. */
export function Silence({ state, room, children }) {
  const { act } = useContext(Page);
  const why = silence({ me: state.me, can: state.can, room });
  if (why !== null) {
    return html`<p class="silent">${t(WHY[why])} ${why === "guests" && html`<button type="button" onClick=${() => act.dialog("profile")}>${t("Make an account")}</button>`}</p>`;
  }
  return html`
    ${room.muted && html`<p class="silent" role="status">${t("You may not write here for now: a moderator has muted you.")}</p>`}
    ${room.slow > 0 && room.role === "" && html`<p class="silent">${plural(room.slow, "Slow mode: one message every {n} second.", "Slow mode: one message every {n} seconds.")}</p>`}
    ${children}
  `;
}
