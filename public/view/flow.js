// The messages of a room. The view stays at the newest message while one is there, stays put while one reads above,
// and fetches what is older when one comes to the top.

import { useContext, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { lastOffset } from "../timeline.js";
import { html, Page } from "./html.js";
import { dayOf, Message, Notice, Unsent } from "./message.js";
import { Icon } from "./icons.js";

// Elements on the page at once: a room may hold thousands of messages, a person reads a few.
const SHOWN = 200;
const MOST_SHOWN = 400;
const NEAR = 48;

const withDays = (items) => {
  let today = "";
  return items.flatMap((item) => {
    const date = item.kind === "message" ? dayOf(item.at) : "";
    if (date === "" || date === today) return [item];
    today = date;
    return [{ kind: "day", key: `d${item.key}`, date }, item];
  });
};

const Item = ({ item, me }) => {
  if (item.kind === "day") return html`<p class="day"><span>${item.date}</span></p>`;
  // What cannot be shown has a place in the log all the same.
  if (item.kind === "message" && item.type !== "message") return null;
  return item.kind === "message" ? html`<${Message} item=${item} me=${me} />` : html`<${Notice} item=${item} me=${me} />`;
};

export function Flow({ room, me, pending }) {
  const { act } = useContext(Page);
  const box = useRef(null);
  // The view's place: at the end, or held by an element and where that stood.
  const place = useRef({ atEnd: true, element: null, top: 0 });
  const [from, setFrom] = useState(null);
  // The newest message there was when one went away from the end.
  const [away, setAway] = useState(null);

  const { items } = room;
  const begin = from === null ? -1 : items.findIndex((item) => item.key === from);
  const start = begin === -1 ? Math.max(0, items.length - SHOWN) : begin;
  const shown = items.slice(start);

  const note = () => {
    const view = box.current;
    const atEnd = view.scrollHeight - view.scrollTop - view.clientHeight < NEAR;
    // A message, since what stands between messages may go when older ones come.
    const seen = (one) => one.dataset.offset !== undefined && one.offsetTop + one.offsetHeight > view.scrollTop;
    const element = atEnd ? null : [...view.children].find(seen);
    place.current = { atEnd, element, top: element ? element.offsetTop - view.scrollTop : 0 };
    return atEnd;
  };

  const hold = () => {
    const view = box.current;
    const { atEnd, element, top } = place.current;
    if (atEnd) view.scrollTop = view.scrollHeight;
    else if (element?.isConnected) view.scrollTop = element.offsetTop - top;
  };

  const more = () => {
    const view = box.current;
    if (view.scrollTop > view.clientHeight) return;
    if (start > 0) setFrom(items[Math.max(0, start - SHOWN / 2)].key);
    else if (room.older && !room.loading && room.live) act.older(room);
  };

  const onScroll = () => {
    const atEnd = note();
    if (atEnd) {
      setAway(null);
      if (from !== null && shown.length > MOST_SHOWN) setFrom(null);
    } else {
      setAway((now) => now ?? lastOffset(items) ?? 0);
      // What is read must not go because something new has come.
      if (from === null && shown.length > 0) setFrom(shown[0].key);
    }
    more();
  };

  useLayoutEffect(hold);

  // A window or a keyboard that changes the room's height must not move what is read.
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(hold);
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);

  // One may be at the top already, or there may not be enough to fill the height.
  useEffect(() => {
    // Where asking brought nothing, it is for the person to ask again.
    if (!room.stuck) more();
  }, [items.length, start, room.live, room.loading]);

  const toEnd = () => {
    place.current = { atEnd: true, element: null, top: 0 };
    setFrom(null);
    setAway(null);
    hold();
  };

  // One's own words are worth seeing, wherever one was reading.
  const said = useRef(pending.length);
  useLayoutEffect(() => {
    if (pending.length > said.current) toEnd();
    said.current = pending.length;
  }, [pending.length]);

  const missed = away === null ? 0 : items.filter((item) => item.kind === "message" && item.offset > away).length;
  const empty = room.live && items.length === 0 && pending.length === 0;
  return html`
    <div class="flow">
      <div class="messages" id="messages" ref=${box} onScroll=${onScroll} tabindex="0" aria-label="Messages">
        ${room.loading && html`<p class="happening" key="loading">Fetching older messages…</p>`}
        ${room.live && !room.older && start === 0 && !empty && html`<p class="beginning" key="beginning">${room.with ? "This conversation begins here. Only the two of you can read it." : "The room begins here."}</p>`}
        ${withDays(shown).map((item) => html`<${Item} key=${item.key} item=${item} me=${me} />`)}
        ${pending.map((item) => html`<${Unsent} key=${`p${item.cid}`} item=${item} me=${me} />`)}
        ${empty && html`<p class="empty" key="empty">Nobody has said anything yet.${room.with && html`<br />Only the two of you can read what is said here.`}</p>`}
      </div>
      ${
        away !== null &&
        html`<button type="button" class="newest" onClick=${toEnd}>
          <${Icon} name="down" /> ${missed === 0 ? "To the newest" : missed === 1 ? "1 new message" : `${missed} new messages`}
        </button>`
      }
    </div>
  `;
}
