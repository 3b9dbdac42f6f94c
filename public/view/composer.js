// Where one writes. Enter sends, Shift and Enter break the line, and a word that an input method is still composing is
// left alone. What was begun in a room waits there.

import { useContext, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { byTouch } from "../browser.js";
import { at } from "../room.js";
import { plural, t } from "../words.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";

const length = (text) => [...text].length;

const HIGHEST = 160;

export function Composer({ room, title, most, draft, names, replying, takes, carries }) {
  const { act, drafts, part } = useContext(Page);
  const [texts, setTexts] = useState(() => ({ ...drafts }));
  const [picking, setPicking] = useState(false);
  const box = useRef(null);
  const expander = useRef(null);
  const latest = useRef({});
  const wanted = useRef(false);
  const text = at(texts, room) ?? "";
  const setText = (value) => {
    setTexts((now) => ({ ...now, [room]: value }));
    act.draft(room, value);
  };
  latest.current = { names, setText };

  // A refused message comes back here, before whatever has been begun since.
  useEffect(() => {
    if (draft === null || draft.room !== room) return;
    setText([draft.text, text].filter(Boolean).join("\n"));
    act.drafted(draft.n);
    box.current.focus();
  }, [draft, room]);

  useLayoutEffect(() => {
    setPicking(false);
    // On a phone the keyboard would cover what one came to read.
    if (matchMedia("(pointer: fine)").matches && document.querySelector("dialog[open]") === null) box.current.focus();
  }, [room]);

  useLayoutEffect(() => {
    box.current.style.height = "auto";
    box.current.style.height = `${Math.min(box.current.scrollHeight + 2, HIGHEST)}px`;
  }, [text, room]);

  const stops = useRef(null);
  useEffect(() => () => stops.current?.(), []);

  // It comes when one first writes. Whoever has it not can write all the same.
  const wantExpander = () => {
    if (wanted.current) return;
    wanted.current = true;
    Promise.all([import("./completion.js"), import("../vendor/text-expander-element.js")]).then(
      ([{ completes }]) => {
        if (box.current === null) return;
        stops.current = completes(expander.current, {
          names: () => latest.current.names,
          wantGrid: act.wantGrid,
          labels: () => ({ people: t("People"), emoji: t("Emoji") }),
          committed: (value) => latest.current.setText(value),
        });
        // It looks at what stands there when something is typed, and so much has been typed already.
        box.current.dispatchEvent(new Event("input", { bubbles: true }));
      },
      () => {
        wanted.current = false;
      },
    );
  };

  // While a list of suggestions is open, Enter and the arrows are for it.
  const isOffering = () => expander.current.querySelector("[role=listbox]") !== null;

  const send = () => {
    box.current.focus();
    if (text.trim() === "" && !carries) return;
    const over = length(text.trim()) - most;
    if (over > 0) {
      return act.notice(plural(over, "This message is {n} character too long; {most} are allowed.", "This message is {n} characters too long; {most} are allowed.", { most }));
    }
    setText("");
    act.say(room, text);
  };

  const onKeyDown = (event) => {
    if (event.isComposing || event.keyCode === 229 || isOffering()) return undefined;
    if (event.key === "Escape" && replying) {
      event.preventDefault();
      return act.reply(room, null);
    }
    if (event.key === "ArrowUp" && text === "" && !event.altKey && !event.shiftKey && act.changeLast(room)) event.preventDefault();
    if (event.key !== "Enter" || event.shiftKey || byTouch()) return undefined;
    event.preventDefault();
    return send();
  };

  const onInput = ({ currentTarget: { value } }) => {
    wantExpander();
    setText(value);
    if (value.trim() !== "") act.typing(room);
  };

  const onSubmit = (event) => {
    event.preventDefault();
    send();
  };

  const choose = (sign) => {
    const { selectionStart: from, selectionEnd: to } = box.current;
    setText(text.slice(0, from) + sign + text.slice(to));
    setPicking(false);
    box.current.focus();
    requestAnimationFrame(() => box.current?.setSelectionRange(from + sign.length, from + sign.length));
  };

  const close = () => {
    setPicking(false);
    box.current.focus();
  };

  const emojis = picking ? part("amends") : null;
  return html`
    <form class="composer" onSubmit=${onSubmit}>
      <text-expander keys="@ :" ref=${expander}>
        <textarea
          ref=${box}
          rows="1"
          dir="auto"
          enterkeyhint=${byTouch() ? "enter" : "send"}
          aria-label=${t("Message to {name}", { name: title })}
          placeholder=${t("Write a message")}
          value=${text}
          onInput=${onInput}
          onKeyDown=${onKeyDown}
        ></textarea>
      </text-expander>
      ${takes && html`<button type="button" class="picks" aria-label=${t("Attach files")} title=${t("Attach files")} onClick=${() => act.tray("choose", room)}><${Icon} name="clip" /></button>`}
      <button type="button" class="picks" aria-label=${t("Emoji")} aria-expanded=${picking ? "true" : "false"} onClick=${() => setPicking(!picking)}><${Icon} name="smile" /></button>
      <button type="submit" class="primary" aria-label=${t("Send")}><${Icon} name="send" /></button>
      ${picking && emojis !== null && html`<${emojis.Emojis} choose=${choose} close=${close} />`}
    </form>
  `;
}
