// What one can do with a message, and with a person: a menu beside what they have said, or beside their name.

import { useContext, useLayoutEffect, useRef } from "../vendor/preact-hooks.js";
import { gave } from "../amends.js";
import { deedsFor, messageDeedsFor } from "../powers.js";
import { at, newRoom } from "../room.js";
import { key, t } from "../words.js";
import { place } from "./floating.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { onArrows } from "./roving.js";

const LABELS = {
  reply: key("Reply"),
  edit: key("Edit"),
  pin: key("Pin"),
  unpin: key("Unpin"),
  delete: key("Delete"),
  write: key("Write to this person alone"),
  ignore: key("Ignore"),
  unignore: key("Stop ignoring"),
  report: key("Report this message…"),
  kick: key("Remove from the room…"),
  mute: key("Mute…"),
  ban: key("Ban…"),
  wipe: key("Remove what they wrote…"),
};
const GRAVE = ["delete", "kick", "ban", "wipe"];
const ICONS = { reply: "reply", edit: "pencil", pin: "pin", unpin: "pin", delete: "bin" };

// What one is most likely to answer with.
const QUICK = ["👍", "❤️", "😂", "🎉", "😮", "😢"];

const arrows = onArrows("button");
const BESIDE = { ArrowLeft: -1, ArrowRight: 1 };

/** The few emoji beside each other, and the way to all others. */
function Quick({ item, me, close, opener }) {
  const { act } = useContext(Page);
  const given = (emoji) => (item.reactions ?? []).some((one) => one.emoji === emoji && gave(one, me));
  const react = (emoji) => {
    close();
    act.react(item, emoji);
  };
  return html`
    <div class="quick" role="group" aria-label=${t("React")}>
      ${QUICK.map((emoji) => html`<button type="button" role="menuitemcheckbox" tabindex="-1" key=${emoji} aria-checked=${given(emoji) ? "true" : "false"} aria-label=${t("React with {emoji}", { emoji })} onClick=${() => react(emoji)}>${emoji}</button>`)}
      <button type="button" role="menuitem" tabindex="-1" aria-label=${t("Another emoji…")} title=${t("Another emoji…")} onClick=${() => act.picker({ item, opener })}><${Icon} name="react" /></button>
    </div>
  `;
}

export function Menu({ state, who, room: name, message, opener }) {
  const { act } = useContext(Page);
  const box = useRef(null);
  const room = at(state.rooms, name) ?? newRoom(name);
  // As it is now, and not as it was when the menu was opened.
  const item = message && (room.items.find((one) => one.type === "message" && one.offset === message.offset) ?? message);
  const forMessage = item === null ? [] : messageDeedsFor({ me: state.me, can: state.can, room, message: item });
  const forPerson = deedsFor({ me: state.me, room, who, message: item, ignored: state.ignored });
  const deeds = [...forMessage.filter((deed) => deed !== "react"), ...forPerson];
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
    const by = BESIDE[event.key] * (document.documentElement.dir === "rtl" ? -1 : 1);
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      // Nobody else is to close something with the same key.
      event.stopPropagation();
      back();
    } else if (by && event.target.closest(".quick")) {
      event.preventDefault();
      const all = [...event.target.closest(".quick").children];
      all[(all.indexOf(event.target) + by + all.length) % all.length].focus();
    } else arrows(event);
  };
  const acts = {
    reply: () => act.reply(name, item),
    edit: () => act.change(name, item.offset),
    pin: () => act.pin(item, true),
    unpin: () => act.pin(item, false),
    // Its buttons go with it.
    delete: () => (who.id === state.me.id ? (opener.closest(".message")?.focus(), act.remove(item)) : act.dialog("measure", { deed: "delete", who, room: name, message: item })),
  };
  const does = async (deed) => {
    if (deed === "write") {
      close();
      return act.openPrivate(who);
    }
    if (Object.hasOwn(acts, deed)) {
      back();
      return acts[deed]();
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
  const label = who.id === state.me.id ? t("More about this message") : t("More about {name}", { name: who.name });
  return html`
    <section aria-label=${label}>
      <div class="menu" ref=${box} role="menu" aria-label=${label} onKeyDown=${onKeyDown} onContextMenu=${(event) => event.preventDefault()}>
        ${forMessage.includes("react") && html`<${Quick} item=${item} me=${state.me} close=${back} opener=${opener} />`}
        ${deeds.map((deed) => html`<button type="button" role="menuitem" tabindex="-1" class=${[GRAVE.includes(deed) && "grave", deed === forPerson[0] && forMessage.length > 0 && "next"].filter(Boolean).join(" ") || null} key=${deed} onClick=${() => does(deed)}>${ICONS[deed] && html`<${Icon} name=${ICONS[deed]} />`}${t(LABELS[deed])}</button>`)}
        ${deeds.length === 0 && html`<button type="button" role="menuitem" tabindex="-1" onClick=${back}>${t("There is nothing to do here.")}</button>`}
      </div>
    </section>
  `;
}
