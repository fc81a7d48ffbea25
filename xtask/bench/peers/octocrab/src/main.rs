//! octocrab as it comes, with its retries turned off: they would send a reset twice.

use caller::{CLIENT_ID, CLIENT_SECRET, Failure, OLD_TOKEN};
use octocrab::Octocrab;
use octocrab::service::middleware::retry::RetryConfig;

fn main() -> Result<(), Failure> {
    caller::run(
        |url| {
            let builder = Octocrab::builder()
                .base_uri(url)?
                .basic_auth(CLIENT_ID.into(), CLIENT_SECRET.into())
                .add_retry_config(RetryConfig::None);
            Ok(builder.build()?)
        },
        reset,
    )
}

async fn reset(octocrab: Octocrab) -> Result<(), Failure> {
    let application = octocrab.apps().application(CLIENT_ID);
    let answer = application.reset_token(OLD_TOKEN).await?;
    if answer.token.is_empty() {
        return Err("there is no token".into());
    }
    Ok(())
}
