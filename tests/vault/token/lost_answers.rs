//! Refreshes whose answers do not come, or are not believed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokenturn_sandbox::{Calls, Fault};
use tokenturn_tests::{RawRequest, RawServer, json_answer};
use tokenturn_vault::{Entry, Filter, State, VaultError, Why};

use super::{
    ABOUT_THE_TOKEN, REFUSED, client_of, end, pair, provider, refreshes, row, sign_in, tokens,
};
use crate::vault::place::Place;
use crate::vault::provider::fast;
use crate::vault::{key, on_all};

on_all!(
    a_refresh_that_was_not_done_is_done_again,
    a_refresh_whose_answer_is_lost_has_lost_the_user,
    a_reset_whose_answer_is_lost_leaves_the_refresh_token,
    the_pair_is_found_in_an_answer_that_was_not_believed,
    a_refresh_token_alone_is_found_in_an_answer,
    the_refresh_token_of_the_row_comes_before_one_in_an_answer,
    no_refresh_token_is_used_again_that_is_used_up,
    the_one_in_an_answer_waits_for_a_word_about_the_token_beside_it,
    a_call_that_is_late_may_have_taken_the_answer_with_it,
);

async fn a_refresh_that_was_not_done_is_done_again(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open_quick(&key()).await;
    let old = sign_in(&sandbox, &github, &vault, "mona").await;
    end(&vault, &client, "mona").await;
    sandbox.add_fault(Fault::BeforeChange, Calls::Next(1));
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Unknown(_)), "{error:?}");
    assert!(!error.needs_authorization());
    assert_eq!(row(&vault, "mona").await.state(), State::Unknown);
    assert!(sandbox.is_alive(old.expose()));
    let found = vault.token(&client, "mona").await.unwrap();
    assert!(sandbox.is_alive(found.token.expose()));
    assert!(!sandbox.is_alive(old.expose()));
    assert_eq!(refreshes(&sandbox), 2);
}

async fn a_refresh_whose_answer_is_lost_has_lost_the_user(place: Place) {
    let (sandbox, github, client) = provider().await;
    let vault = place.open_quick(&key()).await;
    sign_in(&sandbox, &github, &vault, "mona").await;
    end(&vault, &client, "mona").await;
    sandbox.add_fault(Fault::AfterChange, Calls::Next(1));
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Unknown(_)), "{error:?}");
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Lost(_)), "{error:?}");
    assert!(error.needs_authorization());
    let entry = row(&vault, "mona").await;
    assert_eq!(entry.state(), State::Lost);
    assert_eq!(entry.progress.ended.unwrap().why, Why::AnswerLost);
    // The old refresh token was asked about once.
    assert_eq!(refreshes(&sandbox), 2);
}

/// In the sandbox a reset kills the refresh token; a provider where it does not.
async fn a_reset_whose_answer_is_lost_leaves_the_refresh_token(place: Place) {
    let server = RawServer::start_with(|request: &RawRequest| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        match () {
            () if body.contains("grant_type=refresh_token") => pair("200 OK", "new"),
            () => json_answer("404 Not Found", "", ABOUT_THE_TOKEN),
        }
        .into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open_quick(&key()).await;
    let tokens = tokens();
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    // A process that died in the middle of a reset has left it so.
    place.sql("UPDATE token SET state = 'unknown', until = 0, span = 0");
    let entry = vault.recover(&client, "mona").await.unwrap();
    assert_eq!(entry.state(), State::Active);
    assert_eq!(entry.tokens.token.unwrap().expose(), "ghu_new0123456789");
    assert_eq!(
        entry.tokens.refresh_token.unwrap().expose(),
        "ghr_new0123456789"
    );
}

async fn the_pair_is_found_in_an_answer_that_was_not_believed(place: Place) {
    // A gateway answers for the login host with an error around the new pair.
    let server = RawServer::start_with(|request: &RawRequest| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        match () {
            () if body.contains("grant_type=refresh_token") => pair("502 Bad Gateway", "new"),
            () if body.contains("ghu_new") => {
                let body = r#"{"token":"ghu_new0123456789","user":{"id":7},"expires_at":"2099-01-01T00:00:00Z"}"#;
                json_answer("200 OK", "", body)
            }
            () => json_answer("404 Not Found", "", ABOUT_THE_TOKEN),
        }
        .into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open_quick(&key()).await;
    vault
        .put(Entry::new("mona", client.app(), tokens()))
        .await
        .unwrap();
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Unknown(_)), "{error:?}");
    assert_eq!(row(&vault, "mona").await.tokens.kept.len(), 1);
    let found = vault.token(&client, "mona").await.unwrap();
    assert_eq!(found.token.expose(), "ghu_new0123456789");
    let tokens = row(&vault, "mona").await.tokens;
    assert_eq!(tokens.refresh_token.unwrap().expose(), "ghr_new0123456789");
    assert!(tokens.kept.is_empty());
}

