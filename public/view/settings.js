// What one can choose: colours, language, and how one is called when nobody looks.

import { useContext } from "../vendor/preact-hooks.js";
import { THEMES } from "../settings.js";
import { alertsProblem } from "../signals.js";
import { LANGUAGES, key, t } from "../words.js";
import { Dialog } from "./dialog.js";
import { html, Page } from "./html.js";

const NAMES = { system: key("As the system has it"), light: key("Light"), dark: key("Dark") };

const Switch = ({ id, label, on, change, hint, disabled = false }) => html`
  <div class="choice">
    <input type="checkbox" id=${id} checked=${on} disabled=${disabled} aria-describedby=${hint ? `${id}-hint` : null} onChange=${(event) => change(event.currentTarget.checked)} />
    <label for=${id}>${label}</label>
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>
`;

export function Settings({ close, inside }) {
  const { act, settings } = useContext(Page);
  const problem = alertsProblem();
  return html`
    <${Dialog} kind="settings" title=${t("Settings")} close=${close}>
      <div class="choice">
        <label for="theme">${t("Colours")}</label>
        <select id="theme" value=${settings.theme} onChange=${(event) => act.set({ theme: event.currentTarget.value })}>
          ${THEMES.map((one) => html`<option value=${one} key=${one} selected=${one === settings.theme}>${t(NAMES[one])}</option>`)}
        </select>
      </div>
      <div class="choice">
        <label for="language">${t("Language")}</label>
        <select id="language" onChange=${(event) => act.set({ language: event.currentTarget.value || null })}>
          <option value="" selected=${settings.language === null}>${t("As the browser has it")}</option>
          ${Object.entries(LANGUAGES).map(([code, name]) => html`<option value=${code} key=${code} lang=${code} selected=${code === settings.language}>${name}</option>`)}
        </select>
      </div>
      <${Switch} id="alerts" label=${t("Notify me of private messages and of my name")} on=${settings.alerts && problem === null} disabled=${problem !== null} change=${(on) => act.self("alerts", on)} hint=${problem} />
      <${Switch} id="sound" label=${t("With a sound")} on=${settings.sound} change=${(on) => act.self("sound", on)} />
      ${inside && html`<p><button type="button" onClick=${() => act.dialog("help")}>${t("Keyboard")}</button></p>`}
    <//>
  `;
}
