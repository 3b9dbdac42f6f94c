// What was found: room, author and time of each message, and the words around what was looked for.

import { useEffect, useLayoutEffect, useRef } from "../vendor/preact-hooks.js";
import { saidIn } from "../attached.js";
import { excerptOf } from "../excerpt.js";
import { at, isPrivate, titleOf } from "../room.js";
import { plural, t } from "../words.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { briefOf, wholeOf } from "./message.js";
import { Name, Picture } from "./person.js";
import { onArrows } from "./roving.js";
import { Sign } from "./sidebar.js";

// How near to the end one is when what is older is fetched.
const NEAR = 200;

const arrows = onArrows(".hit");

/** The room of a message as the page knows it, or as far as the message says. */
const roomOf = (state, message) => at(state.rooms, message.room) ?? { name: message.room, title: "", with: message.with ?? null };

/** Whether the page has heard since that it is gone. */
function isGone(state, { room, offset }) {
  return at(state.rooms, room)?.items.some((item) => item.offset === offset && item.deleted) === true;
}

function Hit({ hit, state, go }) {
  const { message, marks } = hit;
  const room = roomOf(state, message);
  const text = message.text === "" ? [{ text: saidIn(message), marked: false }] : excerptOf(message.text, marks);
  const files = message.files?.length ?? 0;
  return html`
    <li>
      <button type="button" class="hit" onClick=${() => go(message)}>
        <span class="where">
          <span class="in">${isPrivate(room.name) && room.with ? html`<${Icon} name="person" />` : html`<${Sign} room=${room} />`}<${Name} name=${titleOf(room)} /></span>
          <time class="note" datetime=${message.at} title=${wholeOf(message.at)}>${briefOf(message.at)}</time>
        </span>
        <span class="said">
          <${Picture} who=${message.from} />
          <span class="words"><${Name} name=${message.from.name} /> <bdi>${text.map((piece) => (piece.marked ? html`<mark>${piece.text}</mark>` : piece.text))}</bdi>
          ${files > 0 && html`<span class="note"><${Icon} name="clip" />${plural(files, "{n} file", "{n} files")}</span>`}</span>
        </span>
      </button>
    </li>
  `;
}

/** What is to be said instead of hits, or beside them. */
function told({ query, status, hits, why }) {
  if (status === "offline") return t("There is no connection right now. The search goes on when it is back.");
  if (status === "failed") return why || t("The search did not work. Try again.");
  if (query === "") return t("All rooms that you may read are searched, the newest messages first.");
  if (status === "busy") return t("Searching…");
  return hits.length > 0 ? null : t("Nothing was found.");
}

/** `further` asks for what is older, `again` once more; `top` is how far it was scrolled, which `scrolled` is told. */
export function Hits({ found, state, go, further, again, top, scrolled, field }) {
  const box = useRef(null);
  const { hits, more, status, why, query } = found;
  const shown = query === "" ? [] : hits.filter(({ message }) => !isGone(state, message));
  const before = useRef(query);
  const near = () => {
    const { scrollHeight, scrollTop, clientHeight } = box.current;
    if (more && status === "found" && scrollHeight - scrollTop - clientHeight < NEAR) further();
  };
  useLayoutEffect(() => {
    box.current.scrollTop = top;
  }, []);
  useLayoutEffect(() => {
    if (before.current !== query && status === "found") box.current.scrollTop = 0;
    if (status === "found") before.current = query;
  }, [query, status]);
  useEffect(near, [hits.length, more, status]);
  const onScroll = () => {
    scrolled(box.current.scrollTop);
    near();
  };
  const onKeyDown = (event) => {
    const [first] = event.currentTarget.querySelectorAll(".hit");
    if (event.key === "ArrowUp" && event.target === first) {
      event.preventDefault();
      return field.current.focus();
    }
    return arrows(event);
  };
  const words = told({ ...found, hits: shown });
  const fails = status === "offline" || status === "failed";
  const count = status === "found" && shown.length > 0 ? plural(shown.length, "{n} message found", "{n} messages found") + (more ? "…" : "") : "";
  return html`
    <div class="found" ref=${box} onScroll=${onScroll} aria-busy=${status === "busy" ? "true" : "false"}>
      <p class=${status === "failed" ? "hint fault" : "hint"} role="status">${words ?? count}${words === null && why !== "" && html`<span class="why">${why}</span>`}${words !== null && !fails && why !== "" && html`<span class="why">${why}</span>`}</p>
      ${status === "failed" && html`<p class="choices"><button type="button" onClick=${again}>${t("Try again")}</button></p>`}
      <ol class="hits" role="list" onKeyDown=${onKeyDown}>
        ${shown.map((hit) => html`<${Hit} key=${`${hit.message.room} ${hit.message.offset}`} hit=${hit} state=${state} go=${go} />`)}
      </ol>
      ${more && query !== "" && html`<p class="choices"><button type="button" disabled=${status === "busy"} onClick=${further}>${status === "busy" ? t("Searching…") : t("Older messages")}</button></p>`}
    </div>
  `;
}
