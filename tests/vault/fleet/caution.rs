//! A run that stops before it burns: the first token, those that are lost, and the same no.

use std::time::Duration;

use httpmock::{Method, Mock, MockServer};
use serde_json::json;
use tokenturn::{GitHub, Secret};
use tokenturn_sandbox::{Calls, Fault, Sandbox};
use tokenturn_tests::CLIENT_ID;
use tokenturn_tests::crash::{Fate, Gate, Point};
use tokenturn_vault::{
    Client, Entry, Filter, FleetOptions, State, Stop, Summary, Tokens, Vault, VaultError,
};

use super::{World, all, fast, paused, unpaced, words};
use crate::vault::old;
use crate::vault::place::Place;
use crate::vault::provider::assert_alive;
use crate::vault::{key, on_all, stream};

on_all!(
    the_first_token_goes_alone,
    without_a_check_the_first_token_is_the_last,
    a_new_token_that_is_not_valid_is_the_last,
    answers_that_never_come_cost_three_tokens,
    as_many_may_be_lost_as_somebody_says,
    nothing_is_begun_while_too_much_is_in_doubt,
    what_dead_owners_lost_does_not_count,
    a_no_to_all_stops_it_at_once,
    the_same_no_stops_it_after_a_while,
    what_was_said_to_another_process_is_counted,
    invalid_tokens_are_the_same_no,
    no_two_rows_get_one_token,
    tokens_that_are_only_found_prove_nothing,
    a_new_token_that_somebody_else_has_replaced_is_no_reason_to_stop,
);

/// Puts tokens of an app at this URL into a vault, and makes a client for them.
async fn put(vault: &Vault, url: String, app: [&str; 2], tokens: Vec<String>) -> Client {
    let [id, secret] = app;
    let github = GitHub::builder(id, secret).base_url(url);
    let client = Client::from(github.build().unwrap());
    let rows = tokens.into_iter().enumerate().map(|(n, token)| {
        let id = format!("{n:04}");
        Ok(Entry::new(id, client.app(), Tokens::github(token)))
    });
    vault.import(stream(rows)).await.unwrap();
    client
}

/// The same for a server that is no sandbox.
async fn put_some(vault: &Vault, server: &MockServer, count: usize) -> Client {
    let tokens = (0..count).map(|n| format!("gho_{n:036}")).collect();
    put(vault, server.base_url(), [CLIENT_ID, "secret"], tokens).await
}

/// Answers every call of this method, in GitHub's name.
async fn answers<'a>(
    server: &'a MockServer,
    method: Method,
    status: u16,
    body: serde_json::Value,
) -> Mock<'a> {
    let mock = server.mock_async(|when, then| {
        when.method(method);
        then.status(status)
            .header("content-type", "application/json; charset=utf-8")
            .header("x-github-request-id", "C0DE:1")
            .body(body.to_string());
    });
    mock.await
}

fn no(message: &str) -> serde_json::Value {
    let page = "https://docs.github.com/rest/apps/oauth-applications#reset-a-token";
    json!({ "message": message, "documentation_url": page })
}

/// A new token of this letter alone.
fn authorization(letter: &str) -> serde_json::Value {
    let token = format!("gho_{}", letter.repeat(36));
    json!({
        "id": 1,
        "scopes": [],
        "token": token,
        "token_last_eight": letter.repeat(8),
        "hashed_token": Secret::new(&*token).fingerprint().to_string(),
    })
}

async fn the_first_token_goes_alone(place: Place) {
    let sandbox = Sandbox::start(0).await.unwrap();
    let gate = Gate::start(&sandbox.url()).await;
    let vault = place.open_quick(&key()).await;
    let app = [&*sandbox.client_id(), &*sandbox.client_secret()];
    let client = put(&vault, gate.url(), app, sandbox.new_github_tokens(40)).await;
    let count = async |state| vault.count(&Filter::new().state(state)).await.unwrap();

    let reset = gate.hold("PATCH", Point::Answer);
    let check = gate.hold("POST", Point::Answer);
    let fleet = vault.rotate_all([client], Filter::new(), unpaced(8));
    let mut fleet = fleet.await.unwrap();
    reset.is_there().await;
    assert_eq!(count(State::Rotating).await, 1);
    reset.release().await;
    // It is asked about when it is stored.
    check.is_there().await;
    assert_eq!(count(State::Active).await, 40);
    assert_eq!(sandbox.replacement_count(), 1);
    check.release().await;
    all(&mut fleet).await;
    assert_eq!(fleet.summary().replaced, 40);
    assert_alive(&vault, &sandbox, 40).await;
}

