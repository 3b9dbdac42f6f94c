// What a filter that is being typed may become: people, rooms, kinds of messages.

import { fitting } from "../mentions.js";
import { isClosed, isLog, isPrivate, titleOf } from "../room.js";
import { t } from "../words.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { Picture } from "./person.js";
import { peopleIn } from "./picker.js";
import { Sign } from "./sidebar.js";

const MOST = 6;

const withName = (entries, sought) => {
  const names = sought === "" ? entries.slice(0, MOST).map((one) => one.name) : fitting(entries.map((one) => one.name), sought, MOST);
  return names.map((name) => entries.find((one) => one.name === name));
};

const people = (state, sought) =>
  withName([state.me, ...peopleIn(state)], sought).map((who) => ({ key: who.id, label: who.name, value: who.id === state.me.id ? "me" : who.name, sign: html`<${Picture} who=${who} />` }));

/** Those that one is in, the one that is shown first, then the others. */
function rooms(state, sought) {
  const mine = Object.values(state.rooms).filter((room) => !isLog(room.name)).sort((one, other) => (other.name === state.active) - (one.name === state.active));
  const own = mine.map((room) => ({ name: titleOf(room), value: isPrivate(room.name) ? `@${titleOf(room)}` : isClosed(room.name) ? titleOf(room) : room.name, room }));
  const others = state.directory.filter((one) => !mine.some((room) => room.name === one.room)).map((one) => ({ name: one.room, value: one.room, room: { name: one.room } }));
  const wanted = sought.replace(/^@/, "");
  return withName([...own, ...others], wanted).map(({ name, value, room }) => ({ key: room.name, label: name, value, sign: room.with ? html`<${Picture} who=${room.with} />` : html`<${Sign} room=${room} />` }));
}

function kinds(sought) {
  const all = [{ value: "link", label: t("With a link"), icon: "link" }, { value: "file", label: t("With a file"), icon: "clip" }];
  return all.filter(({ value }) => value.startsWith(sought.toLowerCase())).map(({ value, label, icon }) => ({ key: value, value, label, sign: html`<${Icon} name=${icon} />` }));
}

/** {key, label, value, sign} of each that fits what was begun, {kind, value}. */
export function offeredFor({ kind, value }, state) {
  if (kind === "from") return people(state, value.replace(/^@/, ""));
  if (kind === "in") return rooms(state, value);
  return kind === "has" ? kinds(value) : [];
}
