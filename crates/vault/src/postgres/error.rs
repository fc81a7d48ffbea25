//! What an error of PostgreSQL means.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use deadpool::managed::{PoolError, TimeoutType};
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use super::connect::{other_name, refusal};
use crate::error::{StoreError, StoreErrorKind, whole};

pub(super) fn store_error(error: Error) -> StoreError {
    let said = said(&error);
    match passes(&error) {
        Some(message) => StoreError::unavailable(message, said),
        None if is_of_single_statements(&error) => StoreError::other(
            "the pooler before the database takes no transactions: set pool_mode=transaction (or \
             session) in it",
            said,
        ),
        None => match error.code().map(SqlState::code) {
            Some("42P01" | "42703") => {
                let message = "the vault in the database is damaged: a table or a column of it is missing. \
                               Restore it from a backup, and run tokenturn check --all";
                StoreError::new(StoreErrorKind::Damaged, message).because(said)
            }
            Some("22P05") => StoreError::other(
                "the encoding of the database is another one than UTF8, and cannot tell all names: move the \
                 vault by vault copy into a database with ENCODING 'UTF8'",
                said,
            ),
            _ => StoreError::other("the database could not do it", said),
        },
    }
}

pub(super) fn pool_error(error: PoolError<Error>) -> StoreError {
    let busy = "all connections of this process to the database are in use";
    let silent = "the database did not answer";
    match error {
        PoolError::Backend(error) => connect_error(error),
        PoolError::Timeout(TimeoutType::Wait) => unavailable(busy),
        PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => unavailable(silent),
        error => StoreError::other("the database cannot be used", error.to_string()),
    }
}

pub(super) fn no_answer(patience: Duration) -> StoreError {
    let seconds = patience.as_secs();
    unavailable(&format!(
        "the database has not done it within {seconds} seconds"
    ))
}

/// With its runtime: what it did may be committed.
pub(super) fn task_ended() -> StoreError {
    unavailable("the task that asked the database has ended")
}

fn connect_error(error: Error) -> StoreError {
    let is_unreached = error.as_db_error().is_none() && !is_about_content(&error);
    let unreached = is_unreached.then_some("the database cannot be reached");
    match unreached.or_else(|| passes(&error)) {
        Some(message) => StoreError::unavailable(message, said(&error)),
        None => StoreError::other(refusal(&error), said(&error)),
    }
}

pub(super) fn unavailable(message: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, message)
}

/// What to say about an error that may pass by itself.
fn passes(error: &Error) -> Option<&'static str> {
    let Some(code) = error.code() else {
        let is_cut = error.is_closed() || (io_error(error).is_some() && !is_about_content(error));
        return is_cut.then_some("the connection to the database was lost");
    };
    if is_about_names(error) {
        return Some(MOVED);
    }
    Some(match code.code() {
        "53100" => "the disk of the database is full",
        "53300" => "the database takes no more connections",
        "57P04" => return None,
        PGBOUNCER if is_refusal_of_pgbouncer(error) => return None,
        "40001" | "40P01" => "the database took it back for the sake of another transaction",
        "55P03" | "57014" => "the database gave up waiting",
        "25006" => "the database takes no changes just now",
        "25P03" => "the connection to the database was idle for too long",
        "58030" => "the database cannot use its disk",
        code if code.starts_with("08") => "the connection to the database was lost",
        code if code.starts_with("53") => "the database has no room",
        code if code.starts_with("57P") => "the database is starting or stopping",
        _ => return None,
    })
}

/// What is said of a connection that has got another session, or whose tables were changed.
pub(super) const MOVED: &str =
    "the connection to the database was given another session, or its tables have changed";

/// Whether a name is missing, or taken, which is so in another session alone, or stands for what a table is
/// not like any more.
pub(super) fn is_about_names(error: &Error) -> bool {
    let is_stale = |error: &DbError| error.routine() == Some("RevalidateCachedQuery");
    let codes = [
        &SqlState::INVALID_SQL_STATEMENT_NAME,
        &SqlState::DUPLICATE_PSTATEMENT,
    ];
    error
        .as_db_error()
        .is_some_and(|e| codes.contains(&e.code()) || is_stale(e))
}

/// Whatever PgBouncer has to say (1.18), it says under this code. That the server is away passes.
const PGBOUNCER: &str = "08P01";

fn is_refusal_of_pgbouncer(error: &Error) -> bool {
    let message = error.as_db_error().map_or("", DbError::message);
    is_of_single_statements(error)
        || message == "SSL required"
        || names_the_user(message)
        || [
            "no such ",
            "unsupported startup parameter",
            "bouncer config error",
        ]
        .iter()
        .any(|begins| message.starts_with(begins))
        || ["authentication failed", "does not exist"]
            .iter()
            .any(|ends| message.ends_with(ends))
}

fn is_of_single_statements(error: &Error) -> bool {
    let message = error.as_db_error().map_or("", DbError::message);
    message.contains("statement pooling mode")
}

/// What the server has said to PgBouncer, which is for whoever sets that up.
fn names_the_user(message: &str) -> bool {
    message.contains("authentication failed for user") || message.contains("pg_hba.conf")
}

/// The library's own text leaves out what the server said.
fn said(error: &Error) -> String {
    if let Some(error) = error.as_db_error() {
        let code = error.code().code();
        // Whom the server does not let in, it names.
        if code.starts_with("28") || code == "53300" {
            return format!("SQLSTATE {code}");
        }
        let message = match code {
            // As above, behind the colon.
            PGBOUNCER => {
                let message = error.message().split(':').next().unwrap_or_default();
                match names_the_user(message) {
                    true => message.split(" for ").next().unwrap_or_default(),
                    false => message,
                }
            }
            _ => error.message(),
        };
        return format!("{message} (SQLSTATE {code})");
    }
    if let Some(names) = other_name(error) {
        return names;
    }
    whole(error)
}

/// A certificate that nobody trusts, say: that does not pass.
fn is_about_content(error: &Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput};

    match io_error(error) {
        Some(error) => matches!(error.kind(), InvalidData | InvalidInput),
        // Such as a password that is missing. A timeout has no source.
        None => error.source().is_some(),
    }
}

fn io_error(error: &Error) -> Option<&io::Error> {
    error.source()?.downcast_ref()
}
