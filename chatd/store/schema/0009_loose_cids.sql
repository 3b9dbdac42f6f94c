-- The cid of a message that was deleted or wiped is loose from then on. Until now it was never forgotten, since a message
-- without its text does not know it any more when it is pruned.
UPDATE cid SET loose = 1
WHERE loose = 0 AND NOT EXISTS (
    SELECT 1 FROM event WHERE event.room = cid.room AND event.offset = cid.offset AND event.cid IS cid.cid
);
