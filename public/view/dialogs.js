// What comes in front of the page about people and their rights. It is loaded when one first wants any of it.

import { Make } from "./make.js";
import { Manage } from "./manage.js";
import { Measure } from "./measure.js";
import { Menu } from "./menu.js";
import { Profile } from "./profile.js";
import { Server } from "./server.js";

const all = { make: Make, measure: Measure, menu: Menu, profile: Profile, room: Manage, server: Server };

/** The views by name, once they have what makes them look right. */
export function styled() {
  return new Promise((done, broken) => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = "/dialogs.css";
    sheet.onload = () => done(all);
    sheet.onerror = () => {
      sheet.remove();
      broken(new Error("no style"));
    };
    document.head.append(sheet);
  });
}
