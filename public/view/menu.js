// What one can do with a person: a menu beside their name, or beside what they have said.

import { useContext, useLayoutEffect, useRef } from "../vendor/preact-hooks.js";
import { deedsFor } from "../powers.js";
import { at, newRoom } from "../room.js";
import { key, t } from "../words.js";
import { html, Page } from "./html.js";
import { onArrows } from "./roving.js";

const LABELS = {
  write: key("Write to this person alone"),
  ignore: key("Ignore"),
  unignore: key("Stop ignoring"),
  report: key("Report this message…"),
  kick: key("Remove from the room…"),
  mute: key("Mute…"),
  ban: key("Ban…"),
  wipe: key("Remove what they wrote…"),
};
const GRAVE = ["kick", "ban", "wipe"];
const EDGE = 8;

const arrows = onArrows("button");

/** Below what opened it where there is room, else above; never out of the window. */
function place(box, opener) {
  const { top, bottom, left, right } = opener.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const below = bottom + height + EDGE <= innerHeight ? bottom : top - height;
  const beside = left + width + EDGE <= innerWidth ? left : right - width;
  box.style.top = `${Math.max(EDGE, Math.min(below, innerHeight - height - EDGE))}px`;
  box.style.left = `${Math.max(EDGE, Math.min(beside, innerWidth - width - EDGE))}px`;
}

export function Menu({ state, who, room: name, message, opener }) {
  const { act } = useContext(Page);
  const box = useRef(null);
  const room = at(state.rooms, name) ?? newRoom(name);
  const deeds = deedsFor({ me: state.me, room, who, message, ignored: state.ignored });
  const close = () => act.menu(null);
  useLayoutEffect(() => {
    place(box.current, opener);
    box.current.querySelector("button")?.focus();
    const onPress = ({ target }) => !box.current?.contains(target) && close();
    document.addEventListener("pointerdown", onPress);
    addEventListener("resize", close);
    return () => {
      document.removeEventListener("pointerdown", onPress);
      removeEventListener("resize", close);
    };
  }, [opener]);
  const back = () => {
    close();
    opener.focus();
  };
  const onKeyDown = (event) => {
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      // Nobody else is to close something with the same key.
      event.stopPropagation();
      back();
    } else arrows(event);
  };
  const does = async (deed) => {
    if (deed === "write") {
      close();
      return act.openPrivate(who);
    }
    if (deed !== "ignore" && deed !== "unignore") {
      // That is where the focus goes when the dialog is closed.
      opener.focus();
      return act.dialog("measure", { deed, who, room: name, message });
    }
    back();
    const { why } = await act.ask({ type: "ignore", who: who.id, on: deed === "ignore" });
    if (why !== undefined) return act.notice(why);
    act.ignores(who, deed === "ignore");
    return act.notice(deed === "ignore" ? t("You will not see what {name} writes.", { name: who.name }) : t("You see again what {name} writes.", { name: who.name }));
  };
  const label = t("More about {name}", { name: who.name });
  return html`
    <section aria-label=${label}>
      <div class="menu" ref=${box} role="menu" aria-label=${label} onKeyDown=${onKeyDown} onContextMenu=${(event) => event.preventDefault()}>
        ${deeds.map((deed) => html`<button type="button" role="menuitem" tabindex="-1" class=${GRAVE.includes(deed) ? "grave" : null} key=${deed} onClick=${() => does(deed)}>${t(LABELS[deed])}</button>`)}
        ${deeds.length === 0 && html`<button type="button" role="menuitem" tabindex="-1" onClick=${back}>${t("There is nothing to do here.")}</button>`}
      </div>
    </section>
  `;
}