async fn without_a_check_the_first_token_is_the_last(place: Place) {
    let world = World::new(&place, 20).await;
    world.sandbox.set_fault(Fault::NoChecks);
    let mut fleet = world.begin(unpaced(8)).await;
    assert!(all(&mut fleet).await.is_empty());
    let summary = fleet.summary();
    assert!(
        matches!(&summary.stopped, Some(Stop::Unproven(why)) if why.contains("503")),
        "{summary:?}"
    );
    let counts = (summary.replaced, summary.unknown, summary.not_attempted);
    assert_eq!(counts, (0, 1, 19));
    assert_eq!(world.resets(), 1);

    // It is asked about before anything else is done with it.
    world.sandbox.set_fault(None);
    let mut fleet = world.begin(unpaced(8)).await;
    assert_eq!(words(&all(&mut fleet).await), ["replaced", "resolved"]);
    let summary = fleet.summary();
    assert_eq!((summary.replaced, summary.resolved), (19, 1));
    assert_eq!(world.resets(), 21);
    assert_alive(&world.vault, &world.sandbox, 20).await;
}

async fn a_new_token_that_is_not_valid_is_the_last(place: Place) {
    let server = MockServer::start_async().await;
    let resets = answers(&server, Method::PATCH, 200, authorization("n")).await;
    let checks = answers(&server, Method::POST, 404, no("Not Found")).await;
    let vault = place.open_quick(&key()).await;
    let client = put_some(&vault, &server, 10).await;
    let fleet = vault.rotate_all([client], Filter::new(), unpaced(4));
    let mut fleet = fleet.await.unwrap();
    assert_eq!(words(&all(&mut fleet).await), ["lost"]);
    let summary = fleet.summary();
    assert!(
        matches!(&summary.stopped, Some(Stop::Unproven(why)) if why.contains("not valid")),
        "{summary:?}"
    );
    let calls = (resets.calls_async().await, checks.calls_async().await);
    assert_eq!(calls, (1, 3));
}

async fn answers_that_never_come_cost_three_tokens(place: Place) {
    let world = World::new(&place, 200).await;
    world.sandbox.set_fault(Fault::AfterChange);
    let mut fleet = world.begin(unpaced(16)).await;
    assert_eq!(words(&all(&mut fleet).await), ["lost"]);
    let summary = fleet.summary();
    assert!(
        matches!(summary.stopped, Some(Stop::Lost(3))),
        "{summary:?}"
    );
    assert_eq!((summary.lost, summary.not_attempted), (3, 197));
    assert_eq!(world.resets(), 3);

    world.sandbox.set_fault(None);
    let mut fleet = world.begin(unpaced(16)).await;
    assert_eq!(words(&all(&mut fleet).await), ["replaced"]);
    world.assert_once_each();
    assert_eq!(world.count(State::Lost).await, 3);
}

async fn as_many_may_be_lost_as_somebody_says(place: Place) {
    let world = World::new(&place, 30).await;
    world.sandbox.add_fault(Fault::AfterChange, Calls::OneIn(5));
    let mut fleet = world.begin(unpaced(4).max_lost(7)).await;
    all(&mut fleet).await;
    let summary = fleet.summary();
    assert!(summary.stopped.is_none(), "{summary:?}");
    assert_eq!((summary.replaced, summary.lost), (24, 6));
    world.assert_once_each();
}

async fn nothing_is_begun_while_too_much_is_in_doubt(place: Place) {
    let builder = Vault::builder().leave_alone(Duration::from_secs(60 * 60));
    let world = World::with(&place, builder, 20).await;
    world.sandbox.set_fault(Fault::AfterChange);
    let mut fleet = world.begin(unpaced(8)).await;
    // It has nothing left to do.
    paused(&fleet).await;
    assert_eq!(world.count(State::Unknown).await, 3);
    assert_eq!(world.resets(), 3);
    // What others find out counts as well.
    place.sql("UPDATE token SET state = 'lost' WHERE state = 'unknown'");
    assert!(all(&mut fleet).await.is_empty());
    let summary = fleet.summary();
    assert!(
        matches!(summary.stopped, Some(Stop::Lost(3))),
        "{summary:?}"
    );
    assert_eq!(world.resets(), 3);
}

async fn what_dead_owners_lost_does_not_count(place: Place) {
    let world = World::new(&place, 12).await;
    let github = world.client.downcast_ref::<GitHub>().unwrap();
    for entry in &world.entries[..6] {
        let token = entry.tokens.token.as_ref().unwrap();
        let _ = github.reset_token(token).await.unwrap();
    }
    place.sql("UPDATE token SET state = 'rotating', until = 0, span = 0 WHERE id < '0006'");
    let mut fleet = world.begin(unpaced(4)).await;
    all(&mut fleet).await;
    let summary = fleet.summary();
    assert!(summary.stopped.is_none(), "{summary:?}");
    assert_eq!((summary.replaced, summary.lost), (6, 6));
}

