// The button that opens the menu of a person, beside their name or beside what they have said.

import { useContext } from "../vendor/preact-hooks.js";
import { t } from "../words.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";

/** `who` is met in the room of that name, by their `message` if that is given, which may be one's `own`. */
export function More({ who, room, message = null, tabindex = null, own = false }) {
  const { act } = useContext(Page);
  const label = own ? t("More about this message") : t("More about {name}", { name: who.name });
  const open = ({ currentTarget: opener }) => act.menu({ who, room, message, opener });
  return html`
    <button type="button" class="more" tabindex=${tabindex} aria-haspopup="menu" aria-label=${label} title=${t("More")} onClick=${open}>
      <${Icon} name="more" />
    </button>
  `;
}
