// The files of messages: pictures by themselves, all others as cards. It is loaded with the first of them.

import { useContext, useEffect, useState } from "../vendor/preact-hooks.js";
import { known } from "../known.js";
import { isShown, pathOf, previewOf } from "../shown.js";
import { sizeIn } from "../sizes.js";
import { styled as withStyle } from "../styles.js";
import { language, plural, t } from "../words.js";
import "./signs.js";
import { Dropping } from "./attach.js";
import { html, Page } from "./html.js";
import { Icon } from "./icons.js";
import { Picture } from "./lightbox.js";
import { Name } from "./person.js";
import { Tray } from "./tray.js";

// As large as a picture is in the flow, in pixels.
const WIDEST = 360;
const HIGHEST = 300;

const SIGNS = { image: "picture", audio: "sound", video: "film", text: "log" };

const signOf = ({ type }) => SIGNS[type.split("/")[0]] ?? (type === "application/zip" ? "box" : type === "application/pdf" ? "log" : "file");

/** Its size in the flow, with its proportions. */
function fitted({ width, height }) {
  const by = Math.min(1, WIDEST / width, HIGHEST / height);
  return { width: Math.max(24, Math.round(width * by)), height: Math.max(24, Math.round(height * by)) };
}

/** Whether the server knows by now who looks, so that a picture can be asked for. */
function useKnown() {
  const { act } = useContext(Page);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let here = true;
    known(act.me(), act.token()).then(() => here && setTries(1));
    return () => {
      here = false;
    };
  }, []);
  // Somebody else in this browser may have been the one who was known.
  const again = () => tries === 1 && known(act.me(), act.token(), true).then(() => setTries(2));
  return { tries, again };
}

function Shown({ file, item }) {
  const { act } = useContext(Page);
  const { tries, again } = useKnown();
  const size = fitted(file);
  const open = () => act.dialog("picture", { room: item.room, offset: item.offset, id: file.id });
  return html`
    <button type="button" class="shown" tabindex="-1" aria-label=${t("Show {name}", { name: file.name })} onClick=${open}>
      <img key=${tries < 2 ? "first" : "again"} src=${tries === 0 ? null : previewOf(file)} alt=${file.name} ...${size} loading="lazy" decoding="async" onError=${again} />
    </button>
  `;
}

function Media({ file }) {
  const { tries } = useKnown();
  if (tries === 0) return null;
  return file.type.startsWith("audio/")
    ? html`<audio controls preload="none" src=${pathOf(file)} aria-label=${file.name}></audio>`
    : html`<video controls preload="none" playsinline src=${pathOf(file)} aria-label=${file.name}></video>`;
}

function Card({ file }) {
  // Who has just come may not be known yet, and who is known is so at once.
  useKnown();
  const plays = /^(audio|video)\//.test(file.type);
  return html`
    <span class="card-of">
      <span class="file">
        <${Icon} name=${signOf(file)} />
        <span class="what"><${Name} name=${file.name || t("A file")} /><span class="note">${sizeIn(language(), file.size)}</span></span>
        <a class="plain" tabindex="-1" href=${pathOf(file)} download=${file.name || "file"} aria-label=${t("Download {name}", { name: file.name })} title=${t("Download")}><${Icon} name="load" /></a>
      </span>
      ${plays && html`<${Media} file=${file} />`}
    </span>
  `;
}

/** The files of a message of the log, or of one's own that is on its way, of which less is known. */
export function Attached({ item }) {
  const files = item.files ?? [];
  if (item.status !== undefined) {
    return html`<p class="files on-way"><${Icon} name="clip" />${item.attached?.map((one) => one.name).join(", ") ?? plural(files.length, "{n} file", "{n} files")}</p>`;
  }
  return html`
    <div class="files">
      ${files.map((file) => (isShown(file) ? html`<${Shown} key=${file.id} file=${file} item=${item} />` : html`<${Card} key=${file.id} file=${file} />`))}
    </div>
  `;
}

/** The views by name, once they have what makes them look right. */
export const styled = () => withStyle("/dialogs.css").then(() => withStyle("/files.css", { Attached, Dropping, Tray, picture: Picture }));
