//! What OhMyGPT says no to: there the row's own token authorizes the call.

use std::time::{Duration, Instant};

use httpmock::MockServer;
use tokenturn::{OhMyGpt, RefusalReason};
use tokenturn_tests::crash::{Gate, Point};
use tokenturn_vault::{Client, Entry, Filter, FleetOptions, State, Tokens, Vault};

use super::{all, paused};
use crate::vault::place::Place;
use crate::vault::{key, on_all, stream};

on_all!(
    a_token_that_is_not_admitted_stops_no_run,
    a_burst_of_limits_is_one_limit,
);

/// An answer to a rotation, and to the question whose token it is.
const DONE: &str =
    r#"{"statusCode":200,"data":{"token":"sk-new","userId":"1","userEmail":"a@b.c"}}"#;
const ROTATION: &str = "POST /api/v1/user/oauth/app/rotate-user-admin-token";

/// A vault with the tokens `oauth-0`, `oauth-1` and so on.
async fn with_users(place: &Place, url: String, count: usize) -> (Vault, Client) {
    let ohmygpt = OhMyGpt::builder().base_url(url);
    let client = Client::from(ohmygpt.build().unwrap());
    let vault = place.open_quick(&key()).await;
    let rows = (0..count).map(|n| {
        let tokens = Tokens::ohmygpt(format!("oauth-{n}"), None);
        Ok(Entry::new(n.to_string(), client.app(), tokens))
    });
    vault.import(stream(rows)).await.unwrap();
    (vault, client)
}

async fn a_token_that_is_not_admitted_stops_no_run(place: Place) {
    let server = MockServer::start_async().await;
    server
        .mock_async(|when, then| {
            when.header("authorization", "Bearer oauth-0");
            let refusal = r#"{"statusCode":401,"errorType":"other","message":"no","data":null}"#;
            then.status(401).body(refusal);
        })
        .await;
    server
        .mock_async(|when, then| {
            when.header("authorization", "Bearer oauth-1");
            then.status(200).body(DONE);
        })
        .await;
    let (vault, client) = with_users(&place, server.base_url(), 2).await;
    let options = FleetOptions::new().concurrency(1);
    let fleet = vault.rotate_all([client], Filter::new(), options);
    let mut fleet = fleet.await.unwrap();
    all(&mut fleet).await;
    let summary = fleet.summary();
    assert!(summary.stopped.is_none(), "{summary:?}");
    let refused = summary
        .refused
        .get(RefusalReason::BadCredentials.as_str())
        .copied();
    assert_eq!((summary.replaced, refused), (1, Some(1)));
    // A call that is refused has replaced nothing.
    let row = vault.get("0").await.unwrap().unwrap();
    assert_eq!(row.state(), State::Active);
}

async fn a_burst_of_limits_is_one_limit(place: Place) {
    const CALLS: usize = 16;
    let server = MockServer::start_async().await;
    let mut done = Vec::new();
    for user in 0..2 + CALLS {
        let mock = server.mock_async(|when, then| {
            when.header("authorization", format!("Bearer oauth-{user}"));
            then.status(200)
                .body(DONE.replace("sk-new", &format!("sk-new{user}")));
        });
        done.push(mock.await);
    }
    let gate = Gate::start(&server.base_url()).await;
    let (vault, client) = with_users(&place, gate.url(), 2 + CALLS).await;
    let options = FleetOptions::new().concurrency(CALLS);
    let run = async || {
        let clients = [client.clone()];
        let fleet = vault.rotate_all(clients, Filter::new(), options.clone());
        fleet.await.unwrap()
    };
    // The first two go alone, and the others are under way before one of them is answered.
    let canaries = [(); 2].map(|()| gate.hold(ROTATION, Point::Answer));
    let held = [(); CALLS].map(|()| gate.hold(ROTATION, Point::Request));
    let mut refused = run().await;
    for canary in canaries {
        canary.pass().await;
    }
    for call in &held {
        call.is_there().await;
    }
    for mock in done {
        mock.delete_async().await;
    }
    let limit = server.mock_async(|when, then| {
        when.any_request();
        then.status(429);
    });
    let limit = limit.await;
    refused.stopper().stop();
    for call in held {
        call.release().await;
    }
    all(&mut refused).await;
    assert_eq!(refused.summary().not_attempted, CALLS as u64);

    // The next run is told how long that holds.
    let mut waiting = run().await;
    let until = paused(&waiting).await;
    let held = until.saturating_duration_since(Instant::now());
    assert!(held <= Duration::from_secs(60), "{held:?}");
    waiting.stopper().stop();
    all(&mut waiting).await;
    assert_eq!(limit.calls_async().await, CALLS);
}
