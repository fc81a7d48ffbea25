//! What an error of the database means to a vault.

use std::error::Error as _;
use std::io;

use deadpool_postgres::PoolError;
use tokenturn_vault::StoreError;
use tokio_postgres::Error;

/// What passes by itself is asked again, and a run waits for it.
pub(crate) fn store_error(error: Error) -> StoreError {
    let (passes, said) = match error.as_db_error() {
        // Not the detail that comes with it, which may quote a row. The classes are those of
        // appendix A of PostgreSQL's manual.
        Some(said) => {
            let class = said.code().code().get(..2).unwrap_or_default();
            let passes = ["08", "25", "40", "53", "55", "57", "58"].contains(&class);
            (passes, said.message().to_owned())
        }
        None => {
            let is_io = error
                .source()
                .is_some_and(|source| source.is::<io::Error>());
            (error.is_closed() || is_io, error.to_string())
        }
    };
    match passes {
        true => StoreError::unavailable("the database is away", said),
        false => StoreError::other("the database could not do it", said),
    }
}

pub(crate) fn pool_error(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) => store_error(error),
        error => StoreError::unavailable("there is no connection", error.to_string()),
    }
}
