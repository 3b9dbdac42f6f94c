// A picture as large as the window, or as it is; with those before and after it in the room.

import { useContext, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { isShown, pathOf, previewOf } from "../shown.js";
import { at } from "../room.js";
import { sizeIn } from "../sizes.js";
import { language, t } from "../words.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { briefOf } from "./message.js";
import { Name } from "./person.js";

/** The pictures of a room, {file, item}, from the oldest that is on the page to the newest. */
const picturesIn = (room) => (room?.items ?? []).filter((item) => item.files && !item.deleted).flatMap((item) => item.files.filter(isShown).map((file) => ({ file, item })));

/** `about` is {room, offset, id}: the picture to begin with. */
export function Picture({ state, about, close }) {
  const { act } = useContext(Page);
  const pictures = picturesIn(at(state.rooms, about.room));
  const [id, setId] = useState(about.id);
  const [whole, setWhole] = useState(false);
  const [there, setThere] = useState(false);
  const box = useRef(null);
  const index = pictures.findIndex((one) => one.file.id === id);
  const shown = pictures[index];
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  // Its message may be deleted while one looks.
  useEffect(() => {
    if (shown === undefined) close();
  }, [shown === undefined]);
  const go = (by) => {
    const next = pictures[index + by];
    if (next === undefined) return;
    setWhole(false);
    setThere(false);
    setId(next.file.id);
  };
  const onKeyDown = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const side = document.documentElement.dir === "rtl" ? -1 : 1;
    const by = { ArrowLeft: -side, ArrowRight: side }[event.key];
    // Of a picture that is larger than the window the arrows show the rest.
    if (by === undefined || whole) return;
    event.preventDefault();
    go(by);
  };
  const onCancel = (event) => {
    event.preventDefault();
    close();
  };
  const onPress = (event) => event.target.matches(".stage") && !whole && close();
  const { file, item } = shown ?? {};
  const zoom = whole ? t("Fit to the window") : t("Full size");
  return html`
    <dialog class="picture-of" ref=${box} aria-label=${file ? t("Picture {name}", { name: file.name }) : t("Picture")} onKeyDown=${onKeyDown} onCancel=${onCancel}>
      ${
        file &&
        html`
          <header>
            <span class="what"><${Name} name=${file.name} /><span class="note"><bdi>${item.from.name}</bdi> · <bdi>${briefOf(item.at)}</bdi> · <bdi dir="ltr">${file.width} × ${file.height}</bdi> · <bdi>${sizeIn(language(), file.size)}</bdi></span></span>
            <button type="button" class="plain" aria-label=${zoom} title=${zoom} aria-pressed=${whole ? "true" : "false"} onClick=${() => setWhole(!whole)}><${Icon} name=${whole ? "fit" : "zoom"} /></button>
            <a class="plain" href=${pathOf(file)} download=${file.name} aria-label=${t("Download {name}", { name: file.name })} title=${t("Download")}><${Icon} name="load" /></a>
            <button type="button" class="plain" autofocus aria-label=${t("Close")} title=${t("Close")} onClick=${close}><${Icon} name="close" /></button>
          </header>
          <div class=${whole ? "stage whole" : "stage"} tabindex=${whole ? "0" : null} aria-label=${whole ? file.name : null} role=${whole ? "region" : null} onClick=${onPress}>
            <img key=${file.id} class=${there ? "there" : ""} src=${pathOf(file)} alt=${file.name} width=${file.width} height=${file.height} onLoad=${() => setThere(true)} onClick=${() => setWhole(!whole)} />
            ${!there && html`<img key=${`small ${file.id}`} class="small" src=${previewOf(file)} alt="" width=${file.width} height=${file.height} />`}
          </div>
          ${index > 0 && html`<button type="button" class="plain turn back" aria-label=${t("The picture before")} title=${t("The picture before")} onClick=${() => go(-1)}><${Icon} name="turn" /></button>`}
          ${index < pictures.length - 1 && html`<button type="button" class="plain turn on" aria-label=${t("The next picture")} title=${t("The next picture")} onClick=${() => go(1)}><${Icon} name="turn" /></button>`}
        `
      }
    </dialog>
  `;
}
