// The first thing one sees: who are you?

import { useContext, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { nameProblem } from "../names.js";
import { Fault, faulty } from "./fault.js";
import { html, Page } from "./html.js";

export function Join({ name: before, email: beforeEmail, joining, link, answer }) {
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
    if (problem === null) act.start(name.trim(), email.trim());
    else act.answered("name", problem);
  };

  const onName = (event) => {
    setName(event.currentTarget.value);
    act.retyped("name");
  };

  const waiting = joining && link.status === "waiting";
  return html`
    <main class="door">
      <form class="card" noValidate onSubmit=${onSubmit}>
        <h1>Come in</h1>
        <p>Choose a name, and talk. You start in the lobby.</p>
        <div class="field">
          <label for="username">Username</label>
          <input
            ref=${field}
            id="username"
            name="username"
            autocomplete="nickname"
            autocapitalize="none"
            spellcheck=${false}
            placeholder="Username"
            disabled=${joining}
            value=${name}
            onInput=${onName}
            ...${faulty("name-fault", answer)}
          />
          <${Fault} id="name-fault" answer=${answer} />
        </div>
        <div class="field">
          <label for="email">E-mail <i>optional</i></label>
          <input
            id="email"
            name="email"
            type="email"
            autocomplete="email"
            placeholder="Email"
            maxlength="254"
            disabled=${joining}
            value=${email}
            onInput=${(event) => setEmail(event.currentTarget.value)}
          />
        </div>
        ${
          joining
            ? html`<p class="progress" role="status">${waiting ? "The server does not answer; trying again…" : "Joining…"}</p>
                <button type="button" onClick=${act.leaveChat}>Cancel</button>`
            : html`<button type="submit" class="primary">Join</button>`
        }
        <p class="small">Your name belongs to this browser: in another one you are another person.</p>
      </form>
    </main>
  `;
}
