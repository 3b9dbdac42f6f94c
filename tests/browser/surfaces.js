// Run in the page: what others have written and is anything but text within its own line, empty when nothing is.
() => {
  const wrong = [];
  const within = (inner, outer) => inner.left >= outer.left - 0.5 && inner.right <= outer.right + 0.5;
  for (const part of document.querySelectorAll(".entry, .persons li, .happening, .me, .heading h1, .heading .topic, .toast")) {
    const box = part.getBoundingClientRect();
    const around = part.parentElement.closest(".scroll, .messages, .side, .talk, body").getBoundingClientRect();
    if (!within(box, around)) wrong.push(`${part.className} is wider than where it stands: ${part.textContent.slice(0, 40)}`);
    const line = part.matches(".entry, .persons li, .heading h1, .heading .topic");
    if (line && box.height > 40) wrong.push(`${part.className} is higher than a line: ${part.textContent.slice(0, 40)}`);
  }
  for (const name of document.querySelectorAll(".name, .topic")) {
    const style = getComputedStyle(name);
    if (name.tagName !== "BDI" || name.children.length > 0) wrong.push("a name is more than text");
    if (style.overflowX !== "clip" || style.overflowY !== "clip") wrong.push("ink may leave a name");
  }
  for (const element of document.querySelectorAll("#app, #app *")) {
    if (["SCRIPT", "IFRAME", "OBJECT", "EMBED", "BASE", "LINK", "STYLE"].includes(element.tagName)) wrong.push(`there is a ${element.tagName}`);
    for (const { name, value } of element.attributes) {
      if (name.startsWith("on")) wrong.push(`${name} of ${element.className}`);
      const here = /^(\/|#talk|#\/room\/[^/]+\/\d+|\/files\/[\w-]+\/[^/]+)$/.test(value);
      if (name === "href" && !here && !(element.closest(".text") && element.rel === "noopener noreferrer nofollow")) wrong.push(`a link to ${value}`);
      if (name === "src" && !/^\/files\/[\w-]+\/(preview|[^/]+)$|^\/icon\.svg$|^\/avatar\/[a-z0-9]+\.svg\?[\w%]+$/.test(value)) wrong.push(`a picture of ${value}`);
    }
  }
  if (!/^(\(@?\d+\) )?chatd$/.test(document.title)) wrong.push(`the window is called ${document.title}`);
  return wrong;
}
