// A form that asks the server something: it waits, says what was wrong, and where.

import { useRef, useState } from "../vendor/preact-hooks.js";
import { Fault, faulty } from "./fault.js";
import { html } from "./html.js";

/**
 * {busy, faults, fail(field, why), retyped(), run(work)}. `faults` has an answer, as in fault.js, for each field that has
 * one; `run` calls the async `work` unless it is at work already, and takes back what was wrong before.
 */
export function useForm() {
  const [busy, setBusy] = useState(false);
  const [faults, setFaults] = useState({});
  const count = useRef(0);
  const working = useRef(false);
  const fail = (field, why) => setFaults({ [field]: { n: (count.current += 1), fault: why } });
  const run = async (work) => {
    if (working.current) return;
    working.current = true;
    setBusy(true);
    setFaults({});
    try {
      await work();
    } finally {
      working.current = false;
      setBusy(false);
    }
  };
  return { busy, faults, fail, retyped: () => setFaults({}), run };
}

/** A field with its label, and with what is wrong with it. `form` is what `useForm` gives. */
export function Field({ form, name, label, value, change, hint = null, field = null, ...more }) {
  const answer = form.faults[name];
  const told = hint !== null ? { "aria-describedby": `${name}-hint` } : {};
  const onInput = (event) => {
    change(event.currentTarget.value);
    if (answer) form.retyped();
  };
  return html`
    <div class="field">
      <label for=${name}>${label}</label>
      <input id=${name} name=${name} ref=${field} value=${value} disabled=${form.busy} autocapitalize="none" spellcheck=${false} onInput=${onInput} ...${more} ...${told} ...${faulty(`${name}-fault`, answer)} />
      <${Fault} id=${`${name}-fault`} answer=${answer} />
      ${hint !== null && html`<p class="hint" id=${`${name}-hint`}>${hint}</p>`}
    </div>
  `;
}
