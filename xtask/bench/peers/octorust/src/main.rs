//! octorust can send a client's credentials in the query only, which GitHub refuses: this program is
//! built, and not run.

use caller::{CLIENT_ID, CLIENT_SECRET, Failure, OLD_TOKEN};
use octorust::Client;
use octorust::auth::Credentials;
use octorust::types::AppsCheckTokenRequest;

fn main() -> Result<(), Failure> {
    caller::run(
        |url| {
            let credentials = Credentials::Client(CLIENT_ID.into(), CLIENT_SECRET.into());
            let mut client = Client::new("bench", credentials)?;
            client.with_host_override(url);
            Ok(client)
        },
        reset,
    )
}

async fn reset(client: Client) -> Result<(), Failure> {
    let body = AppsCheckTokenRequest {
        access_token: OLD_TOKEN.into(),
    };
    let answer = client.apps().reset_token(CLIENT_ID, &body).await?;
    if answer.body.token.is_empty() {
        return Err("there is no token".into());
    }
    Ok(())
}
