CREATE TABLE tokenturn.vault (
    one   BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    probe BYTEA NOT NULL
);

-- Names are compared byte by byte, whatever the language of the database.
CREATE TABLE tokenturn.token (
    id          TEXT COLLATE "C" PRIMARY KEY,
    provider    TEXT NOT NULL,
    server      TEXT NOT NULL,
    client_id   TEXT NOT NULL,
    label       TEXT,
    sealed      BYTEA NOT NULL,
    generation  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL,
    state       TEXT NOT NULL,
    fence       BIGINT NOT NULL,
    owner       TEXT,
    until       BIGINT NOT NULL,
    span        BIGINT NOT NULL,
    run         BIGINT NOT NULL,
    doubts      BIGINT NOT NULL,
    undelivered BIGINT NOT NULL
);
-- In the order in which a run asks for them, so that it finds the next ones whatever is known of
-- the table.
CREATE INDEX token_active ON tokenturn.token (run) WHERE state = 'active';
CREATE INDEX token_in_doubt ON tokenturn.token (run) WHERE state IN ('rotating', 'unknown');
CREATE INDEX token_undelivered ON tokenturn.token (id) WHERE undelivered = 1;

CREATE TABLE tokenturn.event (
    number     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    actor      TEXT NOT NULL,
    what       TEXT NOT NULL,
    generation BIGINT NOT NULL,
    old        TEXT,
    new        TEXT,
    reason     TEXT,
    request_id TEXT
);
CREATE INDEX event_by_id ON tokenturn.event (id, number);

CREATE TABLE tokenturn.run (
    number   BIGINT PRIMARY KEY,
    filter   TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    ended_at BIGINT
);

CREATE TABLE tokenturn.pace (
    app     TEXT PRIMARY KEY,
    next    BIGINT NOT NULL,
    written BIGINT NOT NULL
);