/// The token in the answer has died of age when somebody comes to look.
async fn a_refresh_token_alone_is_found_in_an_answer(place: Place) {
    let server = RawServer::start_with(|request: &RawRequest| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        match () {
            () if body.contains("ghr_new") => pair("200 OK", "newest"),
            () if body.contains("ghr_old") && request.line.contains("access_token") => {
                json_answer("200 OK", "", REFUSED)
            }
            () => json_answer("404 Not Found", "", ABOUT_THE_TOKEN),
        }
        .into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open_quick(&key()).await;
    let mut tokens = tokens();
    let body =
        br#"<pre>{"access_token":"ghu_new0123456789","refresh_token":"ghr_new0123456789"}</pre>"#;
    tokens.kept.push(tokenturn_vault::Kept::new(&body[..]));
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    place.sql("UPDATE token SET state = 'unknown', until = 0, span = 0");
    let found = vault.token(&client, "mona").await.unwrap();
    assert_eq!(found.token.expose(), "ghu_newest0123456789");
}

/// What stands in an answer may be somebody else's.
async fn the_refresh_token_of_the_row_comes_before_one_in_an_answer(place: Place) {
    let server = RawServer::start_with(|request: &RawRequest| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        match body.contains("grant_type=refresh_token") {
            true => pair("200 OK", "newest"),
            false => json_answer("404 Not Found", "", ABOUT_THE_TOKEN),
        }
        .into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open_quick(&key()).await;
    let mut tokens = tokens();
    let body = br#"<pre>{"refresh_token":"ghr_new0123456789"}</pre>"#;
    tokens.kept.push(tokenturn_vault::Kept::new(&body[..]));
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    place.sql("UPDATE token SET state = 'unknown', until = 0, span = 0");
    let found = vault.token(&client, "mona").await.unwrap();
    assert_eq!(found.token.expose(), "ghu_newest0123456789");
    let requests = server.requests();
    let mut bodies = requests.iter().map(|it| String::from_utf8_lossy(&it.body));
    assert!(bodies.all(|body| !body.contains("ghr_new")));
}

/// It could be taken for stolen. Here the answer repeats what it was asked with.
async fn no_refresh_token_is_used_again_that_is_used_up(place: Place) {
    let server = RawServer::start_with(|request: &RawRequest| {
        match request.line.contains("/login/") {
            true => json_answer("200 OK", "", REFUSED),
            false => json_answer("404 Not Found", "", ABOUT_THE_TOKEN),
        }
        .into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open_quick(&key()).await;
    let mut tokens = tokens();
    let body = br#"<pre>{"refresh_token":"ghr_old0123456789"}</pre>"#;
    tokens.kept.push(tokenturn_vault::Kept::new(&body[..]));
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    place.sql("UPDATE token SET state = 'unknown', until = 0, span = 0");
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Lost(_)), "{error:?}");
    let requests = server.requests().into_iter();
    let used = requests.filter(|request| request.line.contains("/login/"));
    assert_eq!(used.count(), 1);
}

/// If that lives, it is somebody else's.
async fn the_one_in_an_answer_waits_for_a_word_about_the_token_beside_it(place: Place) {
    let (mut asked, is_down) = (0, Arc::new(AtomicBool::new(true)));
    let is_away = Arc::clone(&is_down);
    let server = RawServer::start_with(move |request: &RawRequest| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        asked += usize::from(body.contains("ghu_new"));
        match () {
            () if body.contains("ghr_new") => pair("200 OK", "newest"),
            () if request.line.contains("/login/") => json_answer("200 OK", "", REFUSED),
            () if asked > 1 && is_away.load(Ordering::SeqCst) => {
                json_answer("502 Bad Gateway", "", "{}")
            }
            () => json_answer("404 Not Found", "", ABOUT_THE_TOKEN),
        }
        .into()
    })
    .await;
    let client = client_of(&server);
    let vault = place.open_quick(&key()).await;
    let mut tokens = tokens();
    let body =
        br#"<pre>{"access_token":"ghu_new0123456789","refresh_token":"ghr_new0123456789"}</pre>"#;
    tokens.kept.push(tokenturn_vault::Kept::new(&body[..]));
    vault
        .put(Entry::new("mona", client.app(), tokens))
        .await
        .unwrap();
    place.sql("UPDATE token SET state = 'unknown', until = 0, span = 0");
    let error = vault.token(&client, "mona").await.unwrap_err();
    assert!(matches!(error, VaultError::Unknown(_)), "{error:?}");
    let entry = row(&vault, "mona").await;
    assert_eq!(entry.state(), State::Unknown);
    assert!(!entry.tokens.kept.is_empty());
    is_down.store(false, Ordering::SeqCst);
    let found = vault.token(&client, "mona").await.unwrap();
    assert_eq!(found.token.expose(), "ghu_newest0123456789");
}

/// The old token lived when it was asked about, and is dead a moment later: by the earlier call, perhaps.
async fn a_call_that_is_late_may_have_taken_the_answer_with_it(place: Place) {
    let vault = place.open_quick(&key()).await;
    for (id, is_refreshed) in [("refreshed", true), ("reset", false)] {
        let mut asked = 0;
        let server = RawServer::start_with(move |request: &RawRequest| {
            let is_check = request.line.starts_with("POST /applications/");
            asked += usize::from(is_check);
            match () {
                () if is_check && asked == 1 => {
                    json_answer("200 OK", "", r#"{"token":"ghu_old0123456789"}"#)
                }
                () if request.line.contains("/login/") => json_answer("200 OK", "", REFUSED),
                () => json_answer("404 Not Found", "", ABOUT_THE_TOKEN),
            }
            .into()
        })
        .await;
        let client = client_of(&server);
        let mut tokens = tokens();
        if !is_refreshed {
            tokens.refresh_token = None;
        }
        vault
            .put(Entry::new(id, client.app(), tokens))
            .await
            .unwrap();
        place.sql(&format!(
            "UPDATE token SET state = 'unknown', until = 0, span = 0 WHERE id = '{id}'"
        ));
        if is_refreshed {
            let fleet = vault.refresh_all([client], Filter::new(), fast()).await;
            let mut fleet = fleet.unwrap();
            while fleet.next().await.is_some() {}
        } else {
            let held = row(&vault, id).await;
            let error = vault.rotate(&client, &held).await.unwrap_err();
            assert!(matches!(error, VaultError::Lost(_)), "{error:?}");
        }
        let entry = row(&vault, id).await;
        assert_eq!(entry.state(), State::Lost);
        assert_eq!(entry.progress.ended.unwrap().why, Why::AnswerLost);
    }
}
