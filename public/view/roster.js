// Who belongs to a room or has an account, with their roles; and who was banned or muted.

import { useContext } from "../vendor/preact-hooks.js";
import { key, t } from "../words.js";
import { html, Page } from "./html.js";
import { wholeOf } from "./message.js";
import { Name, Picture } from "./person.js";

const ROLES = { owner: key("owner"), moderator: key("moderator"), member: key("member"), guest: key("guest"), bot: key("bot") };

const GIVEN = ["member", "moderator", "owner"];

/**
 * `people` are {who, role, here}; in `room` (a name, null for the server). `gives` is whether one may give roles there,
 * and `done()` is called when one has.
 */
export function Roster({ people, room, me, gives, done }) {
  const { act } = useContext(Page);
  const give = async (who, role) => {
    const { why } = await act.ask({ type: "role", ...(room === null ? {} : { room }), who: who.id, role });
    if (why !== undefined) act.notice(why);
    done();
  };
  return html`
    <ul class="list" role="list">
      ${people.map(({ who, role, here }) => {
        const now = role || "member";
        return html`
          <li key=${who.id}>
            <span class="what"><${Picture} who=${who} /><${Name} name=${who.name} />${who.id === me.id && html`<span class="note">${t("you")}</span>`}${here && html`<span class="note">${t("is here")}</span>`}</span>
            ${
              gives && role !== "bot" && role !== "guest"
                ? html`<select aria-label=${t("The role of {name}", { name: who.name })} onChange=${(event) => give(who, event.currentTarget.value)}>${GIVEN.map((one) => html`<option value=${one} key=${one} selected=${one === now}>${t(ROLES[one])}</option>`)}</select>`
                : role && html`<span class="tag">${ROLES[role] ? t(ROLES[role]) : role}</span>`
            }
          </li>
        `;
      })}
    </ul>
  `;
}

/** Bans or mutes, each of which `undo` (unban, unmute) takes back. */
export function Measures({ title, all, room, undo, done }) {
  const { act } = useContext(Page);
  if (all.length === 0) return null;
  const lift = async (who) => {
    const { why } = await act.ask({ type: undo, ...(room === null ? {} : { room }), who: who.id });
    if (why !== undefined) act.notice(why);
    done();
  };
  return html`
    <section>
      <h3>${title}</h3>
      <ul class="list" role="list">
        ${all.map(
          ({ who, by, reason, until }, index) => html`
            <li key=${who?.id ?? index}>
              <span class="what">
                ${who ? html`<${Picture} who=${who} /><${Name} name=${who.name} />` : t("Somebody who is not known any more")}
                <span class="note">${[by && t("by {name}", { name: by }), until ? t("until {time}", { time: wholeOf(until) }) : t("for ever"), reason].filter(Boolean).join(" · ")}</span>
              </span>
              ${who && html`<button type="button" onClick=${() => lift(who)}>${t("Take back")}</button>`}
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}
