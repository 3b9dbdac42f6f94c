// How messages read after something was done to them: the rules of docs/protocol.md. Whoever was away gets the last forms;
// whoever was here gets there by these. Pure functions.

const QUOTED = 200;
const PEOPLE_TOLD = 10;

const pointsOf = (text) => [...text].map((character) => character.codePointAt(0));

/** As the server sorts them: by the numbers of their characters. */
function before(one, other) {
  const [mine, theirs] = [pointsOf(one), pointsOf(other)];
  const at = mine.findIndex((point, index) => point !== theirs[index]);
  return at === -1 ? mine.length - theirs.length : mine[at] - (theirs[at] ?? -1);
}

const inOrder = (reactions) => reactions.sort((one, other) => other.count - one.count || before(one.emoji, other.emoji));

/** Reactions with one more of `who`, or one less; `me` is who looks. */
export function reacted(reactions, { emoji, on, from: who }, me = null) {
  const known = reactions.find((one) => one.emoji === emoji) ?? { emoji, count: 0, people: [] };
  const others = known.people.filter((one) => one.id !== who.id);
  const people = on ? [...others, { id: who.id, name: who.name }].slice(0, PEOPLE_TOLD) : others;
  // Only the first are named, so one's own is noted by itself.
  const { mine, ...rest } = known;
  const own = who.id === me?.id ? on : mine === true;
  const next = { ...rest, count: Math.max(0, known.count + (on ? 1 : -1)), people, ...(own ? { mine: true } : {}) };
  return inOrder([...reactions.filter((one) => one !== known), ...(next.count > 0 ? [next] : [])]);
}

/** Whether somebody is among those who have given it. */
export const gave = (reaction, me) => reaction.mine === true || reaction.people.some((one) => one.id === me?.id);

/** A message of whose reactions that one is noted as one's own, or not. */
function owned(item, emoji, on = true) {
  const known = item.reactions?.find((one) => one.emoji === emoji && (one.mine === true) !== on);
  if (known === undefined) return item;
  const { mine, ...rest } = known;
  return { ...item, reactions: item.reactions.map((one) => (one !== known ? one : on ? { ...rest, mine: true } : rest)) };
}

/** `items` of which some have reactions that are one's own, by the server's word: [{about, emoji}]. */
export const ownedBy = (mine, items) =>
  mine.reduce((next, { about, emoji }) => changed(next, (item) => (isMessage(item) && item.offset === about ? owned(item, emoji) : item)), items);

/** A message of which nothing is left but its place; its cid is that of its row on the page. */
function gone({ text, files, edited, changed, quote, reactions, pinned, mentions, mentions_all: all, ...rest }) {
  return { ...rest, text: "", deleted: true };
}

const cut = (text) => [...text].slice(0, QUOTED).join("");

const isMessage = (item) => item.type === "message";

function messageAfter(item, event, me) {
  // Why a moderator has deleted it, the event alone knows.
  if (event.type === "deleted" && event.reason) return item.reason === event.reason ? item : { ...gone(item), reason: event.reason };
  if (item.deleted) return item;
  if (event.type === "deleted") return gone(item);
  if ((item.changed ?? 0) >= event.offset) return event.type === "reacted" && event.from.id === me?.id ? owned(item, event.emoji, event.on) : item;
  const next = { ...item, changed: event.offset };
  if (event.type === "reacted") return { ...next, reactions: reacted(item.reactions ?? [], event, me) };
  if (event.type === "pinned") return { ...next, pinned: event.on };
  // One without a text was followed by another.
  if (event.text === undefined) return next;
  const { mentions, mentions_all: all, ...rest } = next;
  return { ...rest, text: event.text, edited: event.at, ...(event.mentions ? { mentions: event.mentions } : {}), ...(event.mentions_all ? { mentions_all: true } : {}) };
}

function quoteAfter(quote, event) {
  if (quote.deleted || (event.type !== "deleted" && event.text === undefined)) return quote;
  return event.type === "deleted" ? { ...quote, text: "", deleted: true } : { ...quote, text: cut(event.text), edited: event.at };
}

/** `items` with a change for each for which `change` finds one; the same ones where it finds none. */
function changed(items, change) {
  let next = items;
  for (const [index, item] of items.entries()) {
    const other = change(item);
    if (other === item) continue;
    if (next === items) next = [...items];
    next[index] = other;
  }
  return next;
}

const withQuote = (item, quote) => (quote === item.quote ? item : { ...item, quote });

/**
 * `items` in which nothing is left of what the wiping `event` has taken away; the same ones where that is nothing. With
 * `elsewhere` they are of another room than the event, whose offset then says nothing.
 */
export function wipedBy(event, items, { elsewhere = false } = {}) {
  const [since, until] = [Date.parse(event.since), Date.parse(event.at)];
  // What was changed later was there later.
  const isEarlier = (item) => (elsewhere ? !(Date.parse(item.edited ?? item.at) > until) : item.offset < event.offset && !(item.changed > event.offset));
  const isOf = ({ from, at, edited }) => from.id === event.who.id && (!(Date.parse(at) < since) || Date.parse(edited) >= since);
  const offsets = new Set();
  const theirs = changed(items, (item) => {
    if (!isMessage(item) || !isEarlier(item) || !isOf(item)) return item;
    offsets.add(item.offset);
    return item.deleted ? item : gone(item);
  });
  const held = new Set(items.map((item) => item.offset));
  // Of what is quoted and not here the time is not known: it can have been said no later than the reply.
  return changed(theirs, (item) => {
    if (!item.quote || item.quote.deleted || !isEarlier(item)) return item;
    const taken = held.has(item.reply_to) ? offsets.has(item.reply_to) : isOf({ from: item.quote.from, at: item.at, edited: item.quote.edited });
    return taken ? { ...item, quote: { ...item.quote, text: "", deleted: true } } : item;
  });
}

/** Whether an event changes earlier ones. */
export const isChange = (event) => event.amends === true || event.type === "wiped";

/** `items` (or events) after one event; the very same where it changes none. `me` is who looks. */
export function amendedBy(event, items, me = null) {
  if (event.type === "wiped") return wipedBy(event, items);
  if (event.amends !== true) return items;
  return changed(items, (item) => {
    if (!isMessage(item) || item.offset >= event.offset) return item;
    if (item.offset === event.about) return messageAfter(item, event, me);
    return item.reply_to === event.about && item.quote ? withQuote(item, quoteAfter(item.quote, event)) : item;
  });
}

/** The same for all that changes something among `events`, in the order of the log. */
export const amended = (items, events, me = null) =>
  events
    .filter(isChange)
    .sort((one, other) => one.offset - other.offset)
    .reduce((next, event) => amendedBy(event, next, me), items);

/** The offsets of what is pinned after an event; `items` are those of the room, as they read after it. */
export function pinsAfter(pins, event, items) {
  if (event.type === "pinned") return event.on ? [...pins.filter((one) => one !== event.about), event.about] : pins.filter((one) => one !== event.about);
  if (event.type === "deleted" && event.amends) return pins.filter((one) => one !== event.about);
  if (event.type !== "wiped" || pins.length === 0) return pins;
  const left = new Set(items.filter((item) => item.deleted).map((item) => item.offset));
  return pins.filter((one) => !left.has(one));
}
