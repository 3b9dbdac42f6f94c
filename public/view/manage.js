// A room: what it is about, how strict it is, who belongs to it, and the way out for good.

import { useContext, useEffect, useState } from "../vendor/preact-hooks.js";
import { settingsFor } from "../powers.js";
import { at, isClosed, isPrivate, titleOf } from "../room.js";
import { key, t } from "../words.js";
import { Dialog } from "./dialog.js";
import { Fault } from "./fault.js";
import { Field, useForm } from "./form.js";
import { html, Page } from "./html.js";
import { Choose } from "./measure.js";
import { Notice } from "./notice.js";
import { peopleIn, Picker } from "./picker.js";
import { useAnswer } from "./profile.js";
import { Measures, Roster } from "./roster.js";

const SLOW = [[0, key("Off")], [5, key("5 seconds")], [30, key("30 seconds")], [60, key("A minute")], [300, key("5 minutes")], [900, key("15 minutes")], [3600, key("An hour")], [21_600, key("6 hours")]];
const FLAGS = { locked: key("Let no newcomers in"), guests: key("Let guests in"), archived: key("Archive it: it can be read, and no more") };
const NAMES = ["title", "topic", "slow", "locked", "guests", "archived"];

const now = (room) => Object.fromEntries(NAMES.map((name) => [name, room[name]]));

function Facts({ room }) {
  const facts = [room.topic, room.slow > 0 && t("Slow mode"), room.locked && t("No newcomers are let in here right now."), room.archived && t("This room is archived: it can be read, and no more."), !room.guests && t("Guests are not let in.")].filter(Boolean);
  return html`<ul class="facts" role="list">${facts.map((fact) => html`<li dir="auto" key=${fact}>${fact}</li>`)}</ul>`;
}

function Rules({ room, may }) {
  const { act } = useContext(Page);
  const form = useForm();
  const [wish, setWish] = useState(() => now(room));
  const put = (name) => (value) => setWish((before) => ({ ...before, [name]: value }));
  const changed = Object.fromEntries(NAMES.filter((name) => may.includes(name) && wish[name] !== room[name]).map((name) => [name, wish[name]]));
  const onSubmit = (event) => {
    event.preventDefault();
    if (changed.title?.trim() === "") return form.fail("title", t("A room needs a name."));
    return form.run(async () => {
      const { why } = await act.ask({ type: "set", room: room.name, ...changed });
      if (why !== undefined) form.fail(may.includes("title") ? "title" : "topic", why);
      else act.notice(t("The room is as you wanted it."));
    });
  };
  const options = SLOW.some(([one]) => one === wish.slow) ? SLOW : [...SLOW, [wish.slow, `${wish.slow} s`]];
  return html`
    <form class="account" noValidate onSubmit=${onSubmit}>
      ${may.includes("title") && html`<${Field} form=${form} name="title" label=${t("What it is called")} value=${wish.title} change=${put("title")} maxlength="80" autocomplete="off" />`}
      <${Field} form=${form} name="topic" label=${t("Topic")} value=${wish.topic} change=${put("topic")} maxlength="500" autocomplete="off" />
      <${Choose} id="slow" label=${t("Slow mode: between two messages of a person")} options=${options.map(([value, words]) => [value, t(words)])} value=${wish.slow} change=${(value) => put("slow")(Number(value))} />
      ${Object.keys(FLAGS).filter((name) => may.includes(name)).map((name) => html`<div class="choice" key=${name}><input type="checkbox" id=${name} checked=${wish[name]} onChange=${(event) => put(name)(event.currentTarget.checked)} /><label for=${name}>${t(FLAGS[name])}</label></div>`)}
      <span class="choices"><button type="submit" class="primary" disabled=${form.busy || Object.keys(changed).length === 0}>${t("Save")}</button></span>
    </form>
  `;
}

