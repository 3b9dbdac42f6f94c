// Files that come over the page: dropped on it, or pasted.

import { useEffect, useRef, useState } from "../vendor/preact-hooks.js";

const holds = (data) => data !== null && [...data.types].includes("Files");

/** Have them go beside what is written in the room of that name, or nowhere where it is null. Whether some are held over the page. */
export function useFiles(room, act) {
  const [over, setOver] = useState(false);
  const now = useRef(null);
  now.current = room;
  useEffect(() => {
    let depth = 0;
    const may = () => now.current !== null && document.querySelector("dialog[open]") === null;
    const leave = () => {
      depth = 0;
      setOver(false);
    };
    const acts = {
      dragenter() {
        depth += 1;
        if (may()) setOver(true);
      },
      dragleave() {
        depth -= 1;
        if (depth <= 0) leave();
      },
      dragover: (event) => {
        event.dataTransfer.dropEffect = may() ? "copy" : "none";
      },
      drop(event) {
        leave();
        if (may() && event.dataTransfer.files.length > 0) act.attach(now.current, event.dataTransfer.files);
      },
    };
    const onDrag = (event) => {
      if (!holds(event.dataTransfer)) return;
      // A browser would go to the file, and away from here.
      event.preventDefault();
      acts[event.type](event);
    };
    const onPaste = (event) => {
      const { clipboardData: data } = event;
      // What has words too, such as a part of a document, is pasted as words.
      if (data === null || data.files.length === 0 || [...data.types].includes("text/plain") || !may()) return;
      event.preventDefault();
      act.attach(now.current, data.files);
    };
    const names = Object.keys(acts);
    for (const name of names) document.addEventListener(name, onDrag);
    document.addEventListener("paste", onPaste);
    return () => {
      for (const name of names) document.removeEventListener(name, onDrag);
      document.removeEventListener("paste", onPaste);
    };
  }, []);
  return over;
}
