-- What entries of the index are made of follows from a text and from what is known of its characters: the version of
-- Unicode by which they were made. See chatd/store/sqlite_index.py, which makes them anew if it is another one; `old` is
-- how much of the index before that is still there (see chatd/store/sqlite_leaving.py).
ALTER TABLE indexed ADD COLUMN unicode TEXT NOT NULL DEFAULT '';
ALTER TABLE indexed ADD COLUMN old INTEGER NOT NULL DEFAULT 0;
