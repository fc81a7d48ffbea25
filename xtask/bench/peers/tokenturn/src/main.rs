//! The front door of tokenturn: the token is handed to a sink before the call returns.

use caller::{CLIENT_ID, CLIENT_SECRET, Failure, OLD_TOKEN};
use tokenturn::github::Authorization;
use tokenturn::{GitHub, Rotated, Secret, Sink};

fn main() -> Result<(), Failure> {
    caller::run(
        |url| {
            let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET);
            Ok((github.base_url(url).build()?, Secret::new(OLD_TOKEN)))
        },
        reset,
    )
}

async fn reset((github, old): (GitHub, Secret)) -> Result<(), Failure> {
    let rotated = tokenturn::rotate(&github, &old, Nowhere).await?;
    if rotated.token.is_empty() {
        return Err("there is no token".into());
    }
    Ok(())
}

/// What a sink costs is its own affair.
struct Nowhere;

impl Sink<Authorization> for Nowhere {
    type Error = Failure;

    async fn prepare(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    async fn save(&mut self, _: &Rotated<Authorization>) -> Result<(), Failure> {
        Ok(())
    }
}
