-- Since when and why its user has to authorize the app again; 0 where that is not so.
ALTER TABLE token ADD COLUMN ended_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE token ADD COLUMN ended_why TEXT;

-- Until when it is to be refreshed; 0 where that was not noted before.
ALTER TABLE token ADD COLUMN refresh_by INTEGER NOT NULL DEFAULT 0;
-- Those that are never to be are not in it.
CREATE INDEX token_refresh ON token (refresh_by)
    WHERE state = 'active' AND refresh_by < 2305843009213693951;
