-- What was decided about people and rooms, and the tokens and passwords by which people are known.

-- Of each room ('' is the whole server), subject (a person, '=' and an address, or '' for the room itself) and field, the
-- value that was given last. See `Change` in chatd/core/events.py.
CREATE TABLE standing (
    room TEXT NOT NULL,
    subject TEXT NOT NULL,
    field TEXT NOT NULL,
    value ANY NOT NULL,
    PRIMARY KEY (room, subject, field)
) STRICT, WITHOUT ROWID;

-- A person has as many tokens as they have signed in; a guest has one. `label` says to them which one it is.
CREATE TABLE token (
    hash BLOB PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    label TEXT NOT NULL DEFAULT '',
    made_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX token_of_person ON token (person);

INSERT INTO token (hash, person, made_ms, seen_ms) SELECT token_hash, id, made_ms, seen_ms FROM person;

-- `password` is argon2id's encoded form; NULL for who has no account, and for one that is not entered by a password.
CREATE TABLE somebody (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    password TEXT,
    made_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    kept INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

INSERT INTO somebody (id, name, made_ms, seen_ms, kept) SELECT id, name, made_ms, seen_ms, kept FROM person;
DROP TABLE person;
ALTER TABLE somebody RENAME TO person;
CREATE INDEX fleeting_person ON person (seen_ms) WHERE kept = 0;

-- Whom somebody does not want to hear.
CREATE TABLE ignored (
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    other TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    PRIMARY KEY (person, other)
) STRICT, WITHOUT ROWID;

CREATE INDEX ignored_by ON ignored (other);

-- Links by which somebody may sign up: so many times, and so long.
CREATE TABLE link (
    hash BLOB PRIMARY KEY,
    maker TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    uses INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX link_of_maker ON link (maker);
