// By what a browser gets the pictures of a guest: a cookie, as whoever has an account has one. It gets them by nothing else.

import { askAccount } from "./accounts.js";

let remembered = null;

/** Promises that the server knows `me`, whose token is `token`; `anew` is where it did not. */
export async function known(me, token, anew = false) {
  if (me?.role !== "guest") return;
  if (anew || remembered?.id !== me.id) remembered = { id: me.id, asked: askAccount("remember", { token }) };
  await remembered.asked;
}

/** Be known by none any more. */
export function unknown() {
  if (remembered !== null) askAccount("sign-out", {});
  remembered = null;
}
