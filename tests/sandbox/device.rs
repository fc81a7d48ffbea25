//! GitHub's login host: the device flow.

use std::time::{Duration, SystemTime};

use tokenturn::github::DeviceCode;
use tokenturn::sink::MemorySink;
use tokenturn::{GitHub, RefusalReason, RotateError, Rotations, Timestamp};
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
        assert_eq!(refusal.reason, RefusalReason::ExpiredDeviceCode);
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

/// Another process: all that is left is text.
fn stored(device: &DeviceCode) -> DeviceCode {
    serde_json::from_str(&serde_json::to_string(device).unwrap()).unwrap()
}

/// As [`stored`], by a clock that was then so far behind what it says now.
fn stored_before(device: &DeviceCode, ago: Duration) -> DeviceCode {
    let mut stored = serde_json::to_value(device).unwrap();
    let end: Timestamp = stored["expires_at"].as_str().unwrap().parse().unwrap();
    let end = Timestamp::try_from(SystemTime::from(end) - ago).unwrap();
    stored["expires_at"] = end.to_string().into();
    serde_json::from_value(stored).unwrap()
}

#[tokio::test]
async fn a_device_code_is_stored_and_waited_for_elsewhere() {
    let (sandbox, github) = start().await;
    let device = stored(&stored(&device_code(&github).await));
    assert_eq!(device.interval, Duration::from_millis(1));
    assert!(device.expires_in <= Duration::from_secs(900));
    let other = GitHub::public_client(sandbox.client_id());
    let other = other.base_url(sandbox.url()).build().unwrap();
    let user_code = device.user_code.clone();
    let waiting = tokio::spawn(other.wait_for_device(device));
    while polls(&sandbox) < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(sandbox.approve_device(&user_code));
    let token = waiting.await.unwrap().unwrap();
    assert!(sandbox.is_alive(token.token.expose()));
}

#[tokio::test]
async fn a_stored_device_code_ends_when_it_ends() {
    let (sandbox, github) = start().await;
    let device = github.device_code(["repo"]).await.unwrap();
    let _clock = clock::stop();
    // It ends in 6 s: it is polled for shortly before that and, since the sandbox's clock does not say
    // that it has ended, once more after it.
    let device = stored_before(&device, Duration::from_secs(894));
    let (left, begun) = (device.expires_in, Instant::now());
    let refusal = refused(clock::passes(github.wait_for_device(device)).await);
    assert_eq!(refusal.reason, RefusalReason::ExpiredDeviceCode);
    assert_eq!(refusal.code.as_deref(), Some("authorization_pending"));
    let message = refusal.message.unwrap();
    assert!(message.contains("clock of this machine"), "{message}");
    assert_eq!(polls(&sandbox), 2);
    assert!(begun.elapsed() >= left, "{:?}", begun.elapsed());
}

/// By a clock that may be wrong, so that a token is not left where it is.
#[tokio::test]
async fn a_stored_device_code_that_has_ended_is_polled_for_once() {
    for (is_over, is_approved) in [(true, false), (false, true), (false, false)] {
        let (sandbox, github) = start().await;
        let device = github.device_code(["repo"]).await.unwrap();
        let device = stored_before(&device, Duration::from_secs(3600));
        assert_eq!(device.expires_in, Duration::ZERO);
        if is_over {
            sandbox.advance(Duration::from_secs(901));
        }
        if is_approved {
            assert!(sandbox.approve_device(&device.user_code));
        }
        let _clock = clock::stop();
        let begun = Instant::now();
        let result = clock::passes(github.wait_for_device(device)).await;
        // Not at once: who stored it may have polled just before.
        assert!(begun.elapsed() >= Duration::from_secs(5));
        assert_eq!(polls(&sandbox), 1);
        tokio::time::resume();
        if is_approved {
            assert!(sandbox.is_alive(result.unwrap().token.expose()));
            continue;
        }
        let refusal = refused(result);
        assert_eq!(refusal.reason, RefusalReason::ExpiredDeviceCode);
        let is_pending = refusal.code.as_deref() == Some("authorization_pending");
        assert_eq!(is_pending, !is_over);
    }
}

#[tokio::test]
async fn a_device_code_grows_old_before_it_is_stored_or_waited_for() {
    let (sandbox, github) = start().await;
    let device = github.device_code(["repo"]).await.unwrap();
    let _clock = clock::stop();
    advance(Duration::from_secs(890)).await;
    assert!(stored(&device).expires_in <= Duration::from_secs(10));
    advance(Duration::from_secs(100)).await;
    assert_eq!(stored(&device).expires_in, Duration::ZERO);
    let late = clock::passes(github.wait_for_device(device)).await;
    assert!(late.is_err());
    assert_eq!(polls(&sandbox), 1);
}
