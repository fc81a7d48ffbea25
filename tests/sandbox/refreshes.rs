//! The log of refreshes, and what faults do to them.

use std::time::Duration;

use tokenturn::{GitHub, Secret};
use tokenturn_sandbox::{Calls, ExpiringToken, Fault, Sandbox};
use tokio::time::advance;

use super::{clock, refused, start};

/// What so many refreshes come to, each of a new token: the HTTP status.
async fn refreshes(sandbox: &Sandbox, github: &GitHub, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for new in sandbox.new_expiring_github_tokens(count) {
        statuses.push(match github.refresh_token(&secret(&new)).await {
            Ok(rotated) => rotated.status,
            Err(error) => error.status().unwrap(),
        });
    }
    statuses
}

fn secret(new: &ExpiringToken) -> Secret {
    Secret::new(new.refresh_token.clone())
}

#[tokio::test]
async fn refreshes_are_noted_in_their_order() {
    let (sandbox, github) = start().await;
    let old = sandbox.new_expiring_github_token();
    let first = github.refresh_token(&secret(&old)).await.unwrap();
    let first_refresh = first.refresh_token.as_ref().unwrap();
    let second = github.refresh_token(first_refresh).await.unwrap();
    let second_refresh = second.refresh_token.as_ref().unwrap();

    let done = sandbox.refreshes();
    let seen: Vec<_> = done
        .iter()
        .map(|done| {
            let old = [&*done.old, &*done.old_refresh_token];
            (old, [&*done.new, &*done.new_refresh_token])
        })
        .collect();
    let pairs = [
        [&*old.token, &*old.refresh_token],
        [first.token.expose(), first_refresh.expose()],
        [second.token.expose(), second_refresh.expose()],
    ];
    assert_eq!(seen, [(pairs[0], pairs[1]), (pairs[1], pairs[2])]);
    assert!(done.is_sorted_by_key(|done| done.at));
    assert!(done.iter().all(|done| done.answered >= Some(done.at)));
    assert_eq!(
        (sandbox.refresh_count(), sandbox.replacement_count()),
        (2, 0)
    );

    // A reset is none.
    assert!(github.reset_token(&second.token).await.is_ok());
    assert_eq!(
        (sandbox.refresh_count(), sandbox.replacement_count()),
        (2, 1)
    );
}

#[tokio::test]
async fn refresh_tokens_that_do_not_work_are_counted() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let (sandbox, github) = start().await;
    let [used, expired] = [(); 2].map(|()| sandbox.new_expiring_github_token());
    // For want of the secret, which uses up nothing.
    let stranger = super::github(&sandbox, "wrong");
    refused(stranger.refresh_token(&secret(&used)).await);
    assert_eq!(sandbox.refused_refreshes(), 0);

    assert!(github.refresh_token(&secret(&used)).await.is_ok());
    refused(github.refresh_token(&secret(&used)).await);
    refused(github.refresh_token(&Secret::new("ghr_unknown")).await);
    sandbox.advance(184 * DAY);
    refused(github.refresh_token(&secret(&expired)).await);
    assert_eq!(
        (sandbox.refused_refreshes(), sandbox.refresh_count()),
        (3, 1)
    );
    // What is expired works again when it is not, and what is used up does not.
    sandbox.turn_back(DAY);
    assert!(github.refresh_token(&secret(&expired)).await.is_ok());
    refused(github.refresh_token(&secret(&used)).await);
    assert_eq!(
        (sandbox.refused_refreshes(), sandbox.refresh_count()),
        (4, 2)
    );
}

#[tokio::test]
async fn a_refresh_is_lost_as_a_reset_is() {
    for (fault, done) in [(Fault::BeforeChange, 4), (Fault::AfterChange, 6)] {
        let (sandbox, github) = start().await;
        sandbox.add_fault(fault, Calls::OneIn(3));
        let statuses = refreshes(&sandbox, &github, 6).await;
        assert_eq!(statuses, [200, 200, 502, 200, 200, 502]);
        assert_eq!(sandbox.refresh_count(), done);

        sandbox.set_fault(None);
        sandbox.add_fault(fault, Calls::Next(2));
        let statuses = refreshes(&sandbox, &github, 4).await;
        assert_eq!(statuses, [502, 502, 200, 200]);
    }

    let (sandbox, github) = start().await;
    sandbox.set_fault(Fault::AfterChange);
    let old = sandbox.new_expiring_github_token();
    let error = github.refresh_token(&secret(&old)).await.unwrap_err();
    assert!(error.is_unknown(), "{error:?}");
    let done = &sandbox.refreshes()[0];
    assert!(done.answered.is_none());
    for (token, is_alive) in [
        (&old.token, false),
        (&old.refresh_token, false),
        (&done.new, true),
        (&done.new_refresh_token, true),
    ] {
        assert_eq!(sandbox.is_alive(token), is_alive);
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_gets_no_new_pair() {
    let (sandbox, github) = start().await;
    let old = sandbox.new_expiring_github_token();
    let _clock = clock::stop();
    sandbox.set_fault(Fault::Slow(Duration::from_secs(1)));
    tokio::select! {
        result = github.refresh_token(&secret(&old)) => panic!("{result:?}"),
        () = clock::until("the refresh is done", || sandbox.refresh_count() == 1) => {}
    }
    let token = Secret::new(old.token.clone());
    // The sandbox hears that the caller is gone before it hears of another call.
    for _ in 0..2 {
        assert!(!github.check_token(&token).await.unwrap().is_valid());
        advance(Duration::from_secs(2)).await;
    }
    assert!(sandbox.refreshes()[0].answered.is_none());
}
