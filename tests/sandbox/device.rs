//! GitHub's login host: the device flow.

use std::time::Duration;

use tokenturn::github::DeviceCode;
use tokenturn::sink::MemorySink;
use tokenturn::{GitHub, RefusalReason, RotateError, Rotations};
use tokenturn_sandbox::{Calls, Fault, Sandbox};
use tokio::time::{Instant, advance, timeout};

use super::{call_refused, clock, refused};

async fn start() -> (Sandbox, GitHub) {
    let sandbox = Sandbox::start(0).await.unwrap();
    sandbox.set_device_interval(0);
    let github = GitHub::public_client(sandbox.client_id());
    let github = github.base_url(sandbox.url()).build().unwrap();
    (sandbox, github)
}

/// A device code that is polled for without a pause that anybody notices.
async fn device_code(github: &GitHub) -> DeviceCode {
    let mut device = github.device_code(["repo"]).await.unwrap();
    device.interval = Duration::from_millis(1);
    device
}

fn polls(sandbox: &Sandbox) -> usize {
    let requests = sandbox.requests();
    let polls = requests.iter().filter(|r| r.path.ends_with("access_token"));
    polls.count()
}

#[tokio::test]
async fn a_user_types_the_code_in() {
    let (sandbox, github) = start().await;
    let mut device = github.device_code(["repo", "gist"]).await.unwrap();
    assert_eq!(device.user_code.len(), 9);
    assert_eq!(
        device.verification_uri,
        format!("{}/login/device", sandbox.url())
    );
    // A server that says 0 has not said.
    assert_eq!(device.interval, Duration::from_secs(5));
    device.interval = Duration::from_millis(1);
    assert_eq!(device.expires_in, Duration::from_secs(900));
    let shown = format!("{device:?}");
    assert!(shown.contains("/login/device") && !shown.contains(&device.user_code));

    let user_code = device.user_code.clone();
    let waiting = tokio::spawn(github.wait_for_device(device.clone()));
    while polls(&sandbox) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(sandbox.approve_device(&user_code));
    let token = waiting.await.unwrap().unwrap();
    assert!(sandbox.is_alive(token.token.expose()));
    assert_eq!(token.details.unwrap().scopes.unwrap(), ["repo", "gist"]);

    // The code is used up, which counts when it has been said three times.
    let before = polls(&sandbox);
    let refusal = refused(github.wait_for_device(device).await);
    assert_eq!(refusal.reason, RefusalReason::IncorrectDeviceCode);
    assert_eq!(polls(&sandbox) - before, 3);

    sandbox.set_device_interval(7);
    let device = github.device_code(["repo"]).await.unwrap();
    assert_eq!(device.interval, Duration::from_secs(7));
}

#[tokio::test]
async fn a_token_of_the_device_flow_is_refreshed_without_a_secret() {
    let (sandbox, github) = start().await;
    sandbox.set_expiring_tokens(true);
    let device = device_code(&github).await;
    assert!(sandbox.approve_device(&device.user_code));
    let old = github.wait_for_device(device).await.unwrap();
    let new = github.refresh_token(&old.refresh_token.unwrap()).await;
    assert!(sandbox.is_alive(new.unwrap().token.expose()));
}

#[tokio::test]
async fn a_user_may_say_no() {
    let (sandbox, github) = start().await;
    let device = device_code(&github).await;
    assert!(sandbox.deny_device(&device.user_code));
    let refusal = refused(github.wait_for_device(device).await);
    assert_eq!(refusal.reason, RefusalReason::AccessDenied);
}

#[tokio::test]
async fn a_device_code_expires() {
    let (sandbox, github) = start().await;
    let device = device_code(&github).await;
    sandbox.advance(Duration::from_secs(901));
    let refusal = refused(github.wait_for_device(device).await);
    assert_eq!(refusal.reason, RefusalReason::ExpiredDeviceCode);
}

#[tokio::test]
async fn time_runs_out_even_if_the_server_does_not_say_so() {
    let (_sandbox, github) = start().await;
    for interval in [Duration::from_millis(3), Duration::MAX] {
        let mut device = github.device_code(["repo"]).await.unwrap();
        device.expires_in = Duration::from_millis(5);
        device.interval = interval;
        let refusal = refused(github.wait_for_device(device).await);
        assert_eq!(refusal.reason, RefusalReason::AuthorizationPending);
    }
}

