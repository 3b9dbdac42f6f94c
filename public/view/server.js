// For the staff of the server: its accounts and their roles, links that invite, bots, bans, and the lock against newcomers.

import { useContext, useState } from "../vendor/preact-hooks.js";
import { answerOf } from "../answers.js";
import { plural, t } from "../words.js";
import { Dialog } from "./dialog.js";
import { Fault } from "./fault.js";
import { Field, useForm } from "./form.js";
import { html, Page } from "./html.js";
import { Choose } from "./measure.js";
import { wholeOf } from "./message.js";
import { useAnswer } from "./profile.js";
import { Measures, Roster } from "./roster.js";

const DAY = 86_400;

/** Something that is shown once: it can be copied, and is gone afterwards. */
function Shown({ id, label, value }) {
  const { act } = useContext(Page);
  const copy = async () => {
    // Plain http on a network at home has no clipboard: what is selected can be copied by hand.
    document.getElementById(id).select();
    try {
      await navigator.clipboard.writeText(value);
      act.notice(t("Copied."));
    } catch (refusal) {
      act.notice(t("It is selected: copy it by the keyboard or the menu."));
    }
  };
  return html`
    <div class="field shown" role="status">
      <label for=${id}>${label}</label>
      <span class="row"><input id=${id} readonly value=${value} onFocus=${(event) => event.currentTarget.select()} /><button type="button" onClick=${copy}>${t("Copy")}</button></span>
    </div>
  `;
}

function Links() {
  const { act } = useContext(Page);
  const form = useForm();
  const [reply, again] = useAnswer({ type: "links" });
  const [uses, setUses] = useState("1");
  const [days, setDays] = useState("7");
  const [made, setMade] = useState(null);
  const onSubmit = (event) => {
    event.preventDefault();
    return form.run(async () => {
      const answer = answerOf(await act.ask({ type: "link", uses: Number(uses), seconds: Number(days) * DAY }));
      if (answer.why !== undefined) return form.fail("uses", answer.why);
      setMade(location.origin + answer.path);
      return again();
    });
  };
  const drop = async (id) => {
    const { why } = await act.ask({ type: "unlink", id });
    if (why !== undefined) act.notice(why);
    again();
  };
  const counts = [1, 5, 25, 100, 1000];
  return html`
    <section>
      <h3>${t("Invitations")}</h3>
      <form class="account" onSubmit=${onSubmit}>
        <p>${t("Whoever has such a link can make an account.")}</p>
        <${Choose} id="uses" label=${t("For how many people")} options=${counts.map((one) => [one, plural(one, "{n} person", "{n} people")])} value=${uses} change=${setUses} />
        <${Choose} id="days" label=${t("Good for")} options=${[1, 7, 30].map((one) => [one, plural(one, "{n} day", "{n} days")])} value=${days} change=${setDays} />
        <${Fault} id="uses-fault" answer=${form.faults.uses} />
        <span class="choices"><button type="submit" disabled=${form.busy}>${t("Make a link")}</button></span>
      </form>
      ${made !== null && html`<${Shown} id="link" label=${t("The link: it is shown this once")} value=${made} />`}
      <ul class="list" role="list">
        ${(reply?.links ?? []).map((one) => html`<li key=${one.id}><span class="what"><bdi>${one.by?.name}</bdi><span class="note">${[plural(one.left, "good for {n} more", "good for {n} more"), one.until && t("until {time}", { time: wholeOf(one.until) })].filter(Boolean).join(" · ")}</span></span><button type="button" onClick=${() => drop(one.id)}>${t("Take back")}</button></li>`)}
      </ul>
    </section>
  `;
}

function Bots({ directory, done }) {
  const { act } = useContext(Page);
  const form = useForm();
  const [name, setName] = useState("");
  const [rooms, setRooms] = useState("");
  const [made, setMade] = useState(null);
  const onSubmit = (event) => {
    event.preventDefault();
    return form.run(async () => {
      const answer = answerOf(await act.ask({ type: "bot", name: name.trim(), rooms: rooms.split(/[\s,]+/).filter(Boolean) }));
      if (answer.why !== undefined) return form.fail("bot-name", answer.why);
      setMade(answer.token);
      return done();
    });
  };
  return html`
    <section>
      <h3>${t("Bots")}</h3>
      <form class="account" noValidate onSubmit=${onSubmit}>
        <${Field} form=${form} name="bot-name" label=${t("Name of a new bot")} value=${name} change=${setName} autocomplete="off" />
        <${Field} form=${form} name="bot-rooms" label=${t("Rooms that it may use")} value=${rooms} change=${setRooms} autocomplete="off" hint=${t("Their names, with spaces between them.")} list="rooms-known" />
        <datalist id="rooms-known">${directory.map((one) => html`<option value=${one.room} key=${one.room} />`)}</datalist>
        <span class="choices"><button type="submit" disabled=${form.busy || name.trim() === ""}>${t("Make the bot")}</button></span>
      </form>
      ${made !== null && html`<${Shown} id="token" label=${t("Its token: it is shown this once")} value=${made} />`}
    </section>
  `;
}

export function Server({ state, close }) {
  const { act } = useContext(Page);
  const [reply, again] = useAnswer({ type: "roster" });
  const owner = state.me.role === "owner";
  const lock = async (locked) => {
    const { why } = await act.ask({ type: "set", locked });
    if (why === undefined) act.locks(locked);
    else act.notice(why);
  };
  return html`
    <${Dialog} kind="server" title=${t("Accounts and invitations")} close=${close}>
      <div class="choice"><input type="checkbox" id="server-locked" checked=${state.can.locked} onChange=${(event) => lock(event.currentTarget.checked)} /><label for="server-locked">${t("Let no newcomers in")}</label></div>
      <${Links} />
      ${owner && html`<${Bots} directory=${state.directory} done=${again} />`}
      ${reply?.why !== undefined && html`<${Fault} id="accounts-fault" answer=${{ n: 0, fault: reply.why }} />`}
      <section><h3>${t("Accounts")}</h3><${Roster} people=${reply?.people ?? []} room=${null} me=${state.me} gives=${owner} done=${again} /></section>
      <${Measures} title=${t("Banned")} all=${reply?.banned ?? []} room=${null} undo="unban" done=${again} />
      <${Measures} title=${t("Muted")} all=${reply?.muted ?? []} room=${null} undo="unmute" done=${again} />
    <//>
  `;
}
