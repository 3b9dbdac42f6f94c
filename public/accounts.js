// Signing up, in and out: the questions that go by HTTP and not over the line, since only their answers can set the
// cookie that no script can read. `ask` is the browser's fetch.

import { isRecord, isToken, line, LONGEST_NAME } from "./checks.js";
import { self } from "./replies.js";
import { words } from "./dialect.js";
import { key, t } from "./words.js";

export const SHORTEST_PASSWORD = 8;
const LONGEST_PASSWORD = 256;
const LONGEST_WORDS = 300;

const SAID = {
  bad_invite: key("This link is not good any more. Ask for another one."),
  name_taken: key("This name belongs to somebody else. Choose another one."),
  bad_token: key("You have been signed out."),
};

// What a password that is not right means, by what was asked.
const WRONG = {
  "sign-in": key("Name and password do not belong together."),
  "sign-up": key("A password has 8 to 256 characters that can be seen."),
  password: key("That is not the password that you have."),
};

/** What is wrong with a new password that was typed twice, for whoever typed it, or null. */
export function passwordProblem(password, again) {
  const { length } = [...password];
  if (length < SHORTEST_PASSWORD) return t("A password has at least 8 characters.");
  if (length > LONGEST_PASSWORD) return t("A password has at most 256 characters.");
  return password === again ? null : t("The two are not the same.");
}

/** Ask `what` (sign-up, sign-in, sign-out, password): {me} or {} where it went well, {why, code} with words for a person where not. */
export async function askAccount(what, fields, ask = (...request) => fetch(...request)) {
  let response;
  let body;
  try {
    response = await ask(`/account/${what}`, {
      method: "POST",
      credentials: "same-origin",
      redirect: "error",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(fields),
    });
    body = await response.json();
  } catch (lost) {
    return { why: t("The server does not answer. Try again in a moment."), code: "cut_off" };
  }
  if (!isRecord(body)) body = {};
  if (response.ok) return body.me === undefined ? {} : { me: self(body.me) };
  const code = isToken(body.code) ? body.code : "";
  const said = code === "bad_password" ? WRONG[what] : Object.hasOwn(SAID, code) ? SAID[code] : undefined;
  const known = said === undefined ? null : t(said);
  const later = Number.isFinite(body.retry_after) ? { retry_after: body.retry_after } : {};
  return { code, why: known ?? words({ code: code.slice(0, LONGEST_NAME), message: line(body.message, LONGEST_WORDS), ...later }) };
}

/**
 * Ask for an account by `ask`, which promises {me} if there is one, for the guest whose connection is `line`. The server closes
 * the lines of a guest who has become one, and perhaps before its answer is here.
 */
export async function becomes(line, ask) {
  line.becoming = { closed: false };
  const answer = await ask();
  const { closed } = line.becoming;
  line.becoming = null;
  if (closed && !answer.me) line.closed(4504);
  return answer;
}

/** The guest's token is nothing any more: it is a cookie that says who one is, on a line of its own. */
export function becomeAccount(line) {
  line.tokens.drop(line.who.was);
  Object.assign(line.who, { account: true, token: null });
  line.anew();
}
