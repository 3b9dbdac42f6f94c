-- A database as chatd kept it before there were accounts (user_version 2), written by that chatd: four guests, two rooms,
-- two conversations, a message from the tutorial's wire, read markers, and one who never said a word.
BEGIN TRANSACTION;

CREATE TABLE cid (
    author TEXT NOT NULL,
    cid TEXT NOT NULL,
    body_hash BLOB NOT NULL CHECK (length(body_hash) = 16),
    room INTEGER NOT NULL REFERENCES room (number),
    offset INTEGER NOT NULL,
    id TEXT NOT NULL,
    at_ms INTEGER NOT NULL, loose INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (author, cid)
) STRICT, WITHOUT ROWID;
INSERT INTO cid VALUES('k4jgobkyhv5xshxi','a1',X'442B5A43E3147B8072F09F94312D0607',1,1,'vlyrf6ji-1',1795548223396,0);
INSERT INTO cid VALUES('k4jgobkyhv5xshxi','a2',X'D6079EC33E146E0179C5D35DCAF04DC0',2,2,'vlyrf6ji-4',1795548223399,0);
INSERT INTO cid VALUES('k4jgobkyhv5xshxi','a3',X'D04789B09BAFF4808BD2E906A892E001',3,2,'vlyrf6ji-6',1795548223401,0);
CREATE INDEX loose_cid ON cid (at_ms) WHERE loose = 1;

CREATE TABLE event (
    room INTEGER NOT NULL REFERENCES room (number),
    offset INTEGER NOT NULL CHECK (offset > 0),
    commit_number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    author TEXT NOT NULL,
    author_name TEXT NOT NULL,
    via TEXT NOT NULL,
    text TEXT NOT NULL,
    cid TEXT,
    reply_to INTEGER,
    deleted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (room, offset)
) STRICT, WITHOUT ROWID;
INSERT INTO event VALUES(1,1,1,'message','vlyrf6ji-1',1795548223396,'k4jgobkyhv5xshxi','ada','','hello','a1',NULL,0);
INSERT INTO event VALUES(1,2,2,'message','vlyrf6ji-2',1795548223397,'lf3clkis7v2sdnb7','bob','','hi ada',NULL,1,0);
INSERT INTO event VALUES(1,3,8,'message','vlyrf6ji-8',1795548223407,'tzrodrhsgmf4cidz','Tina','tutorial','from the tutorial',NULL,NULL,0);
INSERT INTO event VALUES(2,1,3,'message','vlyrf6ji-3',1795548223398,'eo2lu2g36hbcl33f','cleo','','roses 🌹',NULL,NULL,0);
INSERT INTO event VALUES(2,2,4,'message','vlyrf6ji-4',1795548223399,'k4jgobkyhv5xshxi','ada','','zweite Zeile
und ''Anführung''','a2',NULL,0);
INSERT INTO event VALUES(3,1,5,'message','vlyrf6ji-5',1795548223400,'lf3clkis7v2sdnb7','bob','','psst',NULL,NULL,0);
INSERT INTO event VALUES(3,2,6,'message','vlyrf6ji-6',1795548223401,'k4jgobkyhv5xshxi','ada','','yes?','a3',NULL,0);
INSERT INTO event VALUES(4,1,7,'message','vlyrf6ji-7',1795548223402,'eo2lu2g36hbcl33f','cleo','','only us',NULL,NULL,0);

CREATE TABLE person (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    made_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    kept INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO person VALUES('4wdsaoxba3n7n7jq','silent',X'8BA4B69812939D03DA2825A53440801A5800943621C131000A066C3EDDAF1257',1795548223391,1795548224910,0);
INSERT INTO person VALUES('eo2lu2g36hbcl33f','cleo',X'00788DA22F062E778FFFA5B35FF5166B1223F734E47EB287BB924B8F923557CD',1795548223389,1795548224910,1);
INSERT INTO person VALUES('k4jgobkyhv5xshxi','countess',X'7193033AAD6ADB3064153B1A5A656FB169ABD315DF1C7735DA9671B307ACEACF',1795548223381,1795548224910,1);
INSERT INTO person VALUES('lf3clkis7v2sdnb7','bob',X'198B0EAE561529924326DE169312257CFD365EC8BFE9472A4CE89DB89A2A3CBA',1795548223386,1795548224910,1);
CREATE INDEX fleeting_person ON person (seen_ms) WHERE kept = 0;

CREATE TABLE private_room (
    person TEXT NOT NULL REFERENCES person (id),
    peer TEXT NOT NULL,
    room INTEGER NOT NULL REFERENCES room (number),
    PRIMARY KEY (person, peer)
) STRICT, WITHOUT ROWID;
INSERT INTO private_room VALUES('eo2lu2g36hbcl33f','k4jgobkyhv5xshxi',4);
INSERT INTO private_room VALUES('k4jgobkyhv5xshxi','eo2lu2g36hbcl33f',4);
INSERT INTO private_room VALUES('k4jgobkyhv5xshxi','lf3clkis7v2sdnb7',3);
INSERT INTO private_room VALUES('lf3clkis7v2sdnb7','k4jgobkyhv5xshxi',3);

CREATE TABLE read_marker (
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    room INTEGER NOT NULL REFERENCES room (number),
    offset INTEGER NOT NULL,
    PRIMARY KEY (person, room)
) STRICT, WITHOUT ROWID;
INSERT INTO read_marker VALUES('k4jgobkyhv5xshxi',1,2);
INSERT INTO read_marker VALUES('lf3clkis7v2sdnb7',2,1);

CREATE TABLE room (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    topic TEXT NOT NULL DEFAULT '',
    head INTEGER NOT NULL DEFAULT 0,
    first INTEGER NOT NULL DEFAULT 1,
    last_commit INTEGER NOT NULL DEFAULT 0, messages INTEGER NOT NULL DEFAULT 0,
    CHECK (first BETWEEN 1 AND head + 1)
) STRICT;
INSERT INTO room VALUES(1,'lobby','public','lobby','',3,1,8,3);
INSERT INTO room VALUES(2,'garden','public','Garden','',2,1,4,2);
INSERT INTO room VALUES(3,'@k4jgobkyhv5xshxi:lf3clkis7v2sdnb7','private','','',2,1,6,2);
INSERT INTO room VALUES(4,'@eo2lu2g36hbcl33f:k4jgobkyhv5xshxi','private','','',1,1,7,1);
CREATE UNIQUE INDEX public_room ON room (key) WHERE kind = 'public';

CREATE TABLE store (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    epoch TEXT NOT NULL,
    commits INTEGER NOT NULL
) STRICT;
INSERT INTO store VALUES(1,'3aqlydfwjpijhq24',8);

PRAGMA user_version=2;
PRAGMA application_id=1667789924;

COMMIT TRANSACTION;
