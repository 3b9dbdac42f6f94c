// Oneself, below the rooms: another name, and the way out.

import { useContext, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { hasAccount } from "../rights.js";
import { t } from "../words.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { Name, Picture } from "./person.js";

export function Me({ me, can, answer }) {
  const { act, part } = useContext(Page);
  const [open, setOpen] = useState(null);
  const buttons = { rename: useRef(null), logout: useRef(null) };
  const last = useRef(null);
  const back = () => {
    act.retyped("rename");
    last.current = open;
    setOpen(null);
  };
  // The focus goes back to the button that had opened what is closed now.
  useLayoutEffect(() => {
    if (open === null && last.current !== null) buttons[last.current].current.focus();
  }, [open]);
  const Open = open === null ? null : part("dialogs")?.[open === "rename" ? "rename" : hasAccount(me) ? "signOut" : "logOut"];
  if (Open) return html`<${Open} me=${me} answer=${answer} back=${back} />`;
  const label = hasAccount(me) || can.signUp === "off" ? t("You and your account") : t("Make an account");
  return html`
    <div class="me both">
      <button type="button" class="chip" ref=${buttons.rename} title=${t("Change your name")} onClick=${() => setOpen("rename")}>
        <${Picture} who=${me} /><${Name} name=${me.name} /><${Icon} name="pencil" />
      </button>
      <button type="button" class="plain" aria-label=${label} title=${label} onClick=${() => act.dialog("profile")}><${Icon} name="person" /></button>
      <button type="button" class="plain" ref=${buttons.logout} aria-label=${t("Log out")} title=${t("Log out")} onClick=${() => setOpen("logout")}><${Icon} name="leave" /></button>
    </div>
  `;
}