async fn a_no_to_all_stops_it_at_once(place: Place) {
    let vault = place.open_quick(&key()).await;
    for status in [301, 400, 405, 410] {
        let server = MockServer::start_async().await;
        let resets = answers(&server, Method::PATCH, status, no("Not this way")).await;
        let client = put_some(&vault, &server, 20).await;
        let fleet = vault.rotate_all([client], Filter::new(), fast());
        let mut fleet = fleet.await.unwrap();
        assert!(all(&mut fleet).await.is_empty());
        let summary = fleet.summary();
        assert!(
            matches!(&summary.stopped, Some(Stop::Refused(refusal)) if refusal.status == status),
            "{summary:?}"
        );
        assert_eq!(summary.not_attempted, 20);
        assert_eq!(resets.calls_async().await, 1);
        for row in 0..20 {
            let id = format!("{row:04}");
            let row = vault.get(&id).await.unwrap().unwrap();
            assert_eq!(row.state(), State::Active);
            assert!(vault.remove(&id).await.unwrap());
        }
    }
}

async fn the_same_no_stops_it_after_a_while(place: Place) {
    let server = MockServer::start_async().await;
    let resets = answers(&server, Method::PATCH, 403, no("Not by you")).await;
    let vault = place.open_quick(&key()).await;
    let client = put_some(&vault, &server, 30).await;
    let run = async |options: FleetOptions| {
        let fleet = vault.rotate_all([client.clone()], Filter::new(), options);
        let mut fleet = fleet.await.unwrap();
        assert_eq!(words(&all(&mut fleet).await), ["refused"]);
        fleet
    };
    let fleet = run(fast()).await;
    let summary = fleet.summary();
    assert!(
        matches!(summary.stopped, Some(Stop::SameRefusal(_))),
        "{summary:?}"
    );
    assert_eq!(summary.not_attempted, 20);
    assert_eq!(resets.calls_async().await, 10);
    let (filter, options) = (Filter::new(), fast());
    let plan = vault
        .plan([client.clone()], &filter, &options)
        .await
        .unwrap();
    let plan = &plan.apps[0];
    assert_eq!((plan.done, plan.passed_over, plan.unknown), (10, 10, 0));
    let fleet = run(fast().max_same_refusal(0)).await;
    assert!(fleet.summary().stopped.is_none());
    // Those of the first part are not replaced either.
    assert_eq!(fleet.summary().passed_over, 10);
    assert_eq!(resets.calls_async().await, 30);
}

/// Of two runs at once, each tells of all that is not replaced.
async fn what_was_said_to_another_process_is_counted(place: Place) {
    let server = MockServer::start_async().await;
    let vault = place.open_quick(&key()).await;
    let client = put_some(&vault, &server, 40).await;
    for (status, told) in [
        (
            403,
            (|s| (s.refused.values().sum(), s.passed_over)) as fn(&Summary) -> _,
        ),
        (404, |s| (s.invalid, s.dead)),
    ] {
        let message = if status == 404 {
            "Not Found"
        } else {
            "Not by you"
        };
        let resets = answers(&server, Method::PATCH, status, no(message)).await;
        let options = || unpaced(2).max_same_refusal(0).afresh();
        let one = vault.rotate_all([client.clone()], Filter::new(), options());
        let mut one = one.await.unwrap();
        let other = vault.rotate_all(
            [client.clone()],
            Filter::new(),
            unpaced(2).max_same_refusal(0),
        );
        let mut other = other.await.unwrap();
        assert_eq!(other.runs()[0].number, one.runs()[0].number);
        tokio::join!(all(&mut one), all(&mut other));
        let (one, other) = (told(one.summary()), told(other.summary()));
        assert_eq!(one.0 + other.0, 40, "{status}");
        assert_eq!((one.0 + one.1, other.0 + other.1), (40, 40), "{status}");
        resets.delete_async().await;
    }
}

async fn invalid_tokens_are_the_same_no(place: Place) {
    let server = MockServer::start_async().await;
    answers(&server, Method::PATCH, 404, no("Not Found")).await;
    let vault = place.open_quick(&key()).await;
    let client = put_some(&vault, &server, 20).await;
    let fleet = vault.rotate_all([client], Filter::new(), fast().max_same_refusal(4));
    let mut fleet = fleet.await.unwrap();
    assert_eq!(words(&all(&mut fleet).await), ["invalid"]);
    let summary = fleet.summary();
    assert!(
        matches!(summary.stopped, Some(Stop::SameRefusal(_))),
        "{summary:?}"
    );
    assert_eq!((summary.invalid, summary.not_attempted), (4, 16));
    let revoked = Filter::new().state(State::Revoked);
    assert_eq!(vault.count(&revoked).await.unwrap(), 4);
}

