-- What is known of the files that people bring. Their bytes lie beside the database, in files named by `id`.

-- The files of a message as it names them, a JSON array; NULL for none. What takes its text takes this too.
ALTER TABLE event ADD COLUMN files TEXT;

-- `state`: see chatd/core/files.py. `room` is a room's key, since an upload can come before its first event; `offset` is
-- that of the message. `type` is "" until all of it is there.
CREATE TABLE file (
    id TEXT PRIMARY KEY,
    room TEXT NOT NULL,
    offset INTEGER,
    person TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('partial', 'whole', 'kept', 'gone')),
    name TEXT NOT NULL,
    size INTEGER NOT NULL CHECK (size >= 0),
    type TEXT NOT NULL DEFAULT '',
    width INTEGER,
    height INTEGER,
    preview INTEGER NOT NULL DEFAULT 0,
    made_ms INTEGER NOT NULL,
    CHECK ((offset IS NOT NULL) = (state = 'kept'))
) STRICT, WITHOUT ROWID;

CREATE INDEX file_of_person ON file (person, state, size);
CREATE INDEX file_of_message ON file (room, offset) WHERE offset IS NOT NULL;
CREATE INDEX loose_file ON file (made_ms) WHERE state IN ('partial', 'whole');
CREATE INDEX gone_file ON file (id) WHERE state = 'gone';
