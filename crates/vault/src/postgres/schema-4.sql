ALTER TABLE tokenturn.token
    -- Since when and why its user has to authorize the app again; 0 where that is not so.
    ADD COLUMN ended_since BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN ended_why TEXT,
    -- Until when it is to be refreshed; 0 where that was not noted before.
    ADD COLUMN refresh_by BIGINT NOT NULL DEFAULT 0;
-- Those that are never to be are not in it.
CREATE INDEX token_refresh ON tokenturn.token (refresh_by)
    WHERE state = 'active' AND refresh_by < 2305843009213693951;

-- A refresh may bring back what was taken for dead. It is not to bring back what was revoked on demand, as
-- what the history does not tell of may have been.
UPDATE tokenturn.token SET ended_since = changed_at, ended_why = 'revoked'
    WHERE state IN ('lost', 'revoked') AND COALESCE(
        (SELECT what FROM tokenturn.event WHERE event.id = token.id ORDER BY number DESC LIMIT 1), ''
    ) NOT IN ('invalid', 'lost')