function Invite({ state, room, members, done }) {
  const { act } = useContext(Page);
  const form = useForm();
  const [chosen, choose] = useState([]);
  const onSubmit = (event) => {
    event.preventDefault();
    return form.run(async () => {
      const left = [];
      let fault = null;
      for (const who of chosen) {
        const { why } = await act.ask({ type: "invite", room: room.name, who: who.id });
        if (why !== undefined) {
          left.push(who);
          fault = why;
        }
      }
      choose(left);
      if (fault !== null) form.fail("invite", fault);
      done();
    });
  };
  return html`
    <form class="account" noValidate onSubmit=${onSubmit}>
      <${Picker} id="invite" label=${t("Invite people")} people=${peopleIn(state, members)} chosen=${chosen} choose=${choose} />
      <${Fault} id="invite-fault" answer=${form.faults.invite} />
      <span class="choices"><button type="submit" disabled=${form.busy || chosen.length === 0}>${t("Invite")}</button></span>
    </form>
  `;
}

function Quit({ room, close }) {
  const { act } = useContext(Page);
  const [sure, setSure] = useState(false);
  const quit = async () => {
    const { why } = await act.ask({ type: "quit", room: room.name });
    if (why === undefined) close();
    else act.notice(why);
  };
  if (!sure) return html`<span class="choices"><button type="button" class="grave" onClick=${() => setSure(true)}>${t("Leave for good…")}</button></span>`;
  return html`
    <p>${t("You will not see this room any more, and come back only if somebody invites you.")}</p>
    <span class="choices"><button type="button" class="primary bad" onClick=${quit}>${t("Leave for good")}</button><button type="button" onClick=${() => setSure(false)}>${t("Cancel")}</button></span>
  `;
}

/** Those who belong to a public room are who has a role there; who is there now may be given one. */
const withPresent = (people, room) => {
  const known = new Set(people.map(({ who }) => who.id));
  return [...people, ...room.members.filter((who) => !known.has(who.id)).map((who) => ({ who, role: "", here: true }))];
};

/** The conversation of two has no rules. */
const Pair = ({ room, close }) => html`<${Dialog} kind="manage" title=${titleOf(room)} close=${close}><${Notice} room=${room} /><//>`;

export function Manage({ state, about, close }) {
  const room = at(state.rooms, about.room);
  return room !== undefined && isPrivate(room.name) ? html`<${Pair} room=${room} close=${close} />` : html`<${Room} state=${state} about=${about} close=${close} />`;
}

function Room({ state, about, close }) {
  const room = at(state.rooms, about.room);
  const [reply, again] = useAnswer({ type: "roster", room: about.room });
  useEffect(() => {
    if (room === undefined) close();
    else again();
  }, [room === undefined, room?.staff, room?.count]);
  if (room === undefined) return null;
  const may = settingsFor(state.me, room);
  const people = reply?.people ?? [];
  const gives = may.includes("roles");
  return html`
    <${Dialog} kind="manage" title=${titleOf(room)} close=${close}>
      <${Notice} room=${room} />
      ${may.length > 0 ? html`<${Rules} room=${room} may=${may} />` : html`<${Facts} room=${room} />`}
      ${may.includes("invite") && html`<${Invite} state=${state} room=${room} members=${people.map(({ who }) => who)} done=${again} />`}
      ${reply?.why !== undefined && html`<${Fault} id="roster-fault" answer=${{ n: 0, fault: reply.why }} />`}
      ${people.length + (gives ? room.members.length : 0) > 0 && html`<section><h3>${isClosed(room.name) ? t("Members") : t("Owners and moderators")}</h3><${Roster} people=${gives && !isClosed(room.name) ? withPresent(people, room) : people} room=${room.name} me=${state.me} gives=${gives} done=${again} /></section>`}
      ${may.includes("measures") && html`<${Measures} title=${t("Banned")} all=${reply?.banned ?? []} room=${room.name} undo="unban" done=${again} /><${Measures} title=${t("Muted")} all=${reply?.muted ?? []} room=${room.name} undo="unmute" done=${again} />`}
      ${isClosed(room.name) && html`<${Quit} room=${room} close=${close} />`}
    <//>
  `;
}
