// The first thing one sees: who are you?

import { useContext, useEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { html, Page } from "./html.js";
import { nameProblem } from "../names.js";

export function Join({ name: before, email: beforeEmail, joining, link }) {
  const { act } = useContext(Page);
  const [name, setName] = useState(before);
  const [email, setEmail] = useState(beforeEmail);
  const field = useRef(null);
  useEffect(() => field.current?.focus(), []);

  const onSubmit = (event) => {
    event.preventDefault();
    const problem = nameProblem(name);
    if (problem !== null) {
      act.notice(problem);
      field.current.focus();
      return;
    }
    act.start(name.trim(), email.trim());
  };

  const waiting = joining && link.status === "waiting";
  return html`
    <main class="door">
      <form class="card" noValidate onSubmit=${onSubmit}>
        <h1>Come in</h1>
        <p>Choose a name, and talk. You start in the lobby.</p>
        <label>
          <span>Username</span>
          <input
            ref=${field}
            name="username"
            autocomplete="nickname"
            autocapitalize="none"
            spellcheck=${false}
            placeholder="Username"
            disabled=${joining}
            value=${name}
            onInput=${(event) => setName(event.currentTarget.value)}
          />
        </label>
        <label>
          <span>E-mail <i>optional</i></span>
          <input
            name="email"
            type="email"
            autocomplete="email"
            placeholder="Email"
            disabled=${joining}
            value=${email}
            onInput=${(event) => setEmail(event.currentTarget.value)}
          />
        </label>
        ${
          joining
            ? html`<p class="progress" role="status">${waiting ? "The server does not answer; trying again…" : "Joining…"}</p>
                <button type="button" onClick=${act.leaveChat}>Cancel</button>`
            : html`<button type="submit" class="primary">Join</button>`
        }
      </form>
    </main>
  `;
}
