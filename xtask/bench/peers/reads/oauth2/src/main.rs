//! oauth2 with its own error type and token type for standard servers.

use oauth2::basic::BasicClient;
use oauth2::{
    AuthorizationCode, ClientId, ClientSecret, RequestTokenError, Scope, TokenResponse, TokenUrl,
    reqwest,
};
use reads::{CLIENT_ID, CLIENT_SECRET, CODE, Failure};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let (url, _) = reads::arguments()?;
    let client = BasicClient::new(ClientId::new(CLIENT_ID.into()))
        .set_client_secret(ClientSecret::new(CLIENT_SECRET.into()))
        .set_token_uri(TokenUrl::new(format!("{url}/login/oauth/access_token"))?);
    // As its docs say.
    let http = reqwest::ClientBuilder::new()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let call = client.exchange_code(AuthorizationCode::new(CODE.into()));
    match call.request_async(&http).await {
        Ok(new) => {
            let words =
                |scopes: &Vec<Scope>| scopes.iter().map(|scope| scope.to_string()).collect();
            let scopes = new.scopes().map(words);
            reads::token(new.access_token().secret(), new.expires_in(), scopes);
        }
        Err(RequestTokenError::ServerResponse(refusal)) => {
            reads::none(format!("refused: {}", refusal.error().as_ref()), None);
        }
        Err(RequestTokenError::Parse(_, body)) => reads::none("error", Some(&body)),
        Err(_) => reads::none("error", None),
    }
    Ok(())
}
