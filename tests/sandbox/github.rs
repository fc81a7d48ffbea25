//! GitHub's REST API.

use tokenturn::github::{Deletion, Scoping};
use tokenturn::{Receipt, RefusalReason, RotateError, Secret};
use tokenturn_sandbox::{Sandbox, SecondaryLimit};
use tokenturn_tests::old_token;

use super::{call_refused, enterprise, github, new_token, refused, start};

#[tokio::test]
async fn a_reset_replaces_the_token_at_once() {
    let (sandbox, github) = start().await;
    let old = new_token(&sandbox);
    let before = github.check_token(&old).await.unwrap();
    assert!(before.is_valid());

    let rotated = github.reset_token(&old).await.unwrap();
    assert_ne!(rotated.token, old);
    assert_eq!(rotated.receipt, Receipt::Verified);
    assert_eq!(rotated.status, 200);
    assert!(rotated.request_id.is_some());
    let details = rotated.details.unwrap();
    assert_eq!(details.token, rotated.token);
    assert_eq!(details.user.unwrap().login.as_deref(), Some("octocat"));
    assert_eq!(details.scopes.unwrap(), ["public_repo"]);
    assert!(details.expires_at.is_none());

    assert!(!github.check_token(&old).await.unwrap().is_valid());
    assert!(github.check_token(&rotated.token).await.unwrap().is_valid());
    assert!(!sandbox.is_alive(old.expose()));
    assert!(sandbox.is_alive(rotated.token.expose()));
}

#[tokio::test]
async fn a_dead_token_is_refused() {
    let (sandbox, github) = start().await;
    let old = new_token(&sandbox);
    let first = github.reset_token(&old).await.unwrap();
    let refusal = refused(github.reset_token(&old).await);
    assert_eq!(refusal.reason, RefusalReason::InvalidToken);
    assert_eq!(refusal.status, 404);
    assert_eq!(refusal.message.as_deref(), Some("Not Found"));
    assert!(refusal.request_id.is_some());
    assert!(sandbox.is_alive(first.token.expose()));
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let (sandbox, _) = start().await;
    let token = new_token(&sandbox);
    let github = github(&sandbox, "wrong");
    let refusal = refused(github.reset_token(&token).await);
    assert_eq!(refusal.reason, RefusalReason::BadCredentials);
    assert_eq!(refusal.message.as_deref(), Some("Bad credentials"));

    // A wrong secret says nothing about the token.
    let error = github.check_token(&token).await.unwrap_err();
    let reason = error.refusal().unwrap().reason;
    assert_eq!(reason, RefusalReason::BadCredentials);
    assert!(sandbox.is_alive(token.expose()));
}

#[tokio::test]
async fn another_apps_token_is_refused() {
    let (sandbox, github) = start().await;
    let refusal = refused(github.reset_token(&old_token()).await);
    assert_eq!(refusal.reason, RefusalReason::InvalidToken);
    assert!(!github.check_token(&old_token()).await.unwrap().is_valid());
    assert_eq!(sandbox.requests().len(), 2);
}

#[tokio::test]
async fn an_enterprise_server_answers_below_its_path() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let github = enterprise(&sandbox, "2.20");
    let old = new_token(&sandbox);
    let rotated = github.reset_token(&old).await.unwrap();
    assert!(sandbox.is_alive(rotated.token.expose()));
}

#[tokio::test]
async fn a_token_is_deleted_once() {
    let (sandbox, github) = start().await;
    let (token, other) = (new_token(&sandbox), new_token(&sandbox));
    let deletion = github.delete_token(&token).await.unwrap();
    assert_eq!(*deletion, Deletion::Deleted);
    assert!(!sandbox.is_alive(token.expose()));
    assert!(sandbox.is_alive(other.expose()));

    let deletion = github.delete_token(&token).await.unwrap();
    assert_eq!(*deletion, Deletion::AlreadyGone);
    assert!(deletion.request_id.is_some());
}

#[tokio::test]
async fn an_authorization_takes_all_its_tokens_with_it() {
    let (sandbox, github) = start().await;
    let (token, other) = (new_token(&sandbox), new_token(&sandbox));
    let deletion = github.delete_authorization(&token).await.unwrap();
    assert_eq!(*deletion, Deletion::Deleted);
    assert!(!sandbox.is_alive(token.expose()));
    assert!(!sandbox.is_alive(other.expose()));

    let again = github.delete_authorization(&token).await.unwrap();
    assert_eq!(*again, Deletion::AlreadyGone);
}

