// The first thing one sees: who are you?

import { useContext, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { nameProblem, nearestName } from "../names.js";
import { rowsOf } from "../rows.js";
import { messageOf } from "../timeline.js";
import { t } from "../words.js";
import { Fault, faulty } from "./fault.js";
import { html, Page } from "./html.js";
import { Name, Picture } from "./person.js";
import { Text } from "./text.js";

/** What is said in the lobby, for who is not in yet. */
const Glimpse = ({ door }) => html`
  <section class="glimpse" aria-label=${t("The lobby right now")}>
    <ol role="list">
      ${rowsOf(door.map(messageOf), { day: () => "" }).map(
        ({ key, item, first }) => html`
          <li key=${key} class=${first ? "first" : null}>
            ${first && html`<${Picture} who=${item.from} />`}
            <div>
              ${first && html`<${Name} name=${item.from.name} />`}
              ${item.deleted ? html`<p class="text gone">${t("This message was deleted.")}</p>` : html`<${Text} raw=${item.text} />`}
            </div>
          </li>
        `,
      )}
    </ol>
  </section>
`;

/** What is said to those who may not come in, or not write, as guests. */
function Terms({ can }) {
  const account = { open: null, invite: t("An account needs an invitation: ask for a link."), off: t("Ask whoever runs this server for an account.") }[can.signUp];
  if (can.guests === "on") return null;
  return html`<p>${can.guests === "off" ? t("Who comes in here has an account.") : t("Guests can read here. Who wants to write needs an account.")} ${account}</p>`;
}

/** The other ways in than that of a guest. */
function Ways({ way, choose, can }) {
  const all = [
    ["guest", t("Come in as a guest"), can.guests !== "off"],
    ["in", t("I have an account"), true],
    ["up", t("Make an account"), can.signUp === "open"],
  ];
  return html`<span class="choices">${all.map(([name, words, may]) => may && name !== way && html`<button type="button" key=${name} onClick=${() => choose(name)}>${words}</button>`)}</span>`;
}

/** The form of those who have an account, or are to have one. */
function WithAccount({ way, invited, name, ways }) {
  const { part } = useContext(Page);
  const forms = part("account");
  const title = way === "in" ? t("Sign in") : t("Make an account");
  return html`
    <div class="card">
      <h1>${title}</h1>
      ${forms === null ? html`<p role="status">${t("Loading…")}</p>` : way === "in" ? html`<${forms.SignIn} name=${name} invited=${invited}>${ways}<//>` : html`<${forms.SignUp} guest=${null} invited=${invited} name=${name}>${ways}<//>`}
    </div>
  `;
}

export function Join({ door, can, invited, ...form }) {
  const [chosen, choose] = useState(null);
  const way = form.joining ? "guest" : (chosen ?? (invited !== null ? "up" : can.guests === "off" ? "in" : "guest"));
  const ways = html`<${Ways} way=${way} choose=${choose} can=${{ ...can, signUp: invited === null ? can.signUp : "open" }} />`;
  return html`
    <main class=${door.length > 0 ? "door open" : "door"} id="talk" tabindex="-1">
      ${door.length > 0 && html`<${Glimpse} door=${door} />`}
      ${way === "guest" ? html`<${AsGuest} ...${form} can=${can} ways=${ways} />` : html`<${WithAccount} way=${way} invited=${invited} name=${form.name} ways=${html`<${Terms} can=${can} />${ways}`} />`}
    </main>
  `;
}

function AsGuest({ name: before, email: beforeEmail, joining, link, answer, place, can, ways }) {
  const { act } = useContext(Page);
  const [name, setName] = useState(before);
  const [email, setEmail] = useState(beforeEmail);
  const field = useRef(null);
  // At first, when something is wrong with the name, and when one did not wait for the answer.
  useLayoutEffect(() => {
    if (!joining) field.current.focus();
  }, [joining, answer?.n]);

  const onSubmit = (event) => {
    event.preventDefault();
    const problem = nameProblem(name);
    if (problem === null) act.start(name.trim(), email.trim(), place);
    else act.answered("name", problem, nearestName(name));
  };

  const onName = (event) => {
    setName(event.currentTarget.value);
    act.retyped("name");
  };

  const take = (offer) => {
    setName(offer);
    act.retyped("name");
    field.current.focus();
  };

  const waiting = joining && link.status === "waiting";
  return html`
    <form class="card" noValidate onSubmit=${onSubmit}>
      <h1>${t("Come in")}</h1>
      <p>${place === null ? t("Choose a name, and talk. You start in the lobby.") : t("Choose a name, and talk.")}</p>
      <${Terms} can=${can} />
      <div class="field">
        <label for="username">${t("Username")}</label>
        <input
          ref=${field}
          id="username"
          name="username"
          autocomplete="nickname"
          autocapitalize="none"
          spellcheck=${false}
          placeholder=${t("Username")}
          disabled=${joining}
          value=${name}
          onInput=${onName}
          ...${faulty("name-fault", answer)}
        />
        <${Fault} id="name-fault" answer=${answer} take=${take} />
      </div>
      <div class="field">
        <label for="email">${t("E-mail")} <i>${t("optional")}</i></label>
        <input
          id="email"
          name="email"
          type="email"
          autocomplete="email"
          placeholder=${t("Email")}
          aria-describedby="email-hint"
          maxlength="254"
          disabled=${joining}
          value=${email}
          onInput=${(event) => setEmail(event.currentTarget.value)}
        />
        <p class="hint" id="email-hint">${t("Only clients of the tutorial's wire see it, for your picture there.")}</p>
      </div>
      ${
        joining
          ? html`<p class="progress" role="status">${waiting ? t("The server does not answer; trying again…") : t("Joining…")}</p>
              <button type="button" onClick=${act.leaveChat}>${t("Cancel")}</button>`
          : html`<button type="submit" class="primary">${t("Join")}</button>`
      }
      <p class="small">${t("Your name belongs to this browser: in another one you are another person.")}</p>
      ${!joining && ways}
    </form>
  `;
}
