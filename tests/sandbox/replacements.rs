//! The log of what was done, which judges what an app says about itself.

use std::time::Duration;

use tokenturn::Secret;
use tokenturn_sandbox::{Fault, Sandbox};
use tokio::time::advance;

use super::{clock, github, new_token, ohmygpt, start};

#[tokio::test]
async fn resets_and_rotations_are_noted_in_their_order() {
    let (sandbox, github) = start().await;
    let ohmygpt = ohmygpt(&sandbox, "secret");
    let old = new_token(&sandbox);
    let user = sandbox.new_ohmygpt_user();

    let first = github.reset_token(&old).await.unwrap();
    let oauth_token = Secret::new(user.oauth_token.clone());
    let admin = ohmygpt.rotate_admin_token(&oauth_token).await.unwrap();
    let second = github.reset_token(&first.token).await.unwrap();
    // Dead by now.
    assert!(github.reset_token(&old).await.is_err());

    let done = sandbox.replacements();
    let seen: Vec<_> = done
        .iter()
        .map(|done| (&*done.old, &*done.new, done.account.as_deref()))
        .collect();
    let account = Some(oauth_token.expose());
    assert_eq!(
        seen,
        [
            (old.expose(), first.token.expose(), None),
            (&*user.admin_token, admin.token.expose(), account),
            (first.token.expose(), second.token.expose(), None),
        ]
    );
    assert!(done.is_sorted_by_key(|done| done.at));
    assert!(done.iter().all(|done| done.answered >= Some(done.at)));
}

#[tokio::test]
async fn a_replacement_is_noted_whatever_became_of_its_answer() {
    let (sandbox, github) = start().await;
    let [before, after] = [new_token(&sandbox), new_token(&sandbox)];
    sandbox.set_fault(Fault::BeforeChange);
    assert!(github.reset_token(&before).await.unwrap_err().is_unknown());
    sandbox.set_fault(Fault::AfterChange);
    assert!(github.reset_token(&after).await.unwrap_err().is_unknown());

    let done = sandbox.replacements();
    assert_eq!(done.len(), 1);
    assert_eq!(done[0].old, after.expose());
    assert!(sandbox.is_alive(&done[0].new));
    assert!(done[0].answered.is_none());
}

#[tokio::test]
async fn a_caller_who_goes_away_gets_no_answer() {
    let (sandbox, github) = start().await;
    let old = new_token(&sandbox);
    let _clock = clock::stop();
    sandbox.set_fault(Fault::Slow(Duration::from_secs(1)));
    tokio::select! {
        result = github.reset_token(&old) => panic!("{result:?}"),
        () = clock::until("the change is made", || sandbox.replacement_count() == 1) => {}
    }
    // The sandbox hears that the caller is gone before it hears of another call.
    for _ in 0..2 {
        assert!(!github.check_token(&old).await.unwrap().is_valid());
        advance(Duration::from_secs(2)).await;
    }
    assert!(!sandbox.is_alive(old.expose()));
    assert!(sandbox.replacements()[0].answered.is_none());
}

#[tokio::test]
async fn replacements_are_noted_when_requests_are_not() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let github = github(&sandbox, &sandbox.client_secret());
    let mut token = new_token(&sandbox);
    for (recording, requests) in [(true, 1), (false, 1), (true, 2)] {
        sandbox.set_recording(recording);
        token = github.reset_token(&token).await.unwrap().token;
        assert_eq!(sandbox.requests().len(), requests);
    }
    assert_eq!(sandbox.replacements().len(), 3);
}
