//! How a user is a row of a vault.

use std::time::SystemTime;

use deadpool_postgres::Transaction;
use tokenturn::{Secret, Timestamp};
use tokenturn_vault::{App, Entry, Kept, Progress, Ready, StoreError, Tokens};
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Json, ToSql};

use crate::error::store_error;

/// [`entry`] reads it.
pub(crate) const SELECT: &str = "SELECT id, login, github_token, created_at, token_generation, \
    token_changed_at, kept_answers, rotation FROM users WHERE github_token IS NOT NULL";

/// The users that a filter means. The filter is `$1` and the app of all tokens `$2`, both as JSON:
/// what the filter leaves open is NULL in it, and so is the comparison.
pub(crate) const MEANT: &str = "coalesce(id::text = $1::jsonb->>'id', TRUE)
    AND coalesce($2::jsonb->>'provider' = $1->>'provider', TRUE)
    AND coalesce($2->>'server' = $1->>'server', TRUE)
    AND coalesce($2->>'client_id' = $1->>'client_id', TRUE)
    AND coalesce(login = $1->>'label', TRUE)
    AND coalesce(rotation->>'state' = $1->>'state', TRUE)
    AND coalesce(rotation->>'undelivered' = $1->>'undelivered', TRUE)
    -- These tokens have no refresh tokens, so none of them is due.
    AND $1->>'due_within' IS NULL
    AND coalesce(token_changed_at
        <= clock_timestamp() - ($1->>'older_than')::bigint * interval '1 ms', TRUE)";

/// Those among them that are ready, as `Ready` says. `$3` is the number of a run, and `$4` when it began.
/// Times are in milliseconds by the database's clock, which all processes share.
pub(crate) fn ready(ready: Ready) -> String {
    let over = |until: &str, span: &str| {
        format!(
            "({until})::bigint - extract(epoch FROM clock_timestamp()) * 1000 \
             NOT BETWEEN 1 AND ({span})::bigint + 60000"
        )
    };
    let in_doubt = format!(
        "rotation->>'state' IN ('rotating', 'unknown') AND {}",
        over("rotation->>'until'", "rotation->>'span'")
    );
    match ready {
        Ready::InDoubt => format!("{in_doubt} AND $3::bigint = 0 AND $4::timestamptz IS NULL"),
        Ready::Undelivered => format!(
            "rotation->>'state' = 'active' AND (rotation->>'undelivered')::boolean \
             AND $3::bigint = 0 AND $4::timestamptz IS NULL AND {}",
            over(
                "coalesce(rotation->'delivery'->>'until', '0')",
                "coalesce(rotation->'delivery'->>'span', '0')"
            )
        ),
        Ready::ForRun { .. } => format!(
            "(rotation->>'run')::bigint < $3 AND (rotation->>'state' = 'active' AND NOT {CHANGED} \
             OR {in_doubt})"
        ),
    }
}

/// Whether an active row has changed since `$4`, and not by a clock that was ahead.
pub(crate) const CHANGED: &str =
    "(token_changed_at > $4::timestamptz AND token_changed_at <= clock_timestamp())";

/// Where the application encrypts tokens, it decrypts them here.
fn open(kept: String) -> Secret {
    Secret::new(kept)
}

/// Where the application encrypts tokens, it does so here, and finds them by a column with their hash.
fn seal(token: &Secret) -> String {
    token.expose().to_owned()
}

pub(crate) fn entry(row: &Row, app: &App) -> Result<Entry, StoreError> {
    let id: i64 = get(row, "id")?;
    let mut tokens = Tokens::github(open(get(row, "github_token")?));
    let kept = get::<Option<Vec<Vec<u8>>>>(row, "kept_answers")?;
    tokens.kept = kept.into_iter().flatten().map(Kept::new).collect();
    let mut entry =
        Entry::new(id.to_string(), app.clone(), tokens).with_label(get::<String>(row, "login")?);
    entry.generation = get::<i64>(row, "token_generation")?.cast_unsigned();
    entry.created_at = time(get(row, "created_at")?)?;
    entry.changed_at = time(get(row, "token_changed_at")?)?;
    entry.progress = get::<Json<Progress>>(row, "rotation")?.0;
    Ok(entry)
}

/// Whether another user has, or has had, this token: the events tell of those that were replaced. Who is to
/// store the same one meanwhile waits.
pub(crate) async fn is_another_users(
    transaction: &Transaction<'_>,
    id: i64,
    token: &Secret,
) -> Result<bool, StoreError> {
    let name = token.fingerprint().to_string();
    let lock = "SELECT pg_advisory_xact_lock(hashtext($1))";
    transaction
        .query_one(lock, &[&name])
        .await
        .map_err(store_error)?;
    let sql = "SELECT EXISTS (SELECT FROM token_events WHERE event->>'id' <> $2 \
        AND (event->>'new_fingerprint' = $1 OR event->>'old_fingerprint' = $1)) \
        OR EXISTS (SELECT FROM users WHERE github_token = $3 AND id <> $4) AS is_taken";
    let values: [&(dyn ToSql + Sync); 4] = [&name, &id.to_string(), &seal(token), &id];
    let found = transaction.query_one(sql, &values).await;
    get(&found.map_err(store_error)?, "is_taken")
}

/// Writes what has become of a row. `generation` is that of the token which stands there.
pub(crate) async fn save(
    transaction: &Transaction<'_>,
    id: i64,
    entry: &Entry,
    generation: u64,
) -> Result<(), StoreError> {
    let rotation = Json(&entry.progress);
    // Where the application encrypts tokens, it encrypts these, too.
    let kept: Vec<&[u8]> = entry.tokens.kept.iter().map(Kept::body).collect();
    let saved = if entry.generation == generation {
        let sql = "UPDATE users SET rotation = $2, kept_answers = $3 WHERE id = $1";
        transaction.execute(sql, &[&id, &rotation, &kept]).await
    } else {
        // An app whose tokens expire has columns for the rest of `Tokens`, too.
        let token = entry.tokens.token.as_ref().map(seal);
        let generation = entry.generation.cast_signed();
        let changed_at = SystemTime::from(entry.changed_at);
        let sql = "UPDATE users SET rotation = $2, github_token = $3, token_generation = $4, \
            token_changed_at = $5, kept_answers = $6 WHERE id = $1";
        let values: [&(dyn ToSql + Sync); 6] =
            [&id, &rotation, &token, &generation, &changed_at, &kept];
        transaction.execute(sql, &values).await
    };
    saved.map(drop).map_err(store_error)
}

pub(crate) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: &str) -> Result<T, StoreError> {
    row.try_get(column).map_err(store_error)
}

pub(crate) fn time(time: SystemTime) -> Result<Timestamp, StoreError> {
    Timestamp::try_from(time).map_err(|e| StoreError::other("a time cannot be read", e))
}
