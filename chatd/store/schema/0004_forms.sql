-- What becomes of messages after they were said, whom they call for, and how much of a room somebody wants to hear.

-- `edited_ms`: when the author changed it last. `changed`: the offset of the last event that is about it. `mentions`: the
-- ids of those whom it calls for, with a space between, and `*` for everybody. An edit has its message's offset in
-- `reply_to` as long as it is the last.
ALTER TABLE event ADD COLUMN edited_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE event ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE event ADD COLUMN mentions TEXT NOT NULL DEFAULT '';

CREATE INDEX edit ON event (room, reply_to) WHERE kind = 'edited';

-- In the order in which they were given; `name` is the person's of that time.
CREATE TABLE reaction (
    room INTEGER NOT NULL REFERENCES room (number),
    offset INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    given INTEGER NOT NULL,
    PRIMARY KEY (room, offset, emoji, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE pin (
    room INTEGER NOT NULL REFERENCES room (number),
    offset INTEGER NOT NULL,
    given INTEGER NOT NULL,
    PRIMARY KEY (room, offset)
) STRICT, WITHOUT ROWID;

-- `person` is '' where everybody is called.
CREATE TABLE mention (
    person TEXT NOT NULL,
    room INTEGER NOT NULL REFERENCES room (number),
    offset INTEGER NOT NULL,
    PRIMARY KEY (person, room, offset)
) STRICT, WITHOUT ROWID;

CREATE INDEX mention_of_message ON mention (room, offset);

CREATE TABLE notice (
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    room INTEGER NOT NULL REFERENCES room (number),
    level TEXT NOT NULL,
    PRIMARY KEY (person, room)
) STRICT, WITHOUT ROWID;
