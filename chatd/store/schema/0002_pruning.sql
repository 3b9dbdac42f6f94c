-- What pruning has to know without counting or searching.

-- How many of a room's kept events are messages. Until now all of them were.
ALTER TABLE room ADD COLUMN messages INTEGER NOT NULL DEFAULT 0;
UPDATE room SET messages = head - first + 1;

-- `loose`: its message is no longer kept, so the cid may be forgotten when it is old enough. There are few of these,
-- and a cid that is kept costs nothing in their index.
ALTER TABLE cid ADD COLUMN loose INTEGER NOT NULL DEFAULT 0;
CREATE INDEX loose_cid ON cid (at_ms) WHERE loose = 1;
