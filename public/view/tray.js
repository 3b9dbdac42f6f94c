// The files beside the composer, and those on their way: each with how far it is, and what can be done with it.

import { useContext } from "../vendor/preact-hooks.js";
import { sizeIn } from "../sizes.js";
import { language, plural, t } from "../words.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { Name } from "./person.js";

/** How it stands with one, in words. */
function standing({ status, at, size, why }) {
  if (status === "refused") return why;
  const whole = sizeIn(language(), size);
  if (status === "whole") return whole;
  if (status === "waiting") return t("{size}, waiting", { size: whole });
  const part = size === 0 ? 100 : Math.floor((at / size) * 100);
  return status === "cut" ? t("Cut off at {part} %. It goes on by itself.", { part }) : t("{part} % of {size}", { part, size: whole });
}

function Entry({ file }) {
  const { act } = useContext(Page);
  const { name, size, at, status } = file;
  const under = ["sending", "cut", "waiting"].includes(status);
  return html`
    <li class=${`carried ${status}`}>
      <${Icon} name=${status === "refused" ? "warn" : status === "whole" ? "done" : "file"} />
      <span class="what">
        <${Name} name=${name} />
        <span class="note">${standing(file)}</span>
        ${under && html`<progress max=${Math.max(1, size)} value=${at} aria-label=${t("How much of {name} is there", { name })}></progress>`}
      </span>
      ${status === "refused" && html`<button type="button" class="plain" aria-label=${t("Try {name} again", { name })} title=${t("Try again")} onClick=${() => act.tray("retry", file.key)}><${Icon} name="again" /></button>`}
      <button type="button" class="plain" aria-label=${t("Without {name}", { name })} title=${under ? t("Cancel") : t("Take away")} onClick=${() => act.tray("remove", file.key)}><${Icon} name="close" /></button>
    </li>
  `;
}

/** What a screen reader is told: not each percent, but that something is there, or is not taken. */
function told(files) {
  const refused = files.filter((one) => one.status === "refused");
  if (refused.length > 0) return refused.map((one) => `${one.name}: ${one.why}`).join(" ");
  const left = files.filter((one) => one.status !== "whole").length;
  return left === 0 ? plural(files.length, "{n} file is there", "{n} files are there") : plural(left, "{n} file is on its way", "{n} files are on their way");
}

/** `parcels` are those of one room; see tray.js. */
export function Tray({ parcels }) {
  const { act } = useContext(Page);
  return html`
    <div class="tray">
      ${parcels.map(
        ({ n, sent, text, files }) => html`
          <section class=${sent ? "parcel sent" : "parcel"} key=${n} aria-label=${sent ? t("Message on its way") : t("Files of this message")}>
            <p class="unseen" role="status">${told(files)}</p>
            ${
              sent &&
              html`<p class="later">
                <span>${t("This is sent when all its files are there.")} ${text !== "" && html`<bdi>${text}</bdi>`}</span>
                <button type="button" onClick=${() => act.tray("takeBack", n)}>${t("Do not send")}</button>
              </p>`
            }
            <ul role="list">${files.map((file) => html`<${Entry} key=${file.key} file=${file} />`)}</ul>
          </section>
        `,
      )}
    </div>
  `;
}
