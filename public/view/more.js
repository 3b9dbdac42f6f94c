// The button that opens the menu of a person, beside their name or beside what they have said.

import { useContext } from "../vendor/preact-hooks.js";
import { t } from "../words.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";

/** `who` is met in the room of that name, by their `message` if that is given. */
export function More({ who, room, message = null, tabindex = null }) {
  const { act } = useContext(Page);
  const open = ({ currentTarget: opener }) => act.menu({ who, room, message, opener });
  return html`
    <button type="button" class="more" tabindex=${tabindex} aria-haspopup="menu" aria-label=${t("More about {name}", { name: who.name })} title=${t("More")} onClick=${open}>
      <${Icon} name="more" />
    </button>
  `;
}
