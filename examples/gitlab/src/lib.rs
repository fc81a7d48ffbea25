//! A provider of one's own: GitLab's personal access tokens, in the front door and in a vault.
//!
//! `gitlab.yaml` describes the three calls, `build.rs` makes a client of it, and [`GitLab`] says what its
//! answers mean: [`tokenturn::Provider`] for [`rotate`](tokenturn::rotate) and
//! [`recover`](tokenturn::recover), [`VaultProvider`](tokenturn_vault::VaultProvider) for vaults and fleets.
//!
//! ```no_run
//! use std::time::Duration;
//! use tokenturn_example_gitlab::GitLab;
//! use tokenturn_vault::{Client, Entry, Filter, FleetOptions, KeyFile, Tokens, Vault};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::from(GitLab::new("https://gitlab.com/api/v4")?);
//! let key = KeyFile::new("tokens.key").read_or_create()?;
//! // So long GitLab may take over a call whose answer did not come: it ends requests after 60 seconds.
//! let vault = Vault::builder().leave_alone(Duration::from_secs(60));
//! let vault = vault.sqlite("tokens.db", &key).await?;
//! let token = Tokens::new(std::env::var("GITLAB_TOKEN")?);
//! vault.put(Entry::new("ci", client.app(), token)).await?;
//! let mut fleet = vault.rotate_all([client], Filter::new(), FleetOptions::new()).await?;
//! while let Some(settled) = fleet.next().await {
//!     println!("{}: {}", settled.id, settled.outcome);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! GitLab has a rule that the two others have not: a token that is rotated when it is dead already is taken
//! for stolen, and GitLab revokes whatever it was replaced with (`gitlab.yaml` has the sources). So an unknown
//! outcome is never followed by another rotation but by a question, as [`VaultProvider`] has it unless a
//! provider says otherwise, and each rotation is preceded by one.
//!
//! [`VaultProvider`]: tokenturn_vault::VaultProvider

mod answer;
mod provider;

pub use provider::GitLab;

/// The client that `build.rs` made of `gitlab.yaml`.
#[allow(missing_docs)]
pub mod client {
    include!(concat!(env!("OUT_DIR"), "/gitlab.rs"));
}
