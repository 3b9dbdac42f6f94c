// For a moment what one has deleted can be brought back.

import { useContext, useRef } from "../vendor/preact-hooks.js";
import { plural, t } from "../words.js";
import { html, Page } from "./html.js";

export function Undo({ leaving }) {
  const { act } = useContext(Page);
  const box = useRef(null);
  const count = leaving.filter((one) => one.held).length;
  // The time does not run while somebody is at the button.
  const still = () => act.removals().hold(true);
  const goes = () => {
    if (!box.current.matches(":hover, :focus-within")) act.removals().hold(false);
  };
  const undo = () => {
    const [last] = leaving.slice(-1);
    act.removals().undo();
    // The button goes, and the focus is where it was.
    (document.querySelector(`.message[data-offset="${last.offset}"]`) ?? document.querySelector(".composer textarea"))?.focus();
  };
  return html`
    <div class="above undo" ref=${box} onMouseEnter=${still} onFocusIn=${still} onMouseLeave=${goes} onFocusOut=${() => setTimeout(() => box.current && goes())}>
      <span role="status">${plural(count, "Message deleted.", "{n} messages deleted.")}</span>
      <button type="button" onClick=${undo}>${t("Undo")}</button>
    </div>
  `;
}
