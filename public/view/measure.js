// What is done to a person or a message is asked for once more: for how long, how far it reaches, and why.

import { useContext, useState } from "../vendor/preact-hooks.js";
import { reaches } from "../powers.js";
import { at, isClosed, newRoom, titleOf } from "../room.js";
import { key, t } from "../words.js";
import { Dialog } from "./dialog.js";
import { Field, useForm } from "./form.js";
import { html, Page } from "./html.js";

const HOUR = 3600;
const DAY = 24 * HOUR;

const FOR_EVER = [0, key("For ever")];
const TIMES = [[HOUR / 6, key("For 10 minutes")], [HOUR, key("For an hour")], [DAY, key("For a day")], [7 * DAY, key("For a week")], [30 * DAY, key("For 30 days")], FOR_EVER];
const BACK = [[HOUR / 6, key("Of the last 10 minutes")], [HOUR, key("Of the last hour")], [DAY, key("Of the last day")], [7 * DAY, key("Of the last week")]];
const REACHES = { room: key("In this room"), server: key("On the whole server") };

const DEEDS = {
  delete: { title: key("Delete this message?"), go: key("Delete"), hint: key("It is gone for everybody, and cannot be brought back.") },
  report: { title: key("Report this message"), go: key("Report"), hint: key("The moderators of this server get it, with what it says and who wrote it."), done: key("The moderators have it now.") },
  kick: { title: key("Remove {name} from the room?"), go: key("Remove"), hint: key("They may come back."), done: key("{name} has been removed.") },
  mute: { title: key("Mute {name}?"), go: key("Mute"), hint: key("They go on reading, and cannot write."), times: TIMES, far: true, done: key("{name} has been muted.") },
  ban: { title: key("Ban {name}?"), go: key("Ban"), hint: key("They are put out and cannot come back, nor can anybody from the same address."), times: TIMES, far: true, done: key("{name} has been banned.") },
  wipe: { title: key("Remove what {name} wrote?"), go: key("Remove"), hint: key("It is gone for everybody, and cannot be brought back."), times: BACK, far: true, done: key("What {name} wrote has been removed.") },
};
// These are done to a message, and not to whoever wrote it.
const ABOUT_WORDS = ["report", "delete"];
const CLOSED = key("They come back only if somebody invites them again.");

/** A choice out of a few, [[value, words]]. */
export const Choose = ({ id, label, options, value, change }) => html`
  <div class="field">
    <label for=${id}>${label}</label>
    <select id=${id} onChange=${(event) => change(event.currentTarget.value)}>
      ${options.map(([one, words]) => html`<option value=${String(one)} key=${one} selected=${String(one) === String(value)}>${words}</option>`)}
    </select>
  </div>
`;

/** `about` is {deed, who, room, message}. */
export function Measure({ state, about, close }) {
  const { act } = useContext(Page);
  const { deed, who, message } = about;
  const { title, go, hint, times = null, far = false, done } = DEEDS[deed];
  const room = at(state.rooms, about.room) ?? newRoom(about.room);
  const places = far ? reaches({ me: state.me, room, who }) : ["room"];
  const form = useForm();
  const [reason, setReason] = useState("");
  const [seconds, setSeconds] = useState(times === null ? 0 : times[times === BACK ? 1 : 2][0]);
  const [place, setPlace] = useState(places[0] ?? "room");
  const onSubmit = (event) => {
    event.preventDefault();
    if (deed === "delete") {
      close();
      return act.remove(message, reason.trim());
    }
    return form.run(async () => {
      const about = deed === "report" ? { room: room.name, offset: message.offset } : { who: who.id, ...(place === "server" ? {} : { room: room.name }) };
      const lasting = times !== null && Number(seconds) > 0 ? { seconds: Number(seconds) } : {};
      const { why } = await act.ask({ type: deed, ...about, ...lasting, ...(reason.trim() ? { reason: reason.trim() } : {}) });
      if (why !== undefined) return form.fail("reason", why);
      close();
      return act.notice(t(done, { name: who.name }));
    });
  };
  return html`
    <${Dialog} kind="measure" title=${t(title, { name: who.name })} close=${close}>
      <form class="account" onSubmit=${onSubmit}>
        ${message !== null && ABOUT_WORDS.includes(deed) && html`<blockquote dir="auto">${message.text}</blockquote>`}
        <p>${t(deed === "kick" && isClosed(room.name) ? CLOSED : hint)}</p>
        ${places.length > 1 ? html`<${Choose} id="reach" label=${t("How far")} options=${places.map((one) => [one, one === "room" ? `${t(REACHES.room)} (${titleOf(room)})` : t(REACHES[one])])} value=${place} change=${setPlace} />` : !ABOUT_WORDS.includes(deed) && html`<p>${place === "room" ? `${t(REACHES.room)}: ${titleOf(room)}` : t(REACHES[place])}</p>`}
        ${times !== null && html`<${Choose} id="seconds" label=${deed === "wipe" ? t("What") : t("How long")} options=${times.map(([value, words]) => [value, t(words)])} value=${seconds} change=${setSeconds} />`}
        <${Field} form=${form} name="reason" label=${t("Why")} value=${reason} change=${setReason} maxlength="500" autocomplete="off" hint=${ABOUT_WORDS.includes(deed) ? null : t("It stands in the room, for all to read.")} />
        <span class="choices">
          <button type="submit" class=${deed === "report" || deed === "mute" ? "primary" : "primary bad"} disabled=${form.busy}>${t(go)}</button>
          <button type="button" onClick=${close}>${t("Cancel")}</button>
        </span>
      </form>
    <//>
  `;
}
