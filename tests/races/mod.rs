//! Many who want to replace the same tokens, and owners who come back too late.

mod ages;
mod deliveries;
mod same_tokens;
mod stopped;
mod stopped_fleet;

use std::path::Path;

use tokenturn_tests::crash::Scene;
use tokenturn_vault::{Entry, Vault};

/// Runs each function with a vault in SQLite, with one in PostgreSQL, and with one in PostgreSQL behind
/// PgBouncer.
macro_rules! on_all {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    super::$test(None).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    if let Some(cluster) = tokenturn_tests::postgres::Cluster::shared() {
                        super::$test(Some(cluster)).await;
                    }
                }
            )*
        }

        mod pooled {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    if let Some(cluster) = tokenturn_tests::postgres::Cluster::shared_pooled() {
                        super::$test(Some(cluster)).await;
                    }
                }
            )*
        }
    };
}
use on_all;

/// The process that is stopped.
fn worker() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_worker"))
}

async fn row(vault: &Vault, id: &str) -> Entry {
    vault.get(id).await.unwrap().unwrap()
}

/// What has happened to a row, in its order.
async fn story(vault: &Vault, id: &str) -> Vec<&'static str> {
    let (mut history, mut story) = (vault.history(Some(id)), Vec::new());
    while let Some(event) = history.next().await {
        story.push(event.unwrap().what.as_str());
    }
    story
}

/// Whether the vault has the token that lives at the provider.
fn is_alive(scene: &Scene, row: &Entry) -> bool {
    scene
        .sandbox
        .is_alive(row.tokens.token.as_ref().unwrap().expose())
}
