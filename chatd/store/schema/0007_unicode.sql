-- What entries of the index are made of follows from a text and from what is known of its characters: the version of
-- Unicode by which they were made. See chatd/store/sqlite_index.py, which makes them anew if it is another one.
ALTER TABLE indexed ADD COLUMN unicode TEXT NOT NULL DEFAULT '';
