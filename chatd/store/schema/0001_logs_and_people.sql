-- Logs, the rooms that they belong to, and the people who write them.
--
-- No e-mail address has a place here, and of a token there is only a hash.

-- The store as a whole: one row. `commits` counts all events that were ever stored.
CREATE TABLE store (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    epoch TEXT NOT NULL,
    commits INTEGER NOT NULL
) STRICT;

-- `head` is the offset of the last event and outlives pruning; `first` is that of the first kept one, `head` + 1 if
-- none is. `last_commit` orders rooms by their last event. `key` is the folded name, or `@a:b` of two people's ids.
CREATE TABLE room (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    topic TEXT NOT NULL DEFAULT '',
    head INTEGER NOT NULL DEFAULT 0,
    first INTEGER NOT NULL DEFAULT 1,
    last_commit INTEGER NOT NULL DEFAULT 0,
    CHECK (first BETWEEN 1 AND head + 1)
) STRICT;

CREATE UNIQUE INDEX public_room ON room (key) WHERE kind = 'public';

-- A log lies together and in its order, so that a cursor reads along it. Who wrote an event is told as it was then:
-- an author need not be a person whom we know. `id` needs no index: see chatd/store/rules.py.
CREATE TABLE event (
    room INTEGER NOT NULL REFERENCES room (number),
    offset INTEGER NOT NULL CHECK (offset > 0),
    commit_number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    author TEXT NOT NULL,
    author_name TEXT NOT NULL,
    via TEXT NOT NULL,
    text TEXT NOT NULL,
    cid TEXT,
    reply_to INTEGER,
    deleted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (room, offset)
) STRICT, WITHOUT ROWID;

-- What makes sending again harmless. It stands apart from the log because it may outlive the message.
CREATE TABLE cid (
    author TEXT NOT NULL,
    cid TEXT NOT NULL,
    body_hash BLOB NOT NULL CHECK (length(body_hash) = 16),
    room INTEGER NOT NULL REFERENCES room (number),
    offset INTEGER NOT NULL,
    id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (author, cid)
) STRICT, WITHOUT ROWID;

-- `kept`: wrote or was written to, so `forget_guests` passes by. Times are milliseconds since 1970.
CREATE TABLE person (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    made_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    kept INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX fleeting_person ON person (seen_ms) WHERE kept = 0;

-- Each private room has two rows, one for either side.
CREATE TABLE private_room (
    person TEXT NOT NULL REFERENCES person (id),
    peer TEXT NOT NULL,
    room INTEGER NOT NULL REFERENCES room (number),
    PRIMARY KEY (person, peer)
) STRICT, WITHOUT ROWID;

CREATE TABLE read_marker (
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    room INTEGER NOT NULL REFERENCES room (number),
    offset INTEGER NOT NULL,
    PRIMARY KEY (person, room)
) STRICT, WITHOUT ROWID;
