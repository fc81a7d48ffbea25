//! Without a vault.

use tokenturn::sink::MemorySink;
use tokenturn::{Candidates, Recovery, RefusalReason, RotateError, Secret, recover, rotate};
use tokenturn_example_gitlab::GitLab;
use tokenturn_tests::{RawServer, json_answer};
use tokenturn_vault::{Standing, VaultProvider};

use super::{Fate, Sandbox, start};

async fn turned(
    gitlab: &GitLab,
    old: &str,
) -> Result<tokenturn::Rotated<tokenturn_example_gitlab::client::types::Token>, RotateError> {
    rotate(gitlab, &Secret::new(old), MemorySink::new()).await
}

async fn recovered(gitlab: &GitLab, old: &str) -> Recovery<impl Sized + use<>> {
    let recovery = recover(gitlab, &Secret::new(old), MemorySink::new()).await;
    recovery.unwrap()
}

fn is_lost<D>(recovery: &Recovery<D>) -> bool {
    matches!(recovery, Recovery::Lost { .. })
}

#[tokio::test]
async fn a_token_is_replaced() {
    let (sandbox, gitlab) = start().await;
    let old = sandbox.new_token();
    let rotated = turned(&gitlab.expires_at("2100-01-31"), &old)
        .await
        .unwrap();
    assert!(sandbox.is_alive(rotated.token.expose()) && !sandbox.is_alive(&old));
    assert_eq!(
        rotated.expires_at.unwrap().to_string(),
        "2100-01-31T00:00:00Z"
    );
    let shown = format!("{rotated:?}");
    assert!(!shown.contains("glpat-"), "{shown}");
}

/// What the sandbox is there for.
#[tokio::test]
async fn a_dead_token_takes_its_family_with_it() {
    let (sandbox, gitlab) = start().await;
    let old = sandbox.new_token();
    let new = turned(&gitlab, &old).await.unwrap().token;
    let transport = tokenturn_client::Transport::builder(sandbox.url()).build();
    let client = tokenturn_example_gitlab::client::Client::new(transport.unwrap());
    let again = client.rotate_token().private_token(&*old).send().await;
    assert!(again.is_err() && !sandbox.is_alive(new.expose()));
    assert_eq!(sandbox.reused(), 1);
}

#[tokio::test]
async fn what_somebody_else_has_replaced_is_not_rotated() {
    let (sandbox, gitlab) = start().await;
    let old = sandbox.new_token();
    let new = turned(&gitlab, &old).await.unwrap().token;
    let error = turned(&gitlab, &old).await.unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!(refusal.reason, RefusalReason::InvalidToken, "{error}");
    assert!(sandbox.is_alive(new.expose()));
    assert_eq!((sandbox.rotations(), sandbox.reused()), (1, 0));
}

#[tokio::test]
async fn an_unknown_outcome_is_followed_by_a_question() {
    for (fate, is_done) in [(Fate::NotDone, false), (Fate::AnswerLost, true)] {
        let (sandbox, gitlab) = start().await;
        let old = sandbox.new_token();
        sandbox.next_is(fate);
        let error = turned(&gitlab, &old).await.unwrap_err();
        assert!(error.is_unknown(), "{error}");
        assert_eq!(is_lost(&recovered(&gitlab, &old).await), is_done);
        assert_eq!(sandbox.is_alive(&old), !is_done);
        assert_eq!(sandbox.reused(), 0);
    }
}

#[tokio::test]
async fn a_token_in_an_answer_that_was_cut_short_is_found() {
    let (sandbox, gitlab) = start().await;
    let old = sandbox.new_token();
    sandbox.next_is(Fate::CutShort);
    let error = turned(&gitlab, &old).await.unwrap_err();
    let RotateError::Unknown(unknown) = &error else {
        panic!("{error}")
    };
    let old = Secret::new(old);
    let sink = MemorySink::new();
    let recovery = tokenturn::recover_with(&gitlab, &old, unknown.candidates(), sink).await;
    let Recovery::Rotated(rotated) = recovery.unwrap() else {
        panic!("it is in the answer")
    };
    assert!(sandbox.is_alive(rotated.token.expose()));
    // Nothing in it works.
    let none = Candidates::in_body(br#"{"token":"glpat-9999aB3xK9mQ7wZ2pL5t"}"#);
    let recovery = tokenturn::recover_with(&gitlab, &old, &none, MemorySink::new()).await;
    assert!(is_lost(&recovery.unwrap()));
    assert_eq!(sandbox.reused(), 0);
}

/// Somebody on the way answers for GitLab: no token is believed, and no death.
#[tokio::test]
async fn what_gitlab_has_not_said_is_not_believed() {
    let valid = r#"{"id":1,"active":true,"revoked":false,"token":"glpat-0001aB3xK9mQ7wZ2pL5t"}"#;
    let revoked = r#"{"error":"invalid_token","error_description":"Token was revoked."}"#;
    let disabled = r#"{"error":"invalid_token","error_description":"Token is an impersonation token but impersonation was disabled."}"#;
    for answer in [
        json_answer("401 Unauthorized", "", r#"{"message":"401 Unauthorized"}"#),
        json_answer("401 Unauthorized", "", "<html>sign in</html>"),
        json_answer("401 Unauthorized", "", disabled),
        json_answer("401 Unauthorized", "age: 30\r\n", revoked),
        json_answer("404 Not Found", "", r#"{"error":"invalid_token"}"#),
        json_answer("200 OK", "", "<html>sign in</html>"),
        json_answer("200 OK", "", r#"{"id":1,"active":false,"revoked":true}"#),
        json_answer("200 OK", "age: 30\r\n", valid),
        json_answer("302 Found", "location: /users/sign_in\r\n", ""),
    ] {
        let shown = answer.clone();
        let server = RawServer::start_with(move |_| answer.clone().into()).await;
        let gitlab = GitLab::new(&server.url()).unwrap();
        let old = Secret::new("glpat-0000aB3xK9mQ7wZ2pL5t");
        assert!(gitlab.check(&old).await.is_err(), "{shown}");
        assert!(recover(&gitlab, &old, MemorySink::new()).await.is_err());
        let error = turned(&gitlab, old.expose()).await.unwrap_err();
        let is_dead = |no: &tokenturn::Refusal| no.reason == RefusalReason::InvalidToken;
        assert!(!error.refusal().is_some_and(is_dead), "{shown}");
        let lines = server.requests().into_iter().map(|request| request.line);
        assert!(
            lines.into_iter().all(|line| line.starts_with("GET ")),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_token_is_revoked() {
    let (sandbox, gitlab): (Sandbox, _) = start().await;
    let token = Secret::new(sandbox.new_token());
    let standing = gitlab.check(&token).await.unwrap();
    assert_eq!(standing, Standing::Valid { user_id: Some(0) });
    for _ in 0..2 {
        gitlab.revoke(&token).await.unwrap();
        assert_eq!(gitlab.check(&token).await.unwrap(), Standing::Invalid);
    }
}
