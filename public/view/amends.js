// What a message may have beside its text: a quote, reactions, a form to change it; and what stands over the composer
// because of one. It is loaded with the first message that needs any of it.

import { styled as withStyle } from "../styles.js";
import { Edit } from "./edit.js";
import { Emojis } from "./emojis.js";
import { Floating } from "./floating.js";
import { Quote, Replying } from "./quote.js";
import { Reactions } from "./reactions.js";
import { Undo } from "./undo.js";

const all = { Edit, Emojis, Floating, Quote, Reactions, Replying, Undo };

/** The views by name, once they have what makes them look right. */
export const styled = () => withStyle("/amends.css", all);
