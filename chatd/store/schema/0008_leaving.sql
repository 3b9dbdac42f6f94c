-- What is to be taken out of the index a little at a time, in this order: of a message words with its marks, or parts.
CREATE TABLE leaving (
    number INTEGER PRIMARY KEY,
    commit_number INTEGER NOT NULL,
    words TEXT,
    marks TEXT,
    parts TEXT
) STRICT;

CREATE INDEX leaving_of_message ON leaving (commit_number);
