// The message that another one answers: above the reply, and above the composer while one writes it.

import { useContext } from "../vendor/preact-hooks.js";
import { around, plural, t } from "../words.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { Name } from "./person.js";

const LONGEST = 200;

/** As much of a text as stands in one line. */
function Words({ quote }) {
  const { emoji } = useContext(Page);
  if (!quote) return html`<span class="words gone">${t("An earlier message")}</span>`;
  if (quote.deleted) return html`<span class="words gone">${t("This message was deleted.")}</span>`;
  if (quote.text === "" && quote.files) return html`<span class="words">${plural(quote.files, "{n} file", "{n} files")}</span>`;
  return html`<bdi class="words">${emoji(quote.text.slice(0, LONGEST).replace(/\s+/g, " "))}</bdi>`;
}

/** `item` is the reply. A press leads to what it answers. */
export function Quote({ item }) {
  const { act } = useContext(Page);
  const { quote, reply_to: offset } = item;
  return html`
    <button type="button" class="quote" tabindex="-1" title=${t("To the message that this answers")} onClick=${() => act.goTo(item.room, offset)}>
      <${Icon} name="reply" />${quote && html`<${Name} name=${quote.from.name} />`}<${Words} quote=${quote} />
    </button>
  `;
}

/** What one is about to answer. */
export function Replying({ room }) {
  const { act } = useContext(Page);
  const { quote } = room.replying;
  const who = quote ? html`<${Name} name=${quote.from.name} />` : "…";
  const stop = () => {
    act.reply(room.name, null);
    document.querySelector(".composer textarea")?.focus();
  };
  return html`
    <div class="above replying">
      <${Icon} name="reply" /><span class="to" role="status">${around("Reply to {name}", { name: who })}</span><${Words} quote=${quote} />
      <button type="button" class="plain" aria-label=${t("Do not reply")} title=${t("Do not reply")} onClick=${stop}><${Icon} name="close" /></button>
    </div>
  `;
}
