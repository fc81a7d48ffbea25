ALTER TABLE tokenturn.token
    ADD COLUMN deliver BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN deliver_fence BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN deliver_until BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN deliver_span BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN deliver_attempts BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN deliver_error TEXT,
    ADD COLUMN deliver_unproven_until BIGINT NOT NULL DEFAULT 0,
    -- When the token dies; 0 where it does not, or where that was not noted before.
    ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;

-- What waits to be handed on.
DROP INDEX tokenturn.token_undelivered;
CREATE INDEX token_undelivered ON tokenturn.token (deliver_until)
    WHERE state = 'active' AND undelivered = 1
