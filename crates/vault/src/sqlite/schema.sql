CREATE TABLE vault (
    probe BLOB NOT NULL
) STRICT;

CREATE TABLE token (
    id          TEXT PRIMARY KEY NOT NULL,
    provider    TEXT NOT NULL,
    server      TEXT NOT NULL,
    client_id   TEXT NOT NULL,
    label       TEXT,
    sealed      BLOB NOT NULL,
    generation  INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    state       TEXT NOT NULL,
    fence       INTEGER NOT NULL,
    owner       TEXT,
    until       INTEGER NOT NULL,
    span        INTEGER NOT NULL,
    run         INTEGER NOT NULL,
    doubts      INTEGER NOT NULL,
    undelivered INTEGER NOT NULL
) STRICT;
-- What a fleet run looks for. Few rows are in doubt at a time, so their index stays small.
CREATE INDEX token_active ON token (run) WHERE state = 'active';
CREATE INDEX token_in_doubt ON token (run) WHERE state IN ('rotating', 'unknown');
CREATE INDEX token_undelivered ON token (id) WHERE undelivered = 1;

CREATE TABLE event (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    what       TEXT NOT NULL,
    generation INTEGER NOT NULL,
    old        TEXT,
    new        TEXT,
    reason     TEXT,
    request_id TEXT
) STRICT;
CREATE INDEX event_by_id ON event (id, number);

CREATE TABLE run (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    filter   TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;

CREATE TABLE pace (
    app     TEXT PRIMARY KEY NOT NULL,
    next    INTEGER NOT NULL,
    written INTEGER NOT NULL
) STRICT;
