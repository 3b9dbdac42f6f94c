// Files that come over the page, dropped on it or pasted. It runs before all else, since a browser would go to a file that
// is dropped, and away from here; what comes before anybody can take it is kept until then.

const early = [];
let place = { may: () => true, take: (files) => early.push(...files) };

function onIncoming(event) {
  const data = event.dataTransfer ?? event.clipboardData;
  // What has words too, such as a part of a document, is pasted as words.
  if (!data?.types.includes("Files") || (event.type === "paste" && data.types.includes("text/plain"))) return;
  event.preventDefault();
  const may = place.may();
  if (event.type === "dragover") data.dropEffect = may ? "copy" : "none";
  else if (may && data.files.length > 0) place.take([...data.files]);
}

for (const name of ["dragover", "drop", "paste"]) addEventListener(name, onIncoming);

/** From now on `take(files)` has them, and what was kept too, as long as `may()` says so. */
export function landing(may, take) {
  place = { may, take };
  const files = early.splice(0);
  if (files.length > 0 && may()) take(files);
}
