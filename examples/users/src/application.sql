-- The table as the application has it, and knows nothing of rotations.
CREATE TABLE users (
    id           bigserial PRIMARY KEY,
    login        text NOT NULL UNIQUE,
    github_token text,
    created_at   timestamptz NOT NULL DEFAULT now()
);
