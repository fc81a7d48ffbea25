//! Faults that hit some calls only.

use std::time::Duration;

use tokenturn::GitHub;
use tokenturn_sandbox::{Calls, Fault, Sandbox};
use tokio::time::advance;

use super::{clock, new_token, start};

/// What so many resets come to, each of a new token: the HTTP status.
async fn resets(sandbox: &Sandbox, github: &GitHub, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        let token = new_token(sandbox);
        statuses.push(match github.reset_token(&token).await {
            Ok(rotated) => rotated.status,
            Err(error) => error.status().unwrap(),
        });
        // A call that only asks is not counted.
        if statuses.last() != Some(&503) {
            github.check_token(&token).await.unwrap();
        }
    }
    statuses
}

#[tokio::test]
async fn one_change_in_many_fails() {
    for (fault, done) in [(Fault::BeforeChange, 4), (Fault::AfterChange, 6)] {
        let (sandbox, github) = start().await;
        sandbox.add_fault(fault, Calls::OneIn(3));
        let statuses = resets(&sandbox, &github, 6).await;
        assert_eq!(statuses, [200, 200, 502, 200, 200, 502]);
        assert_eq!(sandbox.replacements().len(), done);
    }
    let (sandbox, github) = start().await;
    sandbox.add_fault(Fault::BeforeChange, Calls::OneIn(0));
    assert_eq!(resets(&sandbox, &github, 2).await, [200, 200]);
}

#[tokio::test]
async fn a_burst_of_failures_passes() {
    let (sandbox, github) = start().await;
    sandbox.add_fault(Fault::Outage, Calls::Next(2));
    let statuses = resets(&sandbox, &github, 4).await;
    assert_eq!(statuses, [503, 503, 200, 200]);
    assert_eq!(sandbox.replacements().len(), 2);
}

#[tokio::test]
async fn several_faults_hit_calls_beside_each_other() {
    let (sandbox, github) = start().await;
    sandbox.add_fault(Fault::Outage, Calls::Next(1));
    sandbox.add_fault(Fault::BeforeChange, Calls::OneIn(2));
    sandbox.add_fault(Fault::AfterChange, Calls::OneIn(2));
    let statuses = resets(&sandbox, &github, 5).await;
    assert_eq!(statuses, [503, 200, 502, 502, 502]);
    // The second one, and the fourth, which is the second that the last fault could hit.
    assert_eq!(sandbox.replacements().len(), 2);

    sandbox.set_fault(None);
    assert_eq!(resets(&sandbox, &github, 3).await, [200; 3]);
}

#[tokio::test]
async fn a_slow_answer_comes_after_the_change() {
    const DELAY: Duration = Duration::from_secs(40);
    const SECOND: Duration = Duration::from_secs(1);
    let (sandbox, github) = start().await;
    let token = new_token(&sandbox);
    let _clock = clock::stop();
    sandbox.set_fault(Fault::Slow(DELAY));
    let caller = (github.clone(), token.clone());
    let reset = tokio::spawn(async move { caller.0.reset_token(&caller.1).await.unwrap() });
    clock::until("the change is made", || sandbox.replacement_count() == 1).await;
    advance(DELAY - SECOND).await;
    // A call that only asks is answered in no time, and the other one would be by then.
    assert!(!github.check_token(&token).await.unwrap().is_valid());
    assert!(sandbox.replacements()[0].answered.is_none());

    advance(2 * SECOND).await;
    let rotated = reset.await.unwrap();
    let done = &sandbox.replacements()[0];
    assert_eq!(done.new, rotated.token.expose());
    assert!(done.answered.is_some());
}
