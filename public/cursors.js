// Where this page stands in the log of each of its rooms: what makes coming back exact.

export class Cursors {
  constructor() {
    this._rooms = new Map();
  }

  /** The names of all rooms that are, or are asked to be, heard. */
  get names() {
    return [...this._rooms.keys()];
  }

  has(room) {
    return this._rooms.has(room);
  }

  /** Whether the room has been answered on this line, so that what is said in it belongs to us. */
  heard(room) {
    return this._rooms.get(room)?.heard ?? false;
  }

  add(room) {
    const nowhere = { epoch: null, offset: null, id: null, heard: false, torn: null, brief: false };
    if (!this._rooms.has(room)) this._rooms.set(room, nowhere);
  }

  drop(room) {
    this._rooms.delete(room);
  }

  clear() {
    this._rooms.clear();
  }

  /** The line was cut: the positions stay, nothing is heard. */
  cut() {
    for (const cursor of this._rooms.values()) cursor.heard = cursor.brief = false;
  }

  /** The fields of `join` that say from where on: {} without a position. */
  position(room) {
    const cursor = this._rooms.get(room);
    if (cursor === undefined || cursor.offset === null) return {};
    const place = { after: cursor.offset, epoch: cursor.epoch };
    return cursor.id === null || cursor.offset === 0 ? place : { ...place, id: cursor.id };
  }

  /** The server answered `join`. It names the room in its first spelling, which may not be the one asked for. */
  joined(asked, { room, epoch, recovered }) {
    const cursor = this._rooms.get(room) ?? this._rooms.get(asked);
    if (cursor === undefined) return false;
    if (asked !== room) this._rooms.delete(asked);
    this._rooms.set(room, cursor);
    if (!recovered) Object.assign(cursor, { offset: null, id: null });
    Object.assign(cursor, { epoch, heard: true, brief: !recovered });
    return true;
  }

  /**
   * One event of the log: "new" moves the position, "known" has been seen, "gap" means that some were missed, which a
   * correct server never lets happen (what only changed messages is not told of those that a join begins with, until it
   * is live), and "deaf" is for a room that is not heard. After a gap the room is deaf until it
   * is joined again; when even that leaves the same gap, it is "torn".
   */
  event({ room, offset, id }) {
    const cursor = this._rooms.get(room);
    if (cursor === undefined || !cursor.heard) return "deaf";
    if (cursor.offset !== null && offset <= cursor.offset) return "known";
    if (cursor.offset !== null && offset > cursor.offset + 1 && !cursor.brief) {
      const before = cursor.torn;
      Object.assign(cursor, { heard: false, torn: cursor.offset });
      return before === cursor.offset ? "torn" : "gap";
    }
    Object.assign(cursor, { offset, id });
    return "new";
  }

  /** Everything up to the head that `joined` named has come. */
  live({ room, offset }) {
    const cursor = this._rooms.get(room);
    if (cursor === undefined || !cursor.heard) return;
    if (cursor.offset === null || (cursor.brief && offset > cursor.offset)) Object.assign(cursor, { offset, id: null });
    cursor.brief = false;
  }
}
