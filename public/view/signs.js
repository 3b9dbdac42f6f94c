// The signs of search and files.

import { signs } from "./icons.js";

signs({
  file: "M7 3.5h7l4 4v13H7ZM14 3.5v4h4",
  picture: "M4 5h16v14H4ZM4 16l4.5-4.5 4 4 3-3L20 16M15.5 9.5v.1",
  sound: "M9 17.5V6l10-2v11.5M9 17.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0ZM19 15.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z",
  film: "M4 5.5h16v13H4ZM10 9.5v5l4.5-2.5-4.5-2.5Z",
  box: "M4 8h16v12H4ZM3 4h18v4H3ZM10 12h4",
  load: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  zoom: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.5 4.5M11 8v6M8 11h6",
  fit: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.5 4.5M8 11h6",
  turn: "M9 5l7 7-7 7",
  warn: "M12 4 3 19.5h18L12 4ZM12 10v4.5M12 17v.1",
  done: "M5 12.5l4.5 4.5L19 7.5",
  again: "M19 12a7 7 0 1 1-2.2-5.1M19.5 4v4h-4",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1.2 1.2M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1.2-1.2",
});
