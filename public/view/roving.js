// Lists in which the Tab key stops once, and the arrows lead from item to item.

import { useLayoutEffect, useRef } from "../vendor/preact-hooks.js";

const CONTROLS = "a, button";

/** The item that an arrow, Home or End leads to from the one at `index` of `count`, or null; `across` items stand in a row. */
export function stepTo(key, index, count, across = 1, rightToLeft = false) {
  const side = rightToLeft ? -1 : 1;
  const steps = { ArrowUp: -across, ArrowDown: across, Home: -index, End: count - 1 - index };
  const beside = across > 1 ? { ArrowLeft: -side, ArrowRight: side } : {};
  const by = { ...steps, ...beside }[key];
  if (by === undefined) return null;
  const next = index + by;
  return next < 0 || next >= count ? null : next;
}

const across = (items) => {
  const { top } = items[0].getBoundingClientRect();
  const below = items.findIndex((item) => item.getBoundingClientRect().top > top + 1);
  return below === -1 ? items.length : below;
};

const focusOn = (item) => (item.matches("[tabindex], a, button") ? item : item.querySelector(CONTROLS)).focus();

/** A handler of keydown in a list of `item`s (a selector), which may stand in a `grid`. */
export const onArrows = (item, { grid = false } = {}) => (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.matches("input, textarea, select, audio, video")) return;
  const items = [...event.currentTarget.querySelectorAll(item)];
  const at = items.findIndex((one) => one.contains(event.target));
  if (at === -1) return;
  const next = stepTo(event.key, at, items.length, grid ? across(items) : 1, document.documentElement.dir === "rtl");
  if (next === null) return;
  event.preventDefault();
  focusOn(items[next]);
};

/** Have the Tab key stop at one `item` of the list `list`, a ref: the one with the focus, else the current, else the first. */
export function useOneStop(list, item) {
  const last = useRef(null);
  const settle = () => {
    const items = [...list.current.querySelectorAll(item)];
    const current = items.find((one) => one === last.current) ?? items.find((one) => one.querySelector("[aria-current], [aria-selected=true]") !== null) ?? items[0];
    for (const one of items) {
      const controls = one.matches(CONTROLS) ? [one] : one.querySelectorAll(CONTROLS);
      for (const control of controls) control.tabIndex = one === current ? 0 : -1;
    }
  };
  useLayoutEffect(settle);
  useLayoutEffect(() => {
    const box = list.current;
    const onFocus = ({ target }) => {
      last.current = target.closest(item);
      settle();
    };
    box.addEventListener("focusin", onFocus);
    return () => box.removeEventListener("focusin", onFocus);
  }, []);
}
