// Run in a page: a list of what is wrong with where things stand, empty when nothing is. Every control must be what one
// hits at its middle, inside the window, and not under anybody's words.
() => {
  const wrong = [];
  const flow = document.querySelector("#messages").getBoundingClientRect();
  const controls = document.querySelectorAll(
    ".top, .brand, .opener, .composer, .composer textarea, .composer button, .above, .above button, .heading, .side, .me, .crowd, .bottom");
  for (const control of controls) {
    const box = control.getBoundingClientRect();
    const style = getComputedStyle(control);
    if (box.width === 0 || style.visibility === "hidden") continue;
    const name = control.className || control.tagName;
    if (box.left < -1 || box.right > innerWidth + 1 || box.top < -1 || box.bottom > innerHeight + 1)
      wrong.push(`${name} leaves the window`);
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (!control.contains(hit)) wrong.push(`${name} is covered by ${hit?.className}`);
    const apart = box.right <= flow.left + 1 || box.left >= flow.right - 1
      || box.bottom <= flow.top + 1 || box.top >= flow.bottom - 1;
    if (!apart) wrong.push(`${name} overlaps the messages`);
  }
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("the page is wider than the window");
  let above = -Infinity;
  for (const message of document.querySelectorAll(".message")) {
    const box = message.getBoundingClientRect();
    if (box.left < flow.left || box.right > flow.right) wrong.push(`${message.dataset.offset} is too wide`);
    if (box.top < above - 0.5) wrong.push(`${message.dataset.offset} overlaps the one above`);
    above = box.bottom;
    for (const part of message.querySelectorAll("header, .chip, .tag, time, .text, .name")) {
      const inner = part.getBoundingClientRect();
      if (inner.left < box.left - 0.5 || inner.right > box.right + 0.5 || inner.bottom > box.bottom + 0.5)
        wrong.push(`${part.className || part.tagName} of ${message.dataset.offset} leaves its message`);
    }
    // Ink may go beyond a box, as a thousand accents on one letter do, unless it is clipped there.
    if (!getComputedStyle(message).contain.includes("paint")) wrong.push("ink may leave a message");
    const text = message.querySelector(".text");
    if (text !== null && getComputedStyle(text).overflowY !== "clip") wrong.push("ink may leave a text");
    // Of a group of messages the first alone says whose they are.
    const name = message.querySelector(".name");
    if (name !== null && getComputedStyle(name).overflowY !== "clip") wrong.push("ink may leave a name");
  }
  return wrong;
}
