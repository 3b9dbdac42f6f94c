// The files of messages: what the page takes of what the server tells of them, and how they are told of. Pure functions.

import { isCount, isRecord, line, list } from "./checks.js";

const MOST = 10;
const LONGEST_NAME = 255;
const LONGEST_SIDE = 100_000;
const ID = /^[A-Za-z0-9_-]{1,64}$/;
const TYPE = /^[a-z]+\/[a-z0-9.+-]{1,80}$/;

export const isFileId = (value) => typeof value === "string" && ID.test(value);

const isSide = (value) => isCount(value) && value > 0 && value <= LONGEST_SIDE;

/** A file {id, name, type, size, width?, height?, preview?}, or null. */
export function fileOf(value) {
  if (!isRecord(value) || !isFileId(value.id) || !isCount(value.size)) return null;
  const type = typeof value.type === "string" && TYPE.test(value.type) ? value.type : "application/octet-stream";
  const sized = isSide(value.width) && isSide(value.height);
  const more = sized ? { width: value.width, height: value.height, ...(value.preview === true || typeof value.preview === "string" ? { preview: true } : {}) } : {};
  return { id: value.id, name: line(value.name, LONGEST_NAME), type, size: value.size, ...more };
}

/** {files} of a message that has some and is not gone. */
export function filesOf(frame) {
  if (frame.deleted === true) return {};
  const known = new Map();
  for (const one of list(frame.files).map(fileOf)) if (one !== null) known.set(one.id, one);
  return known.size === 0 ? {} : { files: [...known.values()].slice(0, MOST) };
}

/** A message in words: its text, or the names of its files. */
export const saidIn = ({ text, files = [] }) => text || files.map((file) => file.name).join(", ");
