-- Since when and why its user has to authorize the app again; 0 where that is not so.
ALTER TABLE token ADD COLUMN ended_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE token ADD COLUMN ended_why TEXT;

-- Until when it is to be refreshed; 0 where that was not noted before.
ALTER TABLE token ADD COLUMN refresh_by INTEGER NOT NULL DEFAULT 0;
-- Those that are never to be are not in it.
CREATE INDEX token_refresh ON token (refresh_by)
    WHERE state = 'active' AND refresh_by < 2305843009213693951;

-- A refresh may bring back what was taken for dead. It is not to bring back what was revoked on demand, as
-- what the history does not tell of may have been.
UPDATE token SET ended_since = changed_at, ended_why = 'revoked'
    WHERE state IN ('lost', 'revoked') AND COALESCE(
        (SELECT what FROM event WHERE event.id = token.id ORDER BY number DESC LIMIT 1), ''
    ) NOT IN ('invalid', 'lost');
