-- What rotations add. The defaults rewrite nothing: this is quick on any number of users.
ALTER TABLE users
    ADD COLUMN IF NOT EXISTS token_generation bigint NOT NULL DEFAULT 1,
    ADD COLUMN IF NOT EXISTS token_changed_at timestamptz NOT NULL DEFAULT now(),
    -- Answers that may have a new token in them, as long as the outcome of a call is in doubt.
    ADD COLUMN IF NOT EXISTS kept_answers bytea[],
    -- `tokenturn_vault::Progress`, whole, so that every row has what queries ask for.
    ADD COLUMN IF NOT EXISTS rotation jsonb NOT NULL DEFAULT
        '{"state": "active", "until": 0, "span": 0, "run": 0, "undelivered": false}';

-- The order in which a run asks for rows: those that it is through with come last.
CREATE INDEX IF NOT EXISTS users_by_run ON users (((rotation->>'run')::bigint))
    WHERE github_token IS NOT NULL;
-- Whose a token is: no two users get one.
CREATE INDEX IF NOT EXISTS users_by_token ON users USING hash (github_token);

-- The application goes on to write tokens as it always did, after a login. That is another
-- generation: whoever replaces the old token just now does not overwrite the new one.
CREATE OR REPLACE FUNCTION token_was_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.token_generation := OLD.token_generation + 1;
    NEW.token_changed_at := now();
    NEW.rotation := OLD.rotation || '{"state": "active", "doubts": 0, "undelivered": false}';
    RETURN NEW;
END
$$;
DROP TRIGGER IF EXISTS token_was_written ON users;
CREATE TRIGGER token_was_written BEFORE UPDATE OF github_token ON users FOR EACH ROW
    WHEN (NEW.github_token IS DISTINCT FROM OLD.github_token
          AND NEW.token_generation = OLD.token_generation)
    EXECUTE FUNCTION token_was_written();

CREATE TABLE IF NOT EXISTS token_runs (
    number   bigserial PRIMARY KEY,
    filter   jsonb NOT NULL,
    began_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);

CREATE TABLE IF NOT EXISTS token_events (
    number bigserial PRIMARY KEY,
    event  jsonb NOT NULL
);
CREATE INDEX IF NOT EXISTS token_events_by_user ON token_events ((event->>'id'), number);
CREATE INDEX IF NOT EXISTS token_events_by_new ON token_events ((event->>'new_fingerprint'));
CREATE INDEX IF NOT EXISTS token_events_by_old ON token_events ((event->>'old_fingerprint'));
