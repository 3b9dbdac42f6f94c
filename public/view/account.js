// Signing up and in: at the door, or for a guest who is inside.

import { useContext, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { askAccount, becomeAccount, becomes, passwordProblem } from "../accounts.js";
import { nameProblem } from "../names.js";
import { key, t } from "../words.js";
import { Field, useForm } from "./form.js";
import { html, Page } from "./html.js";

const OF_THE_NAME = ["name_taken", "bad_name"];

const FOR = {
  owner: key("This link makes you the owner of this server. It is good once."),
  invite: key("You are invited: this link is good for an account on this server."),
};

/** The first field of a form gets the focus when it comes, and the one that is wrong when it is. */
function useFocus(form) {
  const box = useRef(null);
  const [wrong] = Object.keys(form.faults);
  useLayoutEffect(() => {
    const field = box.current.querySelector(wrong === undefined ? "input:not([readonly])" : `[name="${wrong}"]`);
    if (!form.busy) field?.focus();
  }, [form.busy, form.faults]);
  return box;
}

/** What a keeper of passwords wants to see, and nobody else. */
const Whose = ({ name }) => html`<input class="unseen" name="username" autocomplete="username" readonly tabindex="-1" aria-hidden="true" value=${name} />`;

/**
 * `guest` is whom one has been in this tab so far, or null; `invited` what a link was for, {kind, secret}, or null.
 * `children` are further buttons.
 */
export function SignUp({ guest, invited, name: before = "", children }) {
  const { act } = useContext(Page);
  const form = useForm();
  const box = useFocus(form);
  const [name, setName] = useState(before);
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const onSubmit = (event) => {
    event.preventDefault();
    const nameFault = guest === null ? nameProblem(name) : null;
    const fault = passwordProblem(password, again);
    if (nameFault !== null) return form.fail("account-name", nameFault);
    if (fault !== null) return form.fail("new-password", fault);
    return form.run(async () => {
      const who = guest === null ? { name: name.trim() } : { token: act.token() };
      const ask = () => askAccount("sign-up", { password, ...who, ...(invited ? { [invited.kind]: invited.secret } : {}), cookie: true });
      const { me, why, code } = await (guest === null ? ask() : act.becomes((line) => becomes(line, ask)));
      if (why === undefined && me) act.signedIn(me, guest === null ? null : becomeAccount);
      else if (code === "bad_invite" && !invited) form.fail("new-password", t("An account needs an invitation: ask for a link."));
      else form.fail(OF_THE_NAME.includes(code) && guest === null ? "account-name" : "new-password", why);
    });
  };
  return html`
    <form class="account" ref=${box} noValidate onSubmit=${onSubmit}>
      ${invited && html`<p>${t(FOR[invited.kind])}</p>`}
      <p>
        ${
          guest === null
            ? t("With an account you are the same person in every browser, and your messages are kept for you.")
            : t("You stay who you are: your messages, private ones too, are kept for you, and you can come back from any browser.")
        }
      </p>
      ${guest === null ? html`<${Field} form=${form} name="account-name" label=${t("Username")} value=${name} change=${setName} autocomplete="username" />` : html`<${Whose} name=${guest.name} />`}
      <${Field} form=${form} name="new-password" label=${t("Password")} type="password" value=${password} change=${setPassword} autocomplete="new-password" hint=${t("At least 8 characters.")} />
      <${Field} form=${form} name="again" label=${t("Password, once more")} type="password" value=${again} change=${setAgain} autocomplete="new-password" />
      <button type="submit" class="primary" disabled=${form.busy}>${t("Make an account")}</button>
      ${children}
    </form>
  `;
}

/** `invited` as above: whoever has an account already can become an owner too. */
export function SignIn({ name: before = "", invited = null, children }) {
  const { act } = useContext(Page);
  const form = useForm();
  const box = useFocus(form);
  const [name, setName] = useState(before);
  const [password, setPassword] = useState("");
  const onSubmit = (event) => {
    event.preventDefault();
    if (name.trim() === "") return form.fail("account-name", t("You must choose a username."));
    return form.run(async () => {
      const owner = invited?.kind === "owner" ? { owner: invited.secret } : {};
      const { me, why } = await askAccount("sign-in", { name: name.trim(), password, ...owner, cookie: true });
      if (why === undefined && me) act.signedIn(me);
      else form.fail("password", why);
    });
  };
  return html`
    <form class="account" ref=${box} noValidate onSubmit=${onSubmit}>
      ${invited?.kind === "owner" && html`<p>${t(FOR.owner)}</p>`}
      <${Field} form=${form} name="account-name" label=${t("Username")} value=${name} change=${setName} autocomplete="username" />
      <${Field} form=${form} name="password" label=${t("Password")} type="password" value=${password} change=${setPassword} autocomplete="current-password" />
      <button type="submit" class="primary" disabled=${form.busy}>${t("Sign in")}</button>
      ${children}
    </form>
  `;
}

/** Another password, for who has an account. */
export function NewPassword({ me }) {
  const { act } = useContext(Page);
  const form = useForm();
  const [old, setOld] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const onSubmit = (event) => {
    event.preventDefault();
    const fault = passwordProblem(password, again);
    if (fault !== null) return form.fail("new-password", fault);
    return form.run(async () => {
      const { why } = await askAccount("password", { old, new: password });
      if (why !== undefined) return form.fail("old-password", why);
      for (const empty of [setOld, setPassword, setAgain]) empty("");
      return act.notice(t("The password is another one now, and you are signed out everywhere else."));
    });
  };
  return html`
    <form class="account" noValidate onSubmit=${onSubmit}>
      <${Whose} name=${me.name} />
      <${Field} form=${form} name="old-password" label=${t("The password you have")} type="password" value=${old} change=${setOld} autocomplete="current-password" />
      <${Field} form=${form} name="new-password" label=${t("The new one")} type="password" value=${password} change=${setPassword} autocomplete="new-password" hint=${t("At least 8 characters.")} />
      <${Field} form=${form} name="again" label=${t("The new one, once more")} type="password" value=${again} change=${setAgain} autocomplete="new-password" />
      <span class="choices"><button type="submit" disabled=${form.busy}>${t("Change the password")}</button></span>
    </form>
  `;
}
