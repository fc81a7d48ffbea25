//! openapi-github sends no credentials with a reset: this program is built, and not run.

use caller::{CLIENT_ID, Failure, OLD_TOKEN};
use openapi_github::apis::apps_api::apps_slash_reset_token;
use openapi_github::apis::configuration::Configuration;
use openapi_github::models::AppsCheckTokenRequest;

fn main() -> Result<(), Failure> {
    caller::run(
        |url| {
            Ok(Configuration {
                base_path: url.to_owned(),
                ..Configuration::new()
            })
        },
        reset,
    )
}

async fn reset(configuration: Configuration) -> Result<(), Failure> {
    let body = AppsCheckTokenRequest::new(OLD_TOKEN.into());
    let answer = apps_slash_reset_token(&configuration, CLIENT_ID, body).await?;
    if answer.token.is_empty() {
        return Err("there is no token".into());
    }
    Ok(())
}
