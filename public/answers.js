// What the page takes of the answers that only its dialogs ask for, as frames.js does with all others. Pure functions.

import { count, isId, isRecord, isToken, line, list, LONGEST_NAME, person, words } from "./checks.js";
import { event } from "./frames.js";
import { withRoles } from "./replies.js";

const LONGEST_REASON = 500;
const LONGEST_LABEL = 200;
const LONGEST_TIME = 40;
const LONGEST_PLACE = 200;
const LINK = /^\/#\/invite\/[A-Za-z0-9_-]{1,200}$/;

const time = (value) => words(value, LONGEST_TIME);

const listed = (value, make) => list(value).filter(isRecord).map(make).filter((entry) => entry !== null);

/** A ban or a mute; whom it is for may be known no longer. */
const measure = (one) => ({ who: person(one.who), by: line(one.by, LONGEST_NAME), reason: line(one.reason, LONGEST_REASON), until: time(one.until) });

const session = (one) => (isId(one.id) ? { id: one.id, label: line(one.label, LONGEST_LABEL), seen: time(one.seen), current: one.current === true } : null);

const link = (one) => (isId(one.id) ? { id: one.id, by: person(one.by), left: count(one.left), until: time(one.until) } : null);

const kinds = {
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
