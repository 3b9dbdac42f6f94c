-- What messages are found by. See chatd/store/sqlite_index.py, which alone writes it.

CREATE INDEX message_by_commit ON event (commit_number) WHERE kind = 'message';

-- Words, and in `marks` who wrote a message, where, and what it has. There is no text in it but the words: what an
-- entry was made of is needed to take it out again, and then nothing of it is left.
CREATE VIRTUAL TABLE word USING fts5 (
    text, marks, content = '', columnsize = 0,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* Co'"
);
INSERT INTO word (word, rank) VALUES ('secure-delete', 1), ('automerge', 8);

-- Every three characters that follow each other: which messages have them, and not where.
CREATE VIRTUAL TABLE part USING fts5 (
    text, content = '', columnsize = 0, detail = 'none', tokenize = "trigram"
);
INSERT INTO part (part, rank) VALUES ('secure-delete', 1), ('automerge', 12);

-- The messages with `low` < commit_number <= `high` are indexed, but for those in `due`. What was there before is
-- indexed backwards, so that what is new is found first.
CREATE TABLE indexed (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    low INTEGER NOT NULL,
    high INTEGER NOT NULL
) STRICT;

INSERT INTO indexed SELECT 1, commits, commits FROM (SELECT coalesce(max(commits), 0) AS commits FROM store);

CREATE TABLE due (
    commit_number INTEGER PRIMARY KEY
) STRICT;