#[tokio::test]
async fn who_asks_too_often_slows_down() {
    const STEP: Duration = Duration::from_millis(10);
    let (sandbox, github) = start().await;
    // The sandbox's clock does not stand still, so the second poll has to come far too early.
    sandbox.set_device_interval(300);
    let mut device = github.device_code(["repo"]).await.unwrap();
    device.interval = 10 * STEP;
    let _clock = clock::stop();
    // Lets time pass until there were so many polls.
    let until_polled = async |times| {
        while polls(&sandbox) < times {
            sandbox.advance(STEP);
            advance(STEP).await;
        }
        Instant::now()
    };
    // 100 ms, pending; 100 ms, slow down: 305 s from then on, as the server asks, and a fifth more.
    let waiting = tokio::spawn(github.wait_for_device(device.clone()));
    let hasty = until_polled(2).await;
    assert!(sandbox.approve_device(&device.user_code));
    let slow = until_polled(3).await;
    assert!(
        slow - hasty >= Duration::from_secs(365),
        "{:?}",
        slow - hasty
    );
    assert!(waiting.await.unwrap().is_ok());
    assert_eq!(polls(&sandbox), 3);
}

#[tokio::test]
async fn a_failure_does_not_end_the_wait() {
    let (sandbox, github) = start().await;
    let device = device_code(&github).await;
    let user_code = device.user_code.clone();
    sandbox.add_fault(Fault::Outage, Calls::Next(1));
    assert!(sandbox.approve_device(&user_code));
    assert!(github.wait_for_device(device).await.is_ok());
    assert_eq!(polls(&sandbox), 2);
}

#[tokio::test]
async fn a_lost_answer_is_no_refusal() {
    let (sandbox, github) = start().await;
    let device = device_code(&github).await;
    assert!(sandbox.approve_device(&device.user_code));
    // The poll brings the token, and the answer is lost. The next ones find a code that is used.
    sandbox.add_fault(Fault::AfterChange, Calls::Next(1));
    let error = github.wait_for_device(device).await.unwrap_err();
    assert!(matches!(error, RotateError::Unknown(_)), "{error:?}");
    assert_eq!(polls(&sandbox), 4);
}

#[tokio::test]
async fn the_device_flow_may_be_off() {
    let (sandbox, github) = start().await;
    sandbox.set_device_flow(false);
    let refusal = call_refused(github.device_code(["repo"]).await);
    assert_eq!(refusal.reason, RefusalReason::DeviceFlowDisabled);

    let other = GitHub::public_client("another").base_url(sandbox.url());
    let other = other.build().unwrap();
    sandbox.set_device_flow(true);
    let refusal = call_refused(other.device_code(["repo"]).await);
    assert_eq!(refusal.reason, RefusalReason::BadCredentials);
}

#[tokio::test]
async fn a_caller_who_goes_away_ends_the_polling() {
    let (sandbox, github) = start().await;
    let (rotations, sink) = (Rotations::new(), MemorySink::new());
    let mut device = github.device_code(["repo"]).await.unwrap();
    device.interval = Duration::from_secs(1);
    let user_code = device.user_code.clone();
    let call = rotations.obtain(github.wait_for_device(device), sink.clone());
    // From here on there is nothing but timers, so the clock goes from one to the next.
    tokio::time::pause();
    // The first poll comes after a second.
    assert!(timeout(Duration::from_millis(300), call).await.is_err());
    // It rests, so it ends at once and not with the device code.
    let drained = timeout(Duration::from_millis(500), rotations.drain()).await;
    assert!(drained.unwrap().is_empty());
    assert!(sandbox.approve_device(&user_code));
    tokio::time::sleep(Duration::from_millis(1200)).await;
    tokio::time::resume();
    // A poll would have been there before this call.
    github.device_code(["repo"]).await.unwrap();
    assert_eq!(polls(&sandbox), 0);
    assert!(sink.tokens().is_empty());
}
