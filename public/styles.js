// Style sheets of what is loaded when it is first wanted.

const asked = new Map();

/** `value`, once the sheet at `href` is there. */
export function styled(href, value) {
  if (!asked.has(href)) {
    asked.set(
      href,
      new Promise((done, broken) => {
        const sheet = document.createElement("link");
        sheet.rel = "stylesheet";
        sheet.href = href;
        sheet.onload = () => done();
        sheet.onerror = () => {
          sheet.remove();
          asked.delete(href);
          broken(new Error("no style"));
        };
        document.head.append(sheet);
      }),
    );
  }
  return asked.get(href).then(() => value);
}
