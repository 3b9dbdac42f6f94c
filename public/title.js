// How much is unread, for who does not look at the page: the title of the window, its icon, the badge of the app.

let shown = { title: "", icon: "" };

/** Show how much is unread: how much of it is for this person, if anything is. */
export function showUnread({ count, called }) {
  const title = called > 0 ? `(@${called}) chatd` : count > 0 ? `(${count}) chatd` : "chatd";
  const icon = count > 0 ? (called > 0 ? "/icon-called.svg" : "/icon-unread.svg") : "/icon.svg";
  if (shown.title !== title) {
    document.title = title;
    if (count > 0) navigator.setAppBadge?.(called || count).catch(() => {});
    else navigator.clearAppBadge?.().catch(() => {});
  }
  if (shown.icon !== icon) document.querySelector("link[rel=icon]")?.setAttribute("href", icon);
  shown = { title, icon };
}
