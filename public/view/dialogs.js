// What comes in front of the page: menus, and dialogs about people, rooms and the page itself. It is loaded when one first
// wants any of it.

import "../removals.js";
import { styled as withStyle } from "../styles.js";
import { Help } from "./help.js";
import { Make } from "./make.js";
import { Manage } from "./manage.js";
import { Measure } from "./measure.js";
import { Menu } from "./menu.js";
import { LogOut, Rename, SignOut } from "./oneself.js";
import { Pins } from "./pins.js";
import { Profile } from "./profile.js";
import { Reactors } from "./reactors.js";
import { Server } from "./server.js";
import { Settings } from "./settings.js";
import { Switcher } from "./switcher.js";

const all = { rename: Rename, logOut: LogOut, signOut: SignOut, help: Help, make: Make, measure: Measure, menu: Menu, pins: Pins, profile: Profile, reactors: Reactors, room: Manage, server: Server, settings: Settings, switcher: Switcher };

/** The views by name, once they have what makes them look right. */
export const styled = () => withStyle("/dialogs.css", all);
