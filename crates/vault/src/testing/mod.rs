//! The suite that the engines of this crate pass, for a [`Store`](crate::Store) of your own.
//!
//! ```no_run
//! use tokenturn_vault::{Store, Vault, testing};
//!
//! # async fn run<MyStore: Store>(my_store_with: impl AsyncFn(usize) -> [MyStore; 2]) {
//! // Each time another one, with rows in it, as two processes see it.
//! let fresh = async || my_store_with(testing::ROWS).await.map(Vault::new);
//! testing::reads(&fresh).await;
//! testing::changes(&fresh).await;
//! testing::runs(&fresh).await;
//! # }
//! ```
//!
//! `fresh` makes two vaults over one store that nobody else uses. In it are [`ROWS`] rows of one app, each with
//! a token of its own, that nothing has happened to. For [`inserts`] there is none. Each part panics where the
//! store does not do what [`Store`](crate::Store) says, and says what that was.

mod changes;
mod inserts;
mod reads;
mod runs;

use std::time::Duration;

use crate::change::{Change, Claim, Condition, End, Kind, Reply};
use crate::entry::Entry;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::store::Changed;
use crate::tokens::Tokens;
use crate::vault::{Own, Vault};

pub use changes::changes;
pub use inserts::inserts;
pub use reads::reads;
pub use runs::runs;

/// How many rows there have to be.
pub const ROWS: usize = 6;

const ACTOR: &str = "the suite";
const HOUR: Duration = Duration::from_secs(3600);

/// Two vaults over one store, and its rows.
struct World {
    one: Vault,
    two: Vault,
    rows: Vec<Entry>,
}

impl World {
    async fn new(fresh: &impl AsyncFn() -> [Vault; 2]) -> Self {
        let [one, two] = fresh().await;
        let rows = page(&one, &Filter::new()).await;
        assert_eq!(rows.len(), ROWS, "so many rows have to be there at first");
        Self { one, two, rows }
    }

    /// A row as another process reads it.
    async fn row(&self, number: usize) -> Entry {
        let row = ok(self.two.store.get(&self.rows[number].id).await);
        row.expect("the row is there")
    }
}

fn ok<T>(result: Result<T, StoreError>) -> T {
    result.unwrap_or_else(|error| panic!("the store has failed: {}", crate::error::whole(&error)))
}

/// What a filter means, as one page.
async fn page(vault: &Vault, filter: &Filter) -> Vec<Entry> {
    let rows = ok(vault.store.page(filter, None, 100).await);
    rows.into_iter().map(ok).collect()
}

fn claiming(entry: &Entry, condition: Condition, deliver: bool) -> Change {
    let kind = Kind::Claim {
        app: entry.app.clone(),
        lease: HOUR,
        condition,
        own: Own::default(),
        deliver,
        revokes: false,
    };
    Change::new(ACTOR, kind)
}

async fn changed(vault: &Vault, id: &str, change: Change) -> Changed {
    let changed = ok(vault.store.change(id, change).await);
    changed.unwrap_or_else(|| panic!("there is a row {id:?}"))
}

async fn claim(vault: &Vault, entry: &Entry, deliver: bool) -> Claim {
    let claiming = claiming(entry, Condition::Generation(entry.generation), deliver);
    match changed(vault, &entry.id, claiming).await.applied.reply {
        Reply::Claimed(claim) => claim,
        reply => panic!("{:?} is free and is not claimed: {reply:?}", entry.id),
    }
}

fn settling(claim: Claim, end: End, run: Option<u64>) -> Change {
    let kind = Kind::Settle {
        claim,
        end,
        run,
        request_id: Some("C0DE:1".into()),
    };
    Change::new(ACTOR, kind)
}

/// Claims a row and settles it.
async fn settle(
    vault: &Vault,
    entry: &Entry,
    deliver: bool,
    end: End,
    run: Option<u64>,
) -> Changed {
    let claim = claim(vault, entry, deliver).await;
    changed(vault, &entry.id, settling(claim, end, run)).await
}

/// The same row with another token.
fn replaced(entry: &Entry, token: &str) -> End {
    End::Replaced {
        tokens: with_token(entry, token),
        is_unproven: false,
    }
}

fn with_token(entry: &Entry, token: &str) -> Tokens {
    Tokens {
        token: Some(token.into()),
        kept: Vec::new(),
        ..entry.tokens.clone()
    }
}
