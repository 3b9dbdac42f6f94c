// A message of one's own, to be changed where it stands. Enter saves, Escape leaves it as it was, and what has been begun
// waits until then.

import { useContext, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { byTouch } from "../browser.js";
import { plural, t } from "../words.js";
import { Fault, faulty } from "./fault.js";
import { html, Page } from "./html.js";

const HIGHEST = 240;

// What was begun, in a room that one has left meanwhile.
const begun = new Map();

export function Edit({ item, most }) {
  const { act } = useContext(Page);
  const key = `${item.room} ${item.offset}`;
  const [text, setText] = useState(() => begun.get(key) ?? item.text);
  const [answer, setAnswer] = useState(null);
  const [busy, setBusy] = useState(false);
  const box = useRef(null);
  const faults = useRef(0);
  const write = (value) => {
    setAnswer(null);
    begun.set(key, value);
    setText(value);
  };

  useLayoutEffect(() => {
    const from = document.activeElement;
    box.current.focus();
    box.current.setSelectionRange(text.length, text.length);
    return () => {
      // Whoever has gone elsewhere stays there.
      if (document.activeElement !== box.current && document.activeElement !== document.body) return;
      const back = from?.isConnected && from !== document.body ? from : document.querySelector(".composer textarea");
      back?.focus();
    };
  }, []);

  useLayoutEffect(() => {
    box.current.style.height = "auto";
    box.current.style.height = `${Math.min(box.current.scrollHeight + 2, HIGHEST)}px`;
    box.current.scrollIntoView({ block: "nearest" });
  }, [text]);

  // The field was disabled while the server was asked.
  useEffect(() => {
    if (answer !== null) box.current.focus();
  }, [answer]);

  const close = () => {
    begun.delete(key);
    act.change(item.room, null);
  };
  const fail = (fault) => setAnswer({ n: (faults.current += 1), fault });

  const save = async () => {
    const words = text.trim();
    const over = [...words].length - most;
    if (busy) return undefined;
    if (words === "") return fail(t("A message needs words. To take it away, delete it."));
    if (over > 0) return fail(plural(over, "This message is {n} character too long; {most} are allowed.", "This message is {n} characters too long; {most} are allowed.", { most }));
    if (words === item.text) return close();
    setBusy(true);
    const why = await act.changed(item, words);
    if (why === undefined) return begun.delete(key);
    setBusy(false);
    return fail(why);
  };

  const onKeyDown = (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && !event.shiftKey && !byTouch()) save();
    else return;
    event.preventDefault();
  };

  const onSubmit = (event) => {
    event.preventDefault();
    save();
  };

  return html`
    <form class="edit" noValidate onSubmit=${onSubmit}>
      <textarea ref=${box} rows="1" dir="auto" aria-label=${t("Edit the message")} value=${text} readOnly=${busy} onInput=${(event) => write(event.currentTarget.value)} onKeyDown=${onKeyDown} ...${faulty("edit-fault", answer)}></textarea>
      <${Fault} id="edit-fault" answer=${answer} />
      <span class="choices">
        <button type="submit" class="primary" disabled=${busy}>${t("Save")}</button>
        <button type="button" onClick=${close}>${t("Cancel")}</button>
      </span>
    </form>
  `;
}
