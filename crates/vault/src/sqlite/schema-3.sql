-- It tells a vault from other files.
PRAGMA application_id = 0x746F6B6E;

ALTER TABLE token ADD COLUMN deliver INTEGER NOT NULL DEFAULT 0;
ALTER TABLE token ADD COLUMN deliver_fence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE token ADD COLUMN deliver_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE token ADD COLUMN deliver_span INTEGER NOT NULL DEFAULT 0;
ALTER TABLE token ADD COLUMN deliver_attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE token ADD COLUMN deliver_error TEXT;
ALTER TABLE token ADD COLUMN deliver_unproven_until INTEGER NOT NULL DEFAULT 0;

-- When the token dies; 0 where it does not, or where that was not noted before.
ALTER TABLE token ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;

-- What waits to be handed on.
DROP INDEX token_undelivered;
CREATE INDEX token_undelivered ON token (deliver_until) WHERE state = 'active' AND undelivered = 1;
