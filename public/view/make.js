// A new room for its members alone.

import { useContext, useState } from "../vendor/preact-hooks.js";
import { t } from "../words.js";
import { Dialog } from "./dialog.js";
import { Field, useForm } from "./form.js";
import { html, Page } from "./html.js";
import { peopleIn, Picker } from "./picker.js";

const LONGEST_TITLE = 80;

export function Make({ state, close }) {
  const { act } = useContext(Page);
  const form = useForm();
  const [title, setTitle] = useState("");
  const [chosen, choose] = useState([]);
  const onSubmit = (event) => {
    event.preventDefault();
    if (title.trim() === "") return form.fail("room-title", t("A room needs a name."));
    return form.run(async () => {
      const people = chosen.map((who) => who.id);
      const { room, why } = await act.ask({ type: "make", title: title.trim(), ...(people.length > 0 ? { people } : {}) });
      if (why !== undefined) return form.fail("room-title", why);
      close();
      return act.join(room);
    });
  };
  return html`
    <${Dialog} kind="make" title=${t("New private room")} close=${close}>
      <form class="account" noValidate onSubmit=${onSubmit}>
        <p>${t("Nobody can see it or come in but those whom you or its moderators invite.")}</p>
        <${Field} form=${form} name="room-title" label=${t("What it is called")} value=${title} change=${setTitle} maxlength=${LONGEST_TITLE} autocomplete="off" autofocus />
        <${Picker} id="make-people" label=${t("Who is in it")} people=${peopleIn(state)} chosen=${chosen} choose=${choose} />
        <button type="submit" class="primary" disabled=${form.busy}>${t("Make the room")}</button>
      </form>
    <//>
  `;
}
