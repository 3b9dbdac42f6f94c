// Oneself: an account for a guest; for who has one, the password, the places where one is signed in, and whom one ignores.

import { useContext, useEffect, useState } from "../vendor/preact-hooks.js";
import { answerOf, joined } from "../answers.js";
import { deviceOf } from "../devices.js";
import { hasAccount } from "../rights.js";
import { key, t } from "../words.js";
import { NewPassword, SignIn, SignUp } from "./account.js";
import { Dialog } from "./dialog.js";
import { Fault } from "./fault.js";
import { Field, useForm } from "./form.js";
import { html, Page } from "./html.js";
import { wholeOf } from "./message.js";
import { Name, Picture } from "./person.js";

const ROLES = {
  member: key("You have an account on this server."),
  moderator: key("You are a moderator of this server."),
  owner: key("You are an owner of this server."),
  bot: key("This is the account of a bot."),
};

/** What `command` is answered with, or null as long as it is not; {why} where it is refused. `again()` asks anew. */
export function useAnswer(command) {
  const { act } = useContext(Page);
  const [reply, setReply] = useState(null);
  const again = async () => {
    let reply = answerOf(await act.ask(command));
    while (reply.next) {
      const more = answerOf(await act.ask({ ...command, after: reply.next }));
      if (more.people === undefined) return setReply(more);
      reply = joined(reply, more);
    }
    setReply(reply);
  };
  useEffect(() => {
    again();
  }, [JSON.stringify(command)]);
  return [reply, again];
}

function Rename({ me, answer }) {
  const { act } = useContext(Page);
  const form = useForm();
  const [name, setName] = useState(me.name);
  const onSubmit = (event) => {
    event.preventDefault();
    if (name.trim() !== me.name) act.self("rename", name);
  };
  const faults = answer?.fault ? { "own-name": answer } : {};
  return html`
    <form class="account" noValidate onSubmit=${onSubmit}>
      <${Field} form=${{ ...form, faults, retyped: () => act.retyped("rename") }} name="own-name" label=${t("Your name")} value=${name} change=${setName} autocomplete="nickname" />
      <span class="choices"><button type="submit" disabled=${name.trim() === me.name}>${t("Rename")}</button></span>
    </form>
  `;
}

function Sessions() {
  const { act } = useContext(Page);
  const [reply, again] = useAnswer({ type: "sessions" });
  const revoke = async (session) => {
    const { why } = await act.ask({ type: "revoke", session });
    act.notice(why ?? (session === "others" ? t("You are signed out everywhere else.") : t("That place is signed out.")));
    again();
  };
  if (reply === null) return html`<p class="hint" role="status">${t("Loading…")}</p>`;
  if (reply.why !== undefined) return html`<${Fault} id="sessions-fault" answer=${{ n: 0, fault: reply.why }} />`;
  const others = reply.sessions.filter((one) => !one.current);
  return html`
    <ul class="list" role="list">
      ${reply.sessions.map(
        (one) => html`
          <li key=${one.id}>
            <span class="what"><bdi title=${one.label}>${deviceOf(one.label)}</bdi>${one.current && html` <span class="tag">${t("here")}</span>`}<span class="note">${one.seen && t("last seen {time}", { time: wholeOf(one.seen) })}</span></span>
            ${!one.current && html`<button type="button" onClick=${() => revoke(one.id)}>${t("Sign out")}</button>`}
          </li>
        `,
      )}
    </ul>
    ${others.length > 0 && html`<span class="choices"><button type="button" onClick=${() => revoke("others")}>${t("Sign out everywhere else")}</button></span>`}
  `;
}

function Ignored({ ignored }) {
  const { act } = useContext(Page);
  const hear = async (who) => {
    const { why } = await act.ask({ type: "ignore", who: who.id, on: false });
    if (why === undefined) act.ignores(who, false);
    else act.notice(why);
  };
  return html`
    <ul class="list" role="list">
      ${ignored.map((who) => html`<li key=${who.id}><span class="what"><${Picture} who=${who} /><${Name} name=${who.name} /></span><button type="button" onClick=${() => hear(who)}>${t("Stop ignoring")}</button></li>`)}
    </ul>
  `;
}

function Guest({ me, can, invited }) {
  const [signsIn, setSignsIn] = useState(false);
  const may = can.signUp === "open" || invited !== null;
  const other = html`<button type="button" onClick=${() => setSignsIn(!signsIn)}>${signsIn ? t("Make an account") : t("I have an account")}</button>`;
  if (signsIn) return html`<${SignIn} invited=${invited}>${may && other}<//>`;
  if (may) return html`<${SignUp} guest=${me} invited=${invited}>${other}<//>`;
  return html`<p>${can.signUp === "invite" ? t("An account needs an invitation: ask for a link.") : t("Ask whoever runs this server for an account.")}</p>${other}`;
}

export function Profile({ state, close }) {
  const { link } = useContext(Page);
  const { me, can, ignored, forms } = state;
  const inside = hasAccount(me);
  return html`
    <${Dialog} kind="profile" title=${inside ? t("You and your account") : t("Make an account")} close=${close}>
      ${inside && html`<p>${t(ROLES[me.role])}</p>`}
      ${inside && link?.kind === "invite" && html`<p role="status">${t("The link that you have opened is for a new account: log out to use it.")}</p>`}
      ${inside && link?.kind === "owner" && html`<${SignIn} name=${me.name} invited=${link} />`}
      ${inside ? html`<${Rename} key=${me.name} me=${me} answer=${forms.rename} />` : html`<${Guest} me=${me} can=${can} invited=${link} />`}
      ${inside && html`<section><h3>${t("Where you are signed in")}</h3><${Sessions} /></section><details><summary>${t("Change the password")}</summary><${NewPassword} me=${me} /></details>`}
      ${ignored.length > 0 && html`<section><h3>${t("Whom you ignore")}</h3><${Ignored} ignored=${ignored} /></section>`}
    <//>
  `;
}
