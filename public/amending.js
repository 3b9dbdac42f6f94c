// What a person can do with messages that are there: answer, change, delete, react, pin; and of what they want to be told.
// A part of acts.js, of which `app` and `look` are.

import { gave } from "./amends.js";
import { at } from "./room.js";

export function amendingOf(app) {
  const { connection, dispatch } = app;
  const notice = (text) => dispatch({ type: "notice", text });
  const ask = (command) => connection.ask(command);
  // They come with the menu in which one deletes.
  let removals = null;

  const isLeaving = ({ room, offset }) => app.state.leaving.some((one) => one.room === room && one.offset === offset);

  return {
    /** What one has deleted and may bring back, if there is any; see removals.js. */
    removals: () => removals,

    /** Answer a message of a room; null answers none. */
    reply(room, item) {
      dispatch({ type: "replying", room, to: item && { offset: item.offset, quote: { from: item.from, text: item.text, ...(item.files ? { files: item.files.length } : {}) } } });
      if (item !== null) requestAnimationFrame(() => document.querySelector(".composer textarea")?.focus());
    },
    /** Change a message of one's own there; null ends that. */
    change: (room, offset) => dispatch({ type: "editing", room, offset }),
    /** Change the last one that one has said there. Whether there is one. */
    changeLast(name) {
      const { me, rooms } = app.state;
      const mine = (item) => item.type === "message" && item.from.id === me.id && !item.deleted && !isLeaving(item);
      const last = at(rooms, name)?.items.findLast(mine);
      if (last === undefined) return false;
      dispatch({ type: "editing", room: name, offset: last.offset });
      if (document.querySelector(`.message[data-offset="${last.offset}"]`) === null) dispatch({ type: "goto", room: name, offset: last.offset });
      return true;
    },
    /** Give it that text. Promises what was wrong, or nothing. */
    async changed({ room, offset }, text) {
      const { why } = await ask({ type: "edit", room, offset, text });
      if (why === undefined) dispatch({ type: "editing", room, offset: null });
      return why;
    },
    async react({ room, offset, reactions = [] }, emoji) {
      const known = reactions.find((one) => one.emoji === emoji);
      const on = known === undefined || !gave(known, app.state.me);
      const { why, offset: place } = await ask({ type: "react", room, offset, emoji, on });
      if (why !== undefined) notice(why);
      else if (on && place === undefined) dispatch({ type: "gave", room, offset, emoji });
    },
    async pin({ room, offset }, on) {
      const { why } = await ask({ type: "pin", room, offset, on });
      if (why !== undefined) notice(why);
    },
    /** What is pinned there, {events} or {why}. */
    async pins(room) {
      const { answerOf } = await import("./answers.js");
      const reply = answerOf(await ask({ type: "pins", room }));
      // Of very long ones not all may come, and then it is not known which others there are.
      if (reply.events !== undefined && !reply.more) dispatch({ type: "pins", room, pins: reply.events.map((one) => one.offset) });
      return reply;
    },
    async remove({ room, offset }, reason = "") {
      const { Removals } = await import("./removals.js");
      removals ??= new Removals({ clock: app.clock, ask, emit: dispatch, failed: notice });
      removals.add({ room, offset, reason });
    },
    async level(room, level) {
      const { why } = await ask({ type: "notice", room, level });
      if (why !== undefined) notice(why);
      else dispatch({ type: "level", room, level });
    },
    /** Choose an emoji for a message, at a button. */
    picker: (picker) => app.show({ picker, menu: null }),
  };
}
