// Another name, and the way out, in the place of one's own; see me.js.

import { useContext, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { around, t } from "../words.js";
import { Fault, faulty } from "./fault.js";
import { html, Page } from "./html.js";
import { Name } from "./person.js";

/** Escape goes back, and is for nobody else. */
const onEscape = (back) => (event) => {
  if (event.key !== "Escape") return;
  event.preventDefault();
  back();
};

export function Rename({ me, answer, back }) {
  const { act } = useContext(Page);
  const [name, setName] = useState(me.name);
  const field = useRef(null);
  const begun = useRef(answer);
  useLayoutEffect(() => field.current.select(), []);
  useLayoutEffect(() => {
    if (answer === begun.current || !answer) return;
    if (answer.fault === null) back();
    else field.current.focus();
  }, [answer]);
  const onSubmit = (event) => {
    event.preventDefault();
    if (name.trim() === me.name) back();
    else act.self("rename", name);
  };
  const onInput = (event) => {
    setName(event.currentTarget.value);
    act.retyped("rename");
  };
  const take = (offer) => {
    setName(offer);
    act.retyped("rename");
    field.current.focus();
  };
  return html`
    <form class="me" noValidate onSubmit=${onSubmit} onKeyDown=${onEscape(back)}>
      <input
        ref=${field}
        aria-label=${t("Your name")}
        autocomplete="off"
        autocapitalize="none"
        spellcheck=${false}
        value=${name}
        onInput=${onInput}
        ...${faulty("rename-fault", answer)}
      />
      <${Fault} id="rename-fault" answer=${answer} take=${take} />
      <span class="choices">
        <button type="submit" class="primary">${t("Rename")}</button>
        <button type="button" onClick=${back}>${t("Cancel")}</button>
      </span>
    </form>
  `;
}

/** Who has an account leaves with all tabs of this browser, and comes back with the password. */
export function SignOut({ me, back }) {
  const { act } = useContext(Page);
  const first = useRef(null);
  useLayoutEffect(() => first.current.focus(), []);
  return html`
    <div class="me" role="group" aria-labelledby="logout-title" onKeyDown=${onEscape(back)}>
      <p id="logout-title">${around("Log out, {name}?", { name: html`<${Name} name=${me.name} />` })}</p>
      <button type="button" ref=${first} aria-describedby="logout-tab" onClick=${() => act.self("signOut")}>${t("Sign out")}</button>
      <p class="hint" id="logout-tab">${t("In all tabs of this browser. You come back with your name and your password.")}</p>
      <button type="button" onClick=${back}>${t("Cancel")}</button>
    </div>
  `;
}

export function LogOut({ me, back }) {
  const { act } = useContext(Page);
  const first = useRef(null);
  useLayoutEffect(() => first.current.focus(), []);
  return html`
    <div class="me" role="group" aria-labelledby="logout-title" onKeyDown=${onEscape(back)}>
      <p id="logout-title">${around("Log out, {name}?", { name: html`<${Name} name=${me.name} />` })}</p>
      <button type="button" ref=${first} aria-describedby="logout-tab" onClick=${act.leaveChat}>${t("Leave in this tab")}</button>
      <p class="hint" id="logout-tab">${t("This browser still knows you: join under the same name to go on.")}</p>
      <button type="button" class="grave" aria-describedby="logout-browser" onClick=${act.forget}>${t("Forget me in this browser")}</button>
      <p class="hint" id="logout-browser">${t("In all its tabs, for good: you cannot be this person again, nor read what was private.")}</p>
      <button type="button" onClick=${back}>${t("Cancel")}</button>
    </div>
  `;
}
