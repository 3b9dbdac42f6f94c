// Where one writes. Enter sends, Shift and Enter break the line, and a word that an input method is still composing is
// left alone.

import { useContext, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { at } from "../room.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";

const length = (text) => [...text].length;

export function Composer({ room, title, most, draft }) {
  const { act } = useContext(Page);
  const [drafts, setDrafts] = useState({});
  const box = useRef(null);
  const text = at(drafts, room) ?? "";
  const setText = (value) => setDrafts((now) => ({ ...now, [room]: value }));

  // A refused message comes back here, before whatever has been begun since.
  useEffect(() => {
    if (draft === null || draft.room !== room) return;
    setDrafts((now) => ({ ...now, [room]: [draft.text, at(now, room)].filter(Boolean).join("\n") }));
    act.drafted(draft.n);
    box.current.focus();
  }, [draft, room]);

  useLayoutEffect(() => {
    // On a phone the keyboard would cover what one came to read.
    if (matchMedia("(pointer: fine)").matches) box.current.focus();
  }, [room]);

  useLayoutEffect(() => {
    box.current.style.height = "auto";
    box.current.style.height = `${Math.min(box.current.scrollHeight, 160)}px`;
  }, [text, room]);

  const send = () => {
    box.current.focus();
    if (text.trim() === "") return;
    const over = length(text.trim()) - most;
    if (over > 0) return act.notice(`This message is ${over} ${over === 1 ? "character" : "characters"} too long; ${most} are allowed.`);
    setText("");
    act.say(room, text);
  };

  const onKeyDown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  };

  const onSubmit = (event) => {
    event.preventDefault();
    send();
  };

  return html`
    <form class="composer" onSubmit=${onSubmit}>
      <textarea
        ref=${box}
        rows="1"
        dir="auto"
        enterkeyhint="send"
        aria-label=${`Message to ${title}`}
        placeholder="Write a message"
        value=${text}
        onInput=${(event) => setText(event.currentTarget.value)}
        onKeyDown=${onKeyDown}
      ></textarea>
      <button type="submit" class="primary" aria-label="Send"><${Icon} name="send" /></button>
    </form>
  `;
}
