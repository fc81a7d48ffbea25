//! The generated client alone.

use caller::{CLIENT_ID, CLIENT_SECRET, Failure, OLD_TOKEN};
use tokenturn_client::{Secret, Transport, github::Client};

fn main() -> Result<(), Failure> {
    caller::run(
        |url| {
            let transport = Transport::builder(url)
                .basic(CLIENT_ID, Secret::new(CLIENT_SECRET))
                .header("accept", "application/vnd.github+json")
                .build()?;
            Ok(Client::new(transport))
        },
        reset,
    )
}

async fn reset(client: Client) -> Result<(), Failure> {
    let answer = client
        .reset_token()
        .client_id(CLIENT_ID)
        .body_map(|body| body.access_token(OLD_TOKEN))
        .send()
        .await?;
    if answer.token.expose().is_empty() {
        return Err("there is no token".into());
    }
    Ok(())
}
