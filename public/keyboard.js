// The list of shortcuts; see shortcuts.js. Pure.

/** The keys and what they do, for the list of them; the words are English, see words.js. */
export const LIST = [
  [["Enter"], "Send the message"],
  [["Shift", "Enter"], "Break the line"],
  [["Alt", "↑"], "The room above"],
  [["Alt", "↓"], "The room below"],
  [["Alt", "Shift", "↑"], "The unread room above"],
  [["Alt", "Shift", "↓"], "The unread room below"],
  [["Ctrl", "K"], "Go to a room or a person"],
  [["Ctrl", "Shift", "F"], "Search messages"],
  [["Esc"], "Close, or mark the room as read"],
  [["↑"], "In an empty line: change your last message"],
  [["Enter"], "On a message: what can be done with it"],
  [["@"], "Complete the name of a person"],
  [[":"], "Complete an emoji"],
  [["?"], "This list"],
];
