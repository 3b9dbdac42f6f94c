// Of what one wants to be told in a room.

import { useContext } from "../vendor/preact-hooks.js";
import { isPrivate } from "../room.js";
import { key, t } from "../words.js";
import { html, Page } from "./html.js";

const LEVELS = { "": "", all: key("Of everything"), mentions: key("Only of what calls for me"), nothing: key("Of nothing") };

export function Notice({ room }) {
  const { act } = useContext(Page);
  const usual = isPrivate(room.name) ? t("As usual: of everything") : t("As usual: of what calls for me");
  return html`
    <div class="choice">
      <label for="level">${t("Tell me")}</label>
      <select id="level" onChange=${(event) => act.level(room.name, event.currentTarget.value)}>
        ${Object.entries(LEVELS).map(([level, words]) => html`<option value=${level} key=${level} selected=${level === room.notice}>${level === "" ? usual : t(words)}</option>`)}
      </select>
    </div>
  `;
}
