//! Durable rotation of OAuth tokens, one or a million, by one process or many machines.

mod app;
mod change;
mod entry;
mod error;
mod event;
mod exposure;
mod filter;
mod key;
mod seal;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod time;
mod tokens;

pub use app::{App, NotAProvider, Provider};
pub use change::{Action, Applied, Change};
pub use entry::{Entry, NotAState, Progress, State};
pub use error::StoreError;
pub use event::{Event, What};
pub use filter::Filter;
pub use key::{KEY_VARIABLE, Key, KeyFile};
pub use store::{Answer, Changed, Entries, Ready, Run, RunCount, Store};
pub use tokens::Tokens;
