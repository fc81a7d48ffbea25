#![doc = include_str!("../README.md")]
// An example warns as a user's own code would; only its functions are called by nobody.
#![doc(test(attr(deny(warnings), allow(dead_code))))]
// docs.rs says which feature an item is of.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod app;
mod change;
mod client;
mod ended;
mod entry;
mod error;
mod event;
mod exposure;
mod filter;
mod fleet;
mod kept;
mod key;
mod life;
mod overview;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod seal;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
pub mod testing;
mod time;
mod tokens;
mod turn;
mod vault;

pub use app::{App, NotAProvider, Provider};
pub use change::{Action, Applied, Change};
pub use client::{Client, Standing, VaultProvider};
pub use ended::{Ended, Why};
pub use entry::{Delivery, Entry, NotAState, Progress, State};
pub use error::{StoreError, VaultError};
pub use event::{Event, What};
pub use filter::Filter;
pub use fleet::{
    AppPlan, Deliver, Fleet, FleetOptions, Outcome, Plan, Settled, Status, Stop, Stopper, Summary,
};
pub use kept::Kept;
#[cfg(feature = "keyring")]
pub use key::Keyring;
pub use key::{KEY_VARIABLE, Key, KeyFile};
pub use overview::{AppOverview, NotDelivered, OpenRun, Overview};
pub use store::{Answer, Changed, Entries, Ready, Rekeyed, Run, RunCount, Store};
pub use tokens::Tokens;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use vault::Copied;
pub use vault::{
    AccessToken, Fault, History, Listing, Rotation, Vault, VaultBuilder, VaultSink, Verified,
};