#[tokio::test]
async fn a_deletion_with_a_wrong_secret_deletes_nothing() {
    let (sandbox, _) = start().await;
    let token = new_token(&sandbox);
    let github = github(&sandbox, "wrong");
    for refusal in [
        call_refused(github.delete_token(&token).await),
        call_refused(github.delete_authorization(&token).await),
    ] {
        assert_eq!(refusal.reason, RefusalReason::BadCredentials);
    }
    assert!(sandbox.is_alive(token.expose()));
}

#[tokio::test]
async fn a_scoped_token_can_do_less_and_the_old_one_lives_on() {
    let (sandbox, github) = start().await;
    let token = new_token(&sandbox);
    for (scoping, selection) in [
        (
            Scoping::new("octocat").permission("contents", "read"),
            "all",
        ),
        (
            Scoping::new("octocat").repositories(["hello-world"]),
            "selected",
        ),
        (Scoping::new(1).repository_ids([1296269]), "selected"),
    ] {
        let scoped = github.scope_token(&token, scoping).await.unwrap();
        assert!(sandbox.is_alive(scoped.token.expose()));
        assert_eq!(scoped.receipt, Receipt::Verified);
        let installation = scoped.details.unwrap().installation.unwrap();
        assert_eq!(
            installation.repository_selection.as_deref(),
            Some(selection)
        );
    }
    assert!(sandbox.is_alive(token.expose()));

    let dead = Secret::new("gho_dead");
    let refusal = refused(github.scope_token(&dead, Scoping::new("octocat")).await);
    assert_eq!(refusal.reason, RefusalReason::InvalidToken);
}

#[tokio::test]
async fn what_a_server_does_not_have_is_not_sent() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let token = new_token(&sandbox);
    let github = enterprise(&sandbox, "2.22");
    let error = github.scope_token(&token, Scoping::new("octocat")).await;
    match error.unwrap_err() {
        RotateError::NotSent(why) => {
            assert!(why.is_impossible());
            assert!(
                why.to_string().contains("3.0 is the first version"),
                "{why}"
            );
        }
        other => panic!("{other:?}"),
    }
    let error = github
        .revoke_credentials([token.clone()])
        .await
        .unwrap_err();
    assert!(error.is_not_sent());
    let error = enterprise(&sandbox, "2.20").device_code(["repo"]).await;
    assert!(error.unwrap_err().is_not_sent());
    assert!(sandbox.requests().is_empty());

    let github = enterprise(&sandbox, "3.0");
    let scoped = github.scope_token(&token, Scoping::new("octocat")).await;
    assert!(scoped.is_ok());
}

#[tokio::test]
async fn leaked_credentials_are_revoked_without_a_secret() {
    let (sandbox, github) = start().await;
    let (one, two) = (new_token(&sandbox), new_token(&sandbox));
    let public = tokenturn::GitHub::public_client(sandbox.client_id())
        .base_url(sandbox.url())
        .build()
        .unwrap();
    for client in [&public, &github] {
        let revoked = client.revoke_credentials([one.clone(), "ghp_unknown".into()]);
        revoked.await.unwrap();
        assert!(!sandbox.is_alive(one.expose()));
    }
    assert!(sandbox.is_alive(two.expose()));
    // The sandbox refuses an authenticated call, as GitHub does.
    let requests = sandbox.requests();
    assert!(
        requests
            .iter()
            .all(|r| r.headers.get("authorization").is_none())
    );

    for count in [0, 1001] {
        let error = github.revoke_credentials(vec![two.clone(); count]).await;
        let error = error.unwrap_err();
        assert!(error.is_not_sent(), "{error}");
    }
    github
        .revoke_credentials(vec![two.clone(); 1000])
        .await
        .unwrap();
    assert!(!sandbox.is_alive(two.expose()));
}

