-- Where a token was stored before: no two rows get one.
CREATE INDEX event_by_new ON tokenturn.event (left(new, 16)) WHERE new IS NOT NULL
