// The files that are to be said: for each room those beside the composer, and what was sent while some were still on their
// way. It touches no DOM; what makes an upload, what says a message and what tells the page are handed in.
//
//   uploads(file, room, changed): an Upload, see tus.js      say(room, text, reply, files): say it
//   emit(tray): what there is now: [{n, room, sent, text, files: [{key, name, size, at, status, why, id}]}]
//   notice(words): tell the person      hand(room, text): give a text back to the composer
//   most(): the largest file that the server takes      words: {tooMany(n), tooLarge(name), empty}

export const MOST_FILES = 10;
// The server lets a person have five under way.
const AT_ONCE = 3;

const FINAL = ["whole", "refused"];

export class Tray {
  constructor({ uploads, say, emit, notice, hand, most, words }) {
    Object.assign(this, { _uploads: uploads, _say: say, _emit: emit, _notice: notice, _hand: hand, _most: most, _words: words });
    this._parcels = [];
    this._count = 0;
  }

  /** Put files beside what is being written in a room. */
  add(room, files) {
    const parcel = this._open(room);
    const fits = files.filter((file) => file.size <= this._most());
    for (const file of files) if (!fits.includes(file)) this._notice(this._words.tooLarge(file.name));
    const free = MOST_FILES - parcel.files.length;
    if (fits.length > free) this._notice(this._words.tooMany(MOST_FILES));
    for (const file of fits.slice(0, free)) {
      const entry = { key: (this._count += 1), name: file.name, size: file.size, upload: null, done: null };
      entry.upload = this._uploads(file, room, () => this._changed());
      parcel.files.push(entry);
    }
    this._changed();
  }

  /** The same for files that the server has already: those of a message that was handed back. */
  restore(room, files) {
    const parcel = this._open(room);
    for (const done of files) parcel.files.push({ key: (this._count += 1), name: done.name, size: done.size, upload: null, done });
    this._changed();
  }

  /** Say that with the files beside it, as soon as all are there. */
  submit(room, text, reply) {
    const parcel = this._parcels.find((one) => one.room === room && !one.sent);
    if (parcel === undefined) return;
    Object.assign(parcel, { sent: true, text, reply });
    this._changed();
  }

  /** Do not say that yet: text and files go back to the composer. */
  takeBack(n) {
    const parcel = this._parcels.find((one) => one.n === n);
    if (parcel === undefined) return;
    const open = this._parcels.find((one) => one.room === parcel.room && !one.sent);
    if (parcel.text !== "") this._hand(parcel.room, parcel.text);
    if (open === undefined) Object.assign(parcel, { sent: false, text: "" });
    else {
      const free = MOST_FILES - open.files.length;
      open.files.unshift(...parcel.files.slice(0, free));
      for (const entry of parcel.files.slice(free)) entry.upload?.cancel();
      this._parcels = this._parcels.filter((one) => one !== parcel);
    }
    this._changed();
  }

  remove(key) {
    for (const parcel of this._parcels) {
      const entry = parcel.files.find((one) => one.key === key);
      if (entry === undefined) continue;
      parcel.files = parcel.files.filter((one) => one !== entry);
      entry.upload?.cancel();
    }
    this._changed();
  }

  retry(key) {
    const entry = this._entries().find((one) => one.key === key);
    if (entry?.upload?.status !== "refused") return;
    entry.upload.status = "waiting";
    this._changed();
  }

  wake() {
    for (const entry of this._entries()) entry.upload?.wake();
  }

  clear() {
    const entries = this._entries();
    this._parcels = [];
    for (const entry of entries) entry.upload?.cancel();
    this._changed();
  }

  _entries() {
    return this._parcels.flatMap((parcel) => parcel.files);
  }

  _open(room) {
    const known = this._parcels.find((one) => one.room === room && !one.sent);
    if (known !== undefined) return known;
    const parcel = { n: (this._count += 1), room, sent: false, text: "", reply: null, files: [] };
    this._parcels.push(parcel);
    return parcel;
  }

  _changed() {
    this._deliver();
    this._parcels = this._parcels.filter((one) => one.files.length > 0);
    this._begin();
    this._emit(this._parcels.map(({ n, room, sent, text, files }) => ({ n, room, sent, text, files: files.map(shown) })));
  }

  /** Say what is complete, in the order in which it was sent. */
  _deliver() {
    for (const parcel of this._parcels.filter((one) => one.sent)) {
      const before = this._parcels.find((one) => one.room === parcel.room && one.sent);
      if (before !== parcel || !parcel.files.every((one) => shown(one).status === "whole")) continue;
      this._parcels = this._parcels.filter((one) => one !== parcel);
      const files = parcel.files.map((one) => one.done ?? { id: one.upload.id, name: one.name, size: one.size, type: one.upload.file.type });
      if (files.length > 0 || parcel.text !== "") this._say(parcel.room, parcel.text, parcel.reply, files);
    }
  }

  _begin() {
    const uploads = this._entries().map((one) => one.upload).filter((one) => one !== null);
    const under = () => uploads.filter((one) => ["sending", "cut"].includes(one.status)).length;
    // Each that begins says so at once, and others may begin by that.
    for (const upload of uploads) if (upload.status === "waiting" && under() < AT_ONCE) upload.start();
  }
}

const shown = ({ key, name, size, upload, done }) =>
  done !== null ? { key, name, size, at: size, status: "whole", why: null } : { key, name, size, at: upload.at, status: upload.status, why: upload.why };

/** Whether there is something that would be lost with the page. */
export const isUnderWay = (tray) => tray.some((parcel) => parcel.files.some((one) => !FINAL.includes(one.status)));
