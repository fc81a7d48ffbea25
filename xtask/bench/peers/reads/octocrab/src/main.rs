//! octocrab as it comes.

use std::time::Duration;

use http::header::ACCEPT;
use octocrab::Octocrab;
use octocrab::auth::ExchangeWebFlowCodeBuilder;
use reads::{CLIENT_ID, CLIENT_SECRET, CODE, Failure, OLD_TOKEN};
use secrecy::{ExposeSecret, SecretString};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let (url, call) = reads::arguments()?;
    let builder = Octocrab::builder().base_uri(url)?;
    let failed = match call.as_str() {
        "reset" => {
            let octocrab = builder.basic_auth(CLIENT_ID.into(), CLIENT_SECRET.into());
            let octocrab = octocrab.build()?;
            let application = octocrab.apps().application(CLIENT_ID);
            match application.reset_token(OLD_TOKEN).await {
                Ok(new) => {
                    let lifetime = new.expires_at.map(|at| reads::until(at.into()));
                    reads::token(&new.token, lifetime, Some(new.scopes));
                    return Ok(());
                }
                Err(error) => error,
            }
        }
        _ => {
            let octocrab = builder.add_header(ACCEPT, "application/json".into());
            let octocrab = octocrab.build()?;
            let (id, secret) = (CLIENT_ID.into(), CLIENT_SECRET.into());
            let (id, secret): (SecretString, SecretString) = (id, secret);
            match ExchangeWebFlowCodeBuilder::new(&octocrab, &id, &secret, CODE)
                .send()
                .await
            {
                Ok(new) => {
                    let lifetime = new.expires_in.map(|n| Duration::from_secs(n as u64));
                    let token = new.access_token.expose_secret();
                    reads::token(token, lifetime, Some(new.scope));
                    return Ok(());
                }
                Err(error) => error,
            }
        }
    };
    let words = match &failed {
        octocrab::Error::GitHub { source, .. } => format!("refused: {}", source.message),
        _ => "error".to_owned(),
    };
    // Of its errors, none has a body.
    reads::none(words, None);
    Ok(())
}
