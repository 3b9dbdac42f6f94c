-- Of a room what is no change of a message: what was said, and what was done to the room and its people. However many
-- reactions lie between two messages, the one is found from the other at once.
CREATE INDEX said ON event (room, offset) WHERE kind NOT IN ('edited', 'deleted', 'reacted', 'pinned');
