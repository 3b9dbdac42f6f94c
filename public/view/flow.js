// The messages of a room. The view follows the newest message while one is there, stays put while one reads above, and
// has no more than a few hundred rows on the page, whatever the room holds.

import { useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact-hooks.js";
import { isLog } from "../room.js";
import { isShown, rowsOf } from "../rows.js";
import { AT_END, bounds, earlier, later, spanAround, spanOf } from "../span.js";
import { firstOffset } from "../timeline.js";
import { plural, t } from "../words.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { dayOf, Message, Notices } from "./message.js";
import { onArrows } from "./roving.js";

// Who is nearer to the end than this reads the newest messages.
const NEAR = 100;

/** What was done, in a room that is a log of that. */
function Entry({ item, me }) {
  const { part } = useContext(Page);
  const view = part("deeds");
  return view === null ? null : html`<${view.Entry} item=${item} me=${me} />`;
}

const Row = ({ row, me, target, editing, leaving, most, writes }) => {
  if (row.kind === "day") return html`<li class="day"><span>${row.date}</span></li>`;
  if (row.kind === "unread") return html`<li class="day unread"><span>${t("New")}</span></li>`;
  if (row.kind === "notices") return html`<${Notices} parts=${row.parts} me=${me} offset=${row.offset} />`;
  if (row.kind === "hidden") return html`<li class="happening" data-offset=${row.offset}>${plural(row.count, "{n} message of somebody whom you ignore", "{n} messages of people whom you ignore")}</li>`;
  if (row.kind === "entry") return html`<${Entry} item=${row.item} me=${me} />`;
  const { offset } = row.item;
  const named = offset === undefined ? {} : { target: offset === target, leaving: leaving.includes(offset), most: offset === editing ? most : null, writes };
  return html`<${Message} item=${row.item} me=${me} first=${row.first} ...${named} />`;
};

const arrows = onArrows(".message");

/** The controls of the message with the focus are there for the Tab key, and those of no other. */
function onFocusIn({ target, currentTarget: list }) {
  for (const control of list.querySelectorAll(".message [tabindex='0']")) control.tabIndex = -1;
  for (const control of target.closest(".message")?.querySelectorAll(".at, button.chip, .tools button, .quote, .reaction, .shown, .file a") ?? []) control.tabIndex = 0;
}

/** `leaving` are the offsets of what one is deleting; `most` is how long a text may be, `writes` whether one may write. */
export function Flow({ room, me, pending, quiet, ignored, leaving, most, writes }) {
  const page = useContext(Page);
  const { act } = page;
  const box = useRef(null);
  // The view's place: at the end, or held by an element and where that stood.
  const place = useRef({ atEnd: true, element: null, top: 0 });
  const jump = useRef(null);
  // Whether the newest have been asked for, so that where one is does not count any more.
  const away = useRef(false);
  const [span, setSpan] = useState(AT_END);
  const [above, setAbove] = useState(false);
  const [target, setTarget] = useState(null);

  const items = useMemo(() => room.items.filter(isShown), [room.items]);
  const following = !room.reading;
  const { start, end } = bounds(items, span, following);
  const atNewest = end === items.length && !room.newer;
  const rows = useMemo(() => {
    const all = rowsOf(items.slice(start, end), { day: dayOf, line: room.line, me, quiet, ignored, log: isLog(room.name) });
    const last = all[all.length - 1];
    const goesOn = last?.kind === "message" && last.item.from.id === me?.id;
    const own = atNewest ? pending.map((item, index) => ({ kind: "message", key: `c${item.cid}`, item, first: (index === 0 && !goesOn) || item.reply_to !== undefined })) : [];
    return [...all, ...own];
  }, [items, start, end, room.line, me, quiet, ignored, pending, atNewest, page]);

  const list = () => box.current.firstElementChild;

  const note = () => {
    const view = box.current;
    const atEnd = atNewest && view.scrollHeight - view.scrollTop - view.clientHeight <= NEAR;
    // A message, since what stands between messages may go when older ones come.
    const seen = (one) => one.dataset.offset !== undefined && one.offsetTop + one.offsetHeight > view.scrollTop;
    const element = atEnd ? null : [...list().children].find(seen);
    place.current = { atEnd, element, top: element ? element.offsetTop - view.scrollTop : 0 };
    return atEnd;
  };

  const hold = () => {
    const view = box.current;
    const { atEnd, element, top } = place.current;
    if (atEnd) view.scrollTop = view.scrollHeight;
    else if (element?.isConnected) view.scrollTop = element.offsetTop - top;
  };

  const showEarlier = () => {
    if (start > 0) setSpan(earlier(items, span, following));
    else act.older(room);
  };

  const more = () => {
    if (away.current) return;
    const view = box.current;
    const below = view.scrollHeight - view.scrollTop - view.clientHeight;
    if (view.scrollTop <= view.clientHeight) {
      if (start > 0 || (room.older && !room.loading && room.live)) showEarlier();
    } else if (below <= view.clientHeight && !place.current.atEnd) {
      if (end < items.length) setSpan(later(items, span));
      else if (room.newer && !room.loading && room.live) act.newer(room);
    }
  };

  /** Whether what is unread begins above what one sees. */
  const look = () => {
    const line = room.line === null ? null : list().querySelector(".unread");
    const cut = room.line !== null && line === null && (start > 0 || room.older) && (firstOffset(items.slice(start, end)) ?? 0) > room.line + 1;
    setAbove(cut || (line !== null && line.offsetTop + line.offsetHeight <= box.current.scrollTop));
  };

  const onScroll = () => {
    // It is told a frame later, when another room may be there.
    if (box.current === null || away.current) return;
    const atEnd = note();
    if (atEnd === room.reading) act.reading(room.name, !atEnd);
    // What is read must not go because something new has come.
    if (!atEnd && span.from === null) setSpan(spanOf(items, start, end));
    look();
    more();
  };

  useLayoutEffect(() => {
    if (!room.newer || room.stuck || !room.live || room.target !== null) away.current = false;
    const offset = jump.current;
    const element = offset === null ? null : list().querySelector(`[data-offset="${offset}"]`);
    if (element !== null) {
      jump.current = null;
      const { clientHeight } = box.current;
      place.current = { atEnd: false, element, top: Math.max(0, Math.min(clientHeight / 3, clientHeight - element.offsetHeight)) };
      setTarget(offset);
      element.focus({ preventScroll: true });
      act.arrived(room.name);
    }
    hold();
    look();
  });

  // A window or a keyboard that changes the room's height, or a text that comes late, must not move what is read.
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(hold);
    watcher.observe(box.current);
    watcher.observe(list());
    return () => watcher.disconnect();
  }, []);

  // One may be at the top already, or there may not be enough to fill the height.
  useEffect(() => {
    // Where asking brought nothing, it is for the person to ask again.
    if (!room.stuck) more();
  }, [items.length, start, end, room.live, room.loading]);

  useEffect(() => {
    if (room.target === null || !room.live || room.loading) return;
    const first = firstOffset(items);
    const index = items.findIndex((item) => item.kind === "message" && item.type === "message" && item.offset >= room.target.offset);
    if (index === -1 || first > room.target.offset) return act.around(room, room.target.offset);
    jump.current = items[index].offset;
    act.reading(room.name, true);
    setSpan(spanAround(items, index));
    return undefined;
    // A page may have come before it was drawn that it was asked for.
  }, [room.target, room.live, room.loading, items]);

  const toEnd = () => {
    place.current = { atEnd: true, element: null, top: 0 };
    away.current = room.newer && room.live;
    setSpan(AT_END);
    setTarget(null);
    if (room.newer) act.newest(room);
    else act.reading(room.name, false);
    hold();
  };

  // One's own words are worth seeing, wherever one was reading.
  const said = useRef(pending.length);
  useLayoutEffect(() => {
    if (pending.length > said.current) toEnd();
    said.current = pending.length;
  }, [pending.length]);

  const onKeyDown = (event) => {
    const up = event.target === box.current && event.key === "ArrowUp" && !event.altKey && !event.ctrlKey && !event.metaKey;
    const last = up ? [...list().querySelectorAll(".message")].at(-1) : undefined;
    if (last === undefined) return arrows(event);
    event.preventDefault();
    return last.focus();
  };

  // A row that stays there, and as high, until one is at the beginning: if it went, there would be nothing above to
  // hold what one reads against.
  const earlierOnes = start > 0 || room.older;
  const empty = room.live && items.length === 0 && pending.length === 0;
  const begins = room.live && !room.older && start === 0 && !empty;
  return html`
    <div class="flow">
      ${
        above &&
        html`<button type="button" class="jump first-unread" onClick=${() => act.goTo(room.name, room.line + 1)}>
          <${Icon} name="up" /> ${t("To the first unread")}
        </button>`
      }
      <div class="messages" id="messages" ref=${box} role="region" onScroll=${onScroll} onKeyDown=${onKeyDown} tabindex="0" aria-label=${t("Messages")}>
        <ol class="rows" role="list" onFocusIn=${onFocusIn}>
          ${(room.loading || (room.live && earlierOnes)) && html`<li class="happening older" key="older">${room.loading ? t("Fetching older messages…") : html`<button type="button" onClick=${showEarlier}>${t("Show older messages")}</button>`}</li>`}
          ${begins && html`<li class="beginning" key="beginning">${room.with ? t("This conversation begins here. Only the two of you can read it.") : t("The room begins here.")}</li>`}
          ${rows.map((row) => html`<${Row} key=${row.key} row=${row} me=${me} target=${target} editing=${room.editing} leaving=${leaving} most=${most} writes=${writes} />`)}
          ${empty && html`<li class="empty" key="empty">${t("Nobody has said anything yet.")}${room.with && html`<br />${t("Only the two of you can read what is said here.")}`}</li>`}
        </ol>
      </div>
      ${
        (room.reading || !atNewest) &&
        html`<button type="button" class="jump newest" onClick=${toEnd}>
          <${Icon} name="down" /> ${room.unread === 0 ? t("To the newest") : plural(room.unread, "{n} new message", "{n} new messages")}
        </button>`
      }
    </div>
  `;
}
