// What the page takes of the answers that only its dialogs ask for, as frames.js does with all others. Pure functions.

import { count, isCount, isId, isRecord, isToken, line, list, LONGEST_NAME, person, words } from "./checks.js";
import { event } from "./frames.js";
import { withRoles } from "./replies.js";

const LONGEST_REASON = 500;
const LONGEST_LABEL = 200;
const LONGEST_TIME = 40;
const LONGEST_PLACE = 200;
const MOST_MARKS = 50;
const LINK = /^\/#\/invite\/[A-Za-z0-9_-]{1,200}$/;

const time = (value) => words(value, LONGEST_TIME);

const listed = (value, make) => list(value).filter(isRecord).map(make).filter((entry) => entry !== null);

/** A ban or a mute; whom it is for may be known no longer. */
const measure = (one) => ({ who: person(one.who), by: line(one.by, LONGEST_NAME), reason: line(one.reason, LONGEST_REASON), until: time(one.until) });

const session = (one) => (isId(one.id) ? { id: one.id, label: line(one.label, LONGEST_LABEL), seen: time(one.seen), current: one.current === true } : null);

const link = (one) => (isId(one.id) ? { id: one.id, by: person(one.by), left: count(one.left), until: time(one.until) } : null);

/** What was found: a message, and what of its text is meant by the query. */
function hit({ message, marks }) {
  const found = isRecord(message) ? event(message) : null;
  if (found === null || found.type !== "message" || found.deleted) return null;
  const { length } = [...found.text];
  let from = 0;
  const fits = (one) => {
    if (!Array.isArray(one) || !one.every(isCount) || !(one[0] >= from && one[1] > one[0] && one[1] <= length)) return false;
    from = one[1];
    return true;
  };
  return { message: found, marks: list(marks).slice(0, MOST_MARKS).filter(fits) };
}

const kinds = {
  found: ({ hits, more, next, why }) => ({ hits: listed(hits, hit), more: more === true, next: words(next, LONGEST_PLACE), why: line(why, LONGEST_REASON) }),
  roster: ({ people, banned, muted, next }) => ({
    people: withRoles(people),
    banned: listed(banned, measure),
    muted: listed(muted, measure),
    ...(next === undefined ? {} : { next: words(next, LONGEST_PLACE) }),
  }),
  sessions: ({ sessions }) => ({ sessions: listed(sessions, session) }),
  links: ({ links }) => ({ links: listed(links, link) }),
  link: ({ path }) => ({ path: LINK.test(path) ? path : "" }),
  pins: ({ events, more }) => ({ more: more === true, events: listed(events, event).filter((one) => one.type === "message" && !one.deleted) }),
  bot: ({ token }) => ({ token: isToken(token) ? token : "" }),
};

/** Two parts of an answer that comes in parts, joined; the later one says whether there is more. */
export const joined = (one, other) => ({
  ...other,
  people: [...one.people, ...other.people],
  banned: [...one.banned, ...other.banned],
  muted: [...one.muted, ...other.muted],
});

/** The part of a reply that can be used: what stands in the frame that it was `given`, or the reply itself. */
export const answerOf = (reply) => (Object.hasOwn(kinds, reply.type) ? kinds[reply.type](reply.given) : reply);
