//! What belongs to somebody else, or to the other provider.

use tokenturn::{OhMyGpt, Secret};
use tokenturn_sandbox::{OhMyGptUser, Sandbox};
use tokenturn_tests::{RawRequest, RawServer, json_answer};
use tokenturn_vault::{Client, Filter, Kept, State, Tokens, VaultError};

use super::{ABOUT_THE_TOKEN, HOUR, REFUSED, client_of, pair, provider, put, row, tokens};
use crate::vault::place::Place;
use crate::vault::provider::fast;
use crate::vault::{key, on_all};

on_all!(
    the_refresh_token_of_another_user_in_an_answer_is_not_used,
    nor_is_the_one_beside_a_token_of_another_row,
    a_refresh_of_all_leaves_a_doubt_at_ohmygpt,
    a_sign_in_at_ohmygpt_leaves_the_admin_token,
);

/// Something on the way gave hubot's answer to mona's call. Its token lives, and is hubot's: so is the refresh
/// token beside it.
async fn the_refresh_token_of_another_user_in_an_answer_is_not_used(place: Place) {
    let server = RawServer::start_with(|request: &RawRequest| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        match () {
            () if body.contains("ghr_hubot") => pair("200 OK", "hubots"),
            () if body.contains("grant_type=refresh_token") => json_answer("200 OK", "", REFUSED),
            () if body.contains("ghu_hubot") => {
                let body = r#"{"token":"ghu_hubot0123456789","user":{"id":8},"expires_at":"2099-01-01T00:00:00Z"}"#;
                json_answer("200 OK", "", body)
            }
            () => json_answer("404 Not Found", "", ABOUT_THE_TOKEN),
        }
        .into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open_quick(&key()).await;
    let mut hubots = Tokens::github("ghu_hubot0123456789");
    hubots.refresh_token = Some("ghr_hubot0123456789".into());
    hubots.user_id = Some(8);
    hubots.lifetime = Some(8 * 3600);
    hubots.expires_at = Some("2099-01-01T00:00:00Z".parse().unwrap());
    put(&vault, &client, "hubot", hubots).await;
    let mut monas = tokens();
    monas.user_id = Some(7);
    let answer = br#"<pre>{"access_token":"ghu_hubot0123456789","refresh_token":"ghr_hubot0123456789"}</pre>"#;
    monas.kept.push(Kept::new(&answer[..]));
    put(&vault, &client, "mona", monas).await;
    place.sql("UPDATE token SET state = 'unknown', until = 0, span = 0 WHERE id = 'mona'");

    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Lost(_)), "{error:?}");
    let entry = row(&vault, "mona").await;
    assert_eq!(entry.state(), State::Lost);
    assert_eq!(entry.tokens.token.unwrap().expose(), "ghu_old0123456789");
    let requests = server.requests();
    let mut bodies = requests.iter().map(|it| String::from_utf8_lossy(&it.body));
    assert!(bodies.all(|body| !body.contains("ghr_hubot")));
}

/// The vault knows the token, and it has died since it was found.
async fn nor_is_the_one_beside_a_token_of_another_row(place: Place) {
    let mut asked = 0;
    let server = RawServer::start_with(move |request: &RawRequest| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        asked += usize::from(body.contains("ghu_hubot"));
        match () {
            () if body.contains("ghr_hubot") => pair("200 OK", "hubots"),
            () if body.contains("grant_type=refresh_token") => json_answer("200 OK", "", REFUSED),
            () if body.contains("ghu_hubot") && asked == 1 => {
                json_answer("200 OK", "", r#"{"token":"ghu_hubot0123456789"}"#)
            }
            () => json_answer("404 Not Found", "", ABOUT_THE_TOKEN),
        }
        .into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open_quick(&key()).await;
    put(
        &vault,
        &client,
        "hubot",
        Tokens::github("ghu_hubot0123456789"),
    )
    .await;
    let mut monas = tokens();
    let answer = br#"<pre>{"access_token":"ghu_hubot0123456789","refresh_token":"ghr_hubot0123456789"}</pre>"#;
    monas.kept.push(Kept::new(&answer[..]));
    put(&vault, &client, "mona", monas).await;
    place.sql("UPDATE token SET state = 'unknown', until = 0, span = 0 WHERE id = 'mona'");

    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Lost(_)), "{error:?}");
    let requests = server.requests();
    let mut bodies = requests.iter().map(|it| String::from_utf8_lossy(&it.body));
    assert!(bodies.all(|body| !body.contains("ghr_hubot")));
}

/// It refreshes nothing there. The doubt is for whoever can resolve it, by another rotation.
async fn a_refresh_of_all_leaves_a_doubt_at_ohmygpt(place: Place) {
    let (sandbox, _, _) = provider().await;
    let (ohmygpt, client, user) = user_of_ohmygpt(&sandbox);
    let vault = place.open_quick(&key()).await;
    put(&vault, &client, "omg", tokens_of(&user)).await;
    // The call in doubt was done.
    let oauth_token = Secret::new(&*user.oauth_token);
    let new = ohmygpt.rotate_admin_token(&oauth_token).await.unwrap();
    assert!(!sandbox.is_alive(&user.admin_token) && sandbox.is_alive(new.token.expose()));
    place.sql("UPDATE token SET state = 'unknown', until = 0, span = 0, refresh_by = 0");
    let filter = Filter::new().due_within(HOUR);
    let fleet = vault.refresh_all([client.clone()], filter, fast()).await;
    let mut fleet = fleet.unwrap();
    assert!(fleet.next().await.is_none());
    assert_eq!(row(&vault, "omg").await.state(), State::Unknown);
    let found = vault.token(&client, "omg").await.unwrap();
    assert_ne!(found.token.expose(), user.admin_token);
    assert!(sandbox.is_alive(found.token.expose()));
}

/// It brings an OAuth token, and says nothing about the admin token.
async fn a_sign_in_at_ohmygpt_leaves_the_admin_token(place: Place) {
    let (sandbox, _, _) = provider().await;
    let (ohmygpt, client, user) = user_of_ohmygpt(&sandbox);
    let vault = place.open(&key()).await;
    put(&vault, &client, "omg", tokens_of(&user)).await;
    let request = ohmygpt.authorize("http://127.0.0.1/", "trusted_full_access");
    let request = request.build().unwrap();
    let callback = sandbox.approve(&request.url).unwrap();
    let code = request.pending.callback(&callback).unwrap();
    let sink = vault.sink(&client, "omg");
    let new = tokenturn::obtain(ohmygpt.issue_token(code), sink).await;
    let new = new.unwrap().token;
    assert_ne!(new.expose(), user.oauth_token);
    let tokens = row(&vault, "omg").await.tokens;
    assert_eq!(tokens.oauth_token, Some(new));
    let found = vault.token(&client, "omg").await.unwrap();
    assert_eq!(found.token.expose(), user.admin_token);
}

fn user_of_ohmygpt(sandbox: &Sandbox) -> (OhMyGpt, Client, OhMyGptUser) {
    let ohmygpt = OhMyGpt::builder()
        .app(sandbox.ohmygpt_client_id(), sandbox.ohmygpt_client_secret())
        .base_url(sandbox.url())
        .pages_url(sandbox.url())
        .build()
        .unwrap();
    let client = Client::from(ohmygpt.clone());
    (ohmygpt, client, sandbox.new_ohmygpt_user())
}

fn tokens_of(user: &OhMyGptUser) -> Tokens {
    let admin_token = Secret::new(&*user.admin_token);
    Tokens::ohmygpt(&*user.oauth_token, Some(admin_token))
}
