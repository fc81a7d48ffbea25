//! Answers that leave out something, or contradict each other.

use tokenturn::{GitHub, Secret};
use tokenturn_tests::{CLIENT_ID, RawRequest, RawServer, json_answer};
use tokenturn_vault::{Client, Filter, State, VaultError, Why};

use super::{ABOUT_THE_TOKEN, HOUR, REFUSED, client_of, pair, put, row, tokens};
use crate::vault::place::Place;
use crate::vault::provider::fast;
use crate::vault::{key, on_all};

on_all!(
    a_token_whose_end_nobody_knows_is_refreshed_once,
    a_token_whose_end_is_not_told_lives_as_long_as_the_one_before,
    a_reset_leaves_the_end_where_its_answer_does_not_tell,
    a_token_that_is_dead_when_it_comes_is_not_refreshed_for_ever,
    a_public_client_does_not_lose_a_token_that_lives,
    what_nobody_can_ask_about_stays_in_doubt,
    a_token_that_cannot_be_asked_about_is_not_called_dead,
    a_new_token_that_a_check_calls_dead_is_refreshed,
    a_refresh_token_that_cannot_be_sent_leaves_the_one_before,
    a_public_client_is_told_twice_that_its_user_has_to_sign_in,
);

/// Without `expires_in` there is nothing to go by, and each refresh would bring the same.
async fn a_token_whose_end_nobody_knows_is_refreshed_once(place: Place) {
    let mut asked = 0;
    let server = RawServer::start_with(move |_: &RawRequest| {
        asked += 1;
        let body = format!(
            r#"{{"access_token":"ghu_n{asked}0123456789","refresh_token":"ghr_n{asked}0123456789","scope":"","token_type":"bearer"}}"#
        );
        json_answer("200 OK", "", &body).into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open(&key()).await;
    put(&vault, &client, "mona", tokens()).await;
    for _ in 0..5 {
        let found = vault.token(&client, "mona").await.unwrap();
        assert_eq!(found.token.expose(), "ghu_n10123456789");
    }
    assert_eq!(server.requests().len(), 1);
}

/// Otherwise it would be taken for one without an end, and be dead when it is handed out in a day.
async fn a_token_whose_end_is_not_told_lives_as_long_as_the_one_before(place: Place) {
    let server = RawServer::start_with(|_: &RawRequest| {
        let body = r#"{"access_token":"ghu_new0123456789","token_type":"bearer"}"#;
        json_answer("200 OK", "", body).into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open(&key()).await;
    let mut old = tokens();
    old.lifetime = Some(8 * 3600);
    old.expires_at = Some("2020-01-01T00:00:00Z".parse().unwrap());
    put(&vault, &client, "mona", old).await;
    for _ in 0..2 {
        let found = vault.token(&client, "mona").await.unwrap();
        assert_eq!(found.token.expose(), "ghu_new0123456789");
        assert!(found.expires_at.is_some());
    }
    assert_eq!(server.requests().len(), 1);
    let entry = row(&vault, "mona").await;
    assert_eq!(entry.tokens.lifetime, Some(8 * 3600));
    for (hours, due) in [(7, 0), (9, 1)] {
        let filter = Filter::new().due_within(hours * HOUR);
        assert_eq!(vault.count(&filter).await.unwrap(), due);
    }
}

/// Otherwise it would be taken for one without an end.
async fn a_reset_leaves_the_end_where_its_answer_does_not_tell(place: Place) {
    let hash = Secret::new("ghu_new0123456789").fingerprint();
    let body = format!(
        r#"{{"app":{{"client_id":"{CLIENT_ID}"}},"token":"ghu_new0123456789","hashed_token":"{hash}"}}"#
    );
    let server = RawServer::start_with(move |request: &RawRequest| {
        match request.line.starts_with("PATCH") {
            true => json_answer("200 OK", "", &body),
            false => json_answer("200 OK", "", REFUSED),
        }
        .into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open(&key()).await;
    let mut old = tokens();
    old.expires_at = Some("2099-01-01T00:00:00Z".parse().unwrap());
    put(&vault, &client, "mona", old.clone()).await;
    let held = row(&vault, "mona").await;
    let new = vault.rotate(&client, &held).await.unwrap().into_entry();
    assert_eq!(new.tokens.token.unwrap().expose(), "ghu_new0123456789");
    assert_eq!(new.tokens.expires_at, old.expires_at);
    // The provider has said that it is none.
    assert_eq!(new.tokens.refresh_token, None);
}

/// The next one would be, too.
async fn a_token_that_is_dead_when_it_comes_is_not_refreshed_for_ever(place: Place) {
    let mut asked = 0;
    let server = RawServer::start_with(move |_: &RawRequest| {
        asked += 1;
        match asked {
            1..=9 => {
                let body = format!(
                    r#"{{"access_token":"ghu_n{asked}0123456789","expires_in":0,"refresh_token":"ghr_n{asked}0123456789","refresh_token_expires_in":15897600,"scope":"","token_type":"bearer"}}"#
                );
                json_answer("200 OK", "", &body)
            }
            _ => json_answer("502 Bad Gateway", "", "{}"),
        }
        .into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open(&key()).await;
    put(&vault, &client, "mona", tokens()).await;
    let found = vault.token(&client, "mona").await.unwrap();
    assert_eq!(found.token.expose(), "ghu_n20123456789");
    assert_eq!(server.requests().len(), 2);
}

/// It cannot ask about the token. What a refused refresh tells is about the refresh token alone.
async fn a_public_client_does_not_lose_a_token_that_lives(place: Place) {
    let mut asked = 0;
    let server = RawServer::start_with(move |_: &RawRequest| {
        asked += 1;
        match asked {
            1 => json_answer("502 Bad Gateway", "", "{}"),
            _ => json_answer("200 OK", "", REFUSED),
        }
        .into()
    })
    .await;
    let github = GitHub::public_client(CLIENT_ID).base_url(server.url());
    let client = Client::from(github.build().unwrap());
    let vault = place.open_quick(&key()).await;
    let mut old = tokens();
    old.lifetime = Some(8 * 3600);
    old.expires_at = Some("2099-01-01T00:00:00Z".parse().unwrap());
    put(&vault, &client, "mona", old.clone()).await;
    let held = row(&vault, "mona").await;
    let error = vault.rotate(&client, &held).await.unwrap_err();
    assert!(matches!(error, VaultError::Unknown(_)), "{error:?}");
    // Whoever asks finds out what became of the rotation, and that the token is fresh.
    let found = vault.token(&client, "mona").await.unwrap();
    assert_eq!(Some(found.token), old.token);
    let entry = row(&vault, "mona").await;
    assert_eq!(entry.state(), State::Active);
    assert_eq!(entry.progress.ended.unwrap().why, Why::InvalidRefreshToken);
    assert_eq!(server.requests().len(), 2);
}

/// A public client has one question, and there is nothing to put it with.
async fn what_nobody_can_ask_about_stays_in_doubt(place: Place) {
    let server =
        RawServer::start_with(|_: &RawRequest| json_answer("200 OK", "", "{}").into()).await;
    let github = GitHub::public_client(CLIENT_ID).base_url(server.url());
    let client = Client::from(github.build().unwrap());
    let vault = place.open_quick(&key()).await;
    let mut old = tokens();
    old.refresh_token = None;
    old.expires_at = Some("2099-01-01T00:00:00Z".parse().unwrap());
    put(&vault, &client, "mona", old).await;
    place.sql("UPDATE token SET state = 'unknown', until = 0, span = 0");
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::NotSent(_)), "{error:?}");
    assert_eq!(row(&vault, "mona").await.state(), State::Unknown);
    assert!(server.requests().is_empty());
}

/// It cannot be refreshed, and the provider is in trouble.
async fn a_token_that_cannot_be_asked_about_is_not_called_dead(place: Place) {
    let server = RawServer::start_with(|request: &RawRequest| {
        match request.line.contains("/login/") {
            true => json_answer("200 OK", "", REFUSED),
            false => json_answer("502 Bad Gateway", "", "{}"),
        }
        .into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open_quick(&key()).await;
    let mut old = tokens();
    old.expires_at = Some("2020-01-01T00:00:00Z".parse().unwrap());
    put(&vault, &client, "mona", old).await;
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Call(_)), "{error:?}");
    let entry = row(&vault, "mona").await;
    assert_eq!(entry.state(), State::Active);
    assert_eq!(entry.progress.ended.unwrap().why, Why::InvalidRefreshToken);
}

/// A run looks whether what it was given lives. If not, the refresh token that came with it tells more.
async fn a_new_token_that_a_check_calls_dead_is_refreshed(place: Place) {
    let mut asked = 0;
    let server = RawServer::start_with(move |request: &RawRequest| {
        let body = String::from_utf8_lossy(&request.body);
        match body.contains("grant_type=refresh_token") {
            true => {
                asked += 1;
                pair("200 OK", &format!("n{asked}"))
            }
            false => json_answer("404 Not Found", "", ABOUT_THE_TOKEN),
        }
        .into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open_quick(&key()).await;
    put(&vault, &client, "mona", tokens()).await;
    let filter = Filter::new().due_within(HOUR);
    let fleet = vault.refresh_all([client.clone()], filter, fast()).await;
    let mut fleet = fleet.unwrap();
    while fleet.next().await.is_some() {}
    let summary = fleet.summary();
    assert_eq!((summary.lost, summary.invalid), (0, 0), "{summary:?}");
    let entry = row(&vault, "mona").await;
    assert_eq!(entry.state(), State::Unknown);
    assert_eq!(entry.progress.ended.unwrap().why, Why::InvalidToken);
    let refresh_token = entry.tokens.refresh_token.unwrap();
    assert_eq!(refresh_token.expose(), "ghr_n10123456789");
    let found = vault.token(&client, "mona").await.unwrap();
    assert_eq!(found.token.expose(), "ghu_n20123456789");
}

/// Otherwise nothing could be done with the row any more, and no run would come past it.
async fn a_refresh_token_that_cannot_be_sent_leaves_the_one_before(place: Place) {
    let server = RawServer::start_with(|_: &RawRequest| {
        let body = r#"{"access_token":"ghu_new0123456789","expires_in":28800,"refresh_token":"ghr new","token_type":"bearer"}"#;
        json_answer("200 OK", "", body).into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open(&key()).await;
    put(&vault, &client, "mona", tokens()).await;
    let found = vault.token(&client, "mona").await.unwrap();
    assert_eq!(found.token.expose(), "ghu_new0123456789");
    assert_eq!(
        row(&vault, "mona").await.tokens.refresh_token,
        tokens().refresh_token
    );
}

/// A server did not take the token, and nobody else can be asked.
async fn a_public_client_is_told_twice_that_its_user_has_to_sign_in(place: Place) {
    let server =
        RawServer::start_with(|_: &RawRequest| json_answer("200 OK", "", REFUSED).into()).await;
    let github = GitHub::public_client(CLIENT_ID).base_url(server.url());
    let client = Client::from(github.build().unwrap());
    let vault = place.open(&key()).await;
    let mut old = tokens();
    old.lifetime = Some(8 * 3600);
    old.expires_at = Some("2099-01-01T00:00:00Z".parse().unwrap());
    put(&vault, &client, "mona", old.clone()).await;
    let refused = vault.token(&client, "mona").await.unwrap();
    for _ in 0..2 {
        let error = vault.token_instead_of(&client, "mona", &refused).await;
        assert!(matches!(error, Err(VaultError::Ended(_))), "{error:?}");
    }
    assert_eq!(server.requests().len(), 1);
    // Without a refresh token, nothing says that it is dead.
    old.refresh_token = None;
    put(&vault, &client, "mona", old).await;
    let refused = vault.token(&client, "mona").await.unwrap();
    let error = vault.token_instead_of(&client, "mona", &refused).await;
    assert!(matches!(error, Err(VaultError::Call(_))), "{error:?}");
}
