// What comes up beside the button that opened it, and never out of the window.

import { useContext, useLayoutEffect, useRef } from "../vendor/preact-hooks.js";
import { Emojis } from "./emojis.js";
import { html, Page } from "./html.js";

const EDGE = 8;

/** Put `box` below `opener` where there is room, else above. */
export function place(box, opener) {
  const { top, bottom, left, right } = opener.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const below = bottom + height + EDGE <= innerHeight ? bottom : top - height;
  const beside = left + width + EDGE <= innerWidth ? left : right - width;
  box.style.top = `${Math.max(EDGE, Math.min(below, innerHeight - height - EDGE))}px`;
  box.style.left = `${Math.max(EDGE, Math.min(beside, innerWidth - width - EDGE))}px`;
}

/** The emoji for a message: `picker` is {item, opener}. */
export function Floating({ picker: { item, opener } }) {
  const { act, grid } = useContext(Page);
  const box = useRef(null);
  const there = grid() !== null;
  useLayoutEffect(() => place(box.current, opener), [opener, there]);
  useLayoutEffect(() => {
    const close = () => act.picker(null);
    addEventListener("resize", close);
    return () => removeEventListener("resize", close);
  }, []);
  const back = () => {
    act.picker(null);
    if (opener.isConnected) opener.focus();
  };
  const choose = (sign) => {
    back();
    act.react(item, sign);
  };
  return html`<div class="floating" ref=${box}><${Emojis} choose=${choose} close=${back} /></div>`;
}