#[tokio::test]
async fn without_a_secret_the_calls_that_need_one_are_not_sent() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let token = new_token(&sandbox);
    let github = tokenturn::GitHub::public_client(sandbox.client_id())
        .base_url(sandbox.url())
        .build()
        .unwrap();
    assert!(github.check_token(&token).await.unwrap_err().is_not_sent());
    assert!(github.reset_token(&token).await.unwrap_err().is_not_sent());
    assert!(github.delete_token(&token).await.unwrap_err().is_not_sent());
    let deletion = github.delete_authorization(&token).await;
    assert!(deletion.unwrap_err().is_not_sent());
    let scoped = github.scope_token(&token, Scoping::new("octocat")).await;
    assert!(scoped.unwrap_err().is_not_sent());
    let code = tokenturn::AuthorizationCode::new("code");
    let exchanged = github.exchange_code(code).await.unwrap_err();
    assert!(exchanged.is_not_sent());
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn what_cannot_be_a_token_is_not_sent() {
    let (sandbox, github) = start().await;
    let token = new_token(&sandbox);
    for (bad, advice) in [
        (String::new(), "is empty"),
        (
            format!("\u{feff}{}", token.expose()),
            "U+FEFF in it, as character 1,",
        ),
        (format!("{}\u{200b}", token.expose()), "U+200B in it"),
        (format!("{}\n", token.expose()), "U+000A in it"),
        (format!("{} ", token.expose()), "a space in it"),
    ] {
        let bad = Secret::new(bad);
        let scoping = Scoping::new("octocat");
        let errors = [
            github.check_token(&bad).await.unwrap_err().into_why(),
            github.reset_token(&bad).await.unwrap_err(),
            github.delete_token(&bad).await.unwrap_err().into_why(),
            github
                .delete_authorization(&bad)
                .await
                .unwrap_err()
                .into_why(),
            github.scope_token(&bad, scoping).await.unwrap_err(),
            github.refresh_token(&bad).await.unwrap_err(),
            github
                .revoke_credentials([token.clone(), bad])
                .await
                .unwrap_err()
                .into_why(),
        ];
        for error in errors {
            let RotateError::NotSent(why) = error else {
                panic!("{error:?}");
            };
            let text = why.to_string();
            assert!(why.is_impossible() && text.contains(advice), "{text}");
            assert!(!text.contains(token.expose()));
        }
    }
    assert!(sandbox.requests().is_empty());

    let error = tokenturn::GitHub::builder("id", "canary\u{a0}")
        .build()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the client secret has U+00A0 in it"),
        "{error}"
    );
    assert!(!error.to_string().contains("canary"));
}

#[tokio::test]
async fn a_secondary_limit_says_how_long_to_wait() {
    let (sandbox, _) = start().await;
    let github = tokenturn::GitHub::builder(sandbox.client_id(), sandbox.client_secret())
        .base_url(sandbox.url())
        .transport(|transport| transport.max_attempts(1))
        .build()
        .unwrap();
    let token = new_token(&sandbox);
    for (status, retry_after, wait) in [(403, None, 60), (403, Some(7), 7), (429, Some(1), 1)] {
        sandbox.set_secondary_limit(SecondaryLimit {
            status,
            retry_after,
        });
        let limited = RefusalReason::RateLimited {
            retry_after: Some(std::time::Duration::from_secs(wait)),
        };
        assert_eq!(refused(github.reset_token(&token).await).reason, limited);
        assert_eq!(
            call_refused(github.check_token(&token).await).reason,
            limited
        );
        assert_eq!(
            call_refused(github.delete_token(&token).await).reason,
            limited
        );
        let revoked = github.revoke_credentials([token.clone()]).await;
        assert_eq!(call_refused(revoked).reason, limited);
    }
    sandbox.set_secondary_limit(None);
    assert!(github.check_token(&token).await.unwrap().is_valid());
}

#[tokio::test]
async fn details_are_serialized_without_the_token() {
    let (sandbox, github) = start().await;
    let rotated = github.reset_token(&new_token(&sandbox)).await.unwrap();
    let json = serde_json::to_string(&rotated.details).unwrap();
    assert!(json.contains("\"token\":\"Secret("), "{json}");
    assert!(!json.contains(rotated.token.expose()), "{json}");

    let user = sandbox.new_ohmygpt_user();
    let ohmygpt = super::ohmygpt(&sandbox, &sandbox.ohmygpt_client_secret());
    let rotated = ohmygpt.rotate_admin_token(&user.oauth_token.into()).await;
    let rotated = rotated.unwrap();
    let json = serde_json::to_string(&rotated.details).unwrap();
    assert!(!json.contains(rotated.token.expose()), "{json}");
}
