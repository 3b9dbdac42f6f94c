// What is wrong with a field, beside it: told to a screen reader when it comes, and again with the field.

import { t } from "../words.js";
import { html } from "./html.js";

/** `answer` is the last answer to the form, as in state.js, or nothing; `take(offer)` puts what would be right into the field. */
export const Fault = ({ id, answer, take = null }) => html`
  <p class="fault" id=${id} role="alert">${answer?.fault && html`<span key=${answer.n}>${answer.fault}</span>`}</p>
  ${take !== null && answer?.fault && answer.offer && html`<p class="offer"><button type="button" onClick=${() => take(answer.offer)}>${t("Take {name}", { name: answer.offer })}</button></p>`}
`;

/** The attributes of a field whose fault stands in the element `id`. */
export const faulty = (id, answer) => (answer?.fault ? { "aria-invalid": "true", "aria-describedby": id } : {});