/// Somebody answers for the provider, and with the same each time.
async fn no_two_rows_get_one_token(place: Place) {
    let server = MockServer::start_async().await;
    answers(&server, Method::PATCH, 200, authorization("n")).await;
    answers(&server, Method::POST, 200, authorization("n")).await;
    let key = key();
    drop(place.open_quick(&key).await);
    old::make(&place, 1);
    let vault = place.open_quick(&key).await;
    let client = put_some(&vault, &server, 40).await;
    let fleet = vault.rotate_all([client.clone()], Filter::new(), unpaced(4));
    let mut fleet = fleet.await.unwrap();
    let settled = all(&mut fleet).await;
    assert_eq!(words(&settled), ["not_saved", "replaced"]);
    let summary = fleet.summary();
    assert!(
        matches!(summary.stopped, Some(Stop::Duplicate(_))),
        "{summary:?}"
    );
    assert_eq!(summary.replaced, 1);
    assert!(summary.not_saved <= 4, "{summary:?}");
    let mut rows = vault.list(Filter::new());
    let (mut new, mut in_doubt) = (0, 0);
    while let Some(row) = rows.next().await {
        let row = row.unwrap();
        new += usize::from(row.tokens.token.unwrap().expose().contains("nnn"));
        in_doubt += u64::from(row.progress.state == State::Unknown);
    }
    assert_eq!((new, in_doubt), (1, summary.not_saved));

    // One by one it is no other.
    let untouched = Filter::new()
        .state(State::Active)
        .older_than(Duration::ZERO);
    let mut rows = vault.list(untouched);
    let held = loop {
        let row = rows.next().await.unwrap().unwrap();
        if row.generation == 1 {
            break row;
        }
    };
    let error = vault.rotate(&client, &held).await.unwrap_err();
    assert!(
        matches!(&error, VaultError::NotSaved { why, .. } if why.is_duplicate()),
        "{error}"
    );
}

/// Each doubt is resolved before the next row has its turn, as with a provider that takes long.
async fn tokens_that_are_only_found_prove_nothing(place: Place) {
    let sandbox = Sandbox::start(0).await.unwrap();
    let gate = Gate::start(&sandbox.url()).await;
    gate.tell(|request| match request.starts_with(b"PATCH ") {
        true => Fate::Altered(Box::new(in_page)),
        false => Fate::Pass,
    });
    // Many that are replaced at once would be under way together.
    sandbox.set_fault(Fault::Slow(Duration::from_secs(1)));
    let builder = Vault::builder().leave_alone(Duration::from_millis(10));
    let vault = place.built(builder, &key()).await.unwrap();
    let app = [&*sandbox.client_id(), &*sandbox.client_secret()];
    let client = put(&vault, gate.url(), app, sandbox.new_github_tokens(40)).await;
    let options = FleetOptions::new().concurrency(8).per_second(10.0);
    let fleet = vault.rotate_all([client], Filter::new(), options);
    let mut fleet = fleet.await.unwrap();
    assert_eq!(words(&all(&mut fleet).await), ["resolved"]);
    let summary = fleet.summary();
    assert!(
        matches!(summary.stopped, Some(Stop::NotBelieved(3))),
        "{summary:?}"
    );
    assert_eq!((summary.resolved, summary.unknown), (3, 0), "{summary:?}");
    assert_eq!(sandbox.replacement_count(), 3);
    assert_alive(&vault, &sandbox, 40).await;
}

/// The token of an answer, in an answer that is not the provider's.
fn in_page(answer: Vec<u8>) -> Vec<u8> {
    let answer = String::from_utf8(answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let page = format!(
        "<html><script>state = {}</script>",
        json!({ "token": body["token"] })
    );
    let length = page.len();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\r\n");
    (head + &page).into_bytes()
}

/// Another run, or whoever needs a token, comes between the first new token and the question about it.
async fn a_new_token_that_somebody_else_has_replaced_is_no_reason_to_stop(place: Place) {
    let sandbox = Sandbox::start(0).await.unwrap();
    let gate = Gate::start(&sandbox.url()).await;
    let vault = place.open_quick(&key()).await;
    let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
    let tokens = sandbox.new_github_tokens(4);
    let client = put(&vault, gate.url(), [&id, &secret], tokens).await;
    let proof = gate.hold("POST /applications/", Point::Request);
    let fleet = vault.rotate_all([client.clone()], Filter::new(), fast());
    let mut fleet = fleet.await.unwrap();
    proof.is_there().await;
    let first = vault.get("0000").await.unwrap().unwrap();
    assert_eq!(first.generation, 2);
    vault.rotate(&client, &first).await.unwrap();
    proof.release().await;
    all(&mut fleet).await;
    let summary = fleet.summary();
    assert!(summary.stopped.is_none(), "{summary:?}");
    assert_eq!(summary.replaced, 4);
    assert_alive(&vault, &sandbox, 4).await;
}
