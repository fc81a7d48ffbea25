//! Two instances of the application at once, and browsers that come to either.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may")]

mod browser;
mod refused;
mod settings;
mod world;

use std::time::{Duration, Instant, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokenturn::Timestamp;
use tokenturn_sandbox::Fault;
use tokenturn_tests::crash::{PATIENCE, Point};
use tokenturn_tests::postgres::Cluster;
use tokenturn_tests::seats;

use browser::Browser;
use world::{PASSWORD, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lives_at_two_instances_on_sqlite() {
    session(World::new(None).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lives_at_two_instances_on_postgresql() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    session(World::new(Some(&cluster.new_database())).await).await;
}

async fn session(world: World) {
    const TIMES: usize = 16;
    let _seats = seats(4).await;
    let mut browser = Browser::default();
    let page = browser.get(&world.one, "/").await;
    assert!(page.body.contains("/sign-in"), "{page:?}");
    world.sign_in(&mut browser).await;
    let mut shown = String::new();
    let mut ask = async |refreshes: usize, generation: u64| {
        for page in world.ask_at_both(&browser, TIMES).await {
            assert_eq!(page.status, 200, "{page:?}");
            assert!(
                page.body.contains("You are <strong>octocat</strong>"),
                "{page:?}"
            );
            shown.push_str(&page.body);
        }
        assert_eq!(world.refreshes(), refreshes);
        assert_eq!(world.row().await.generation, generation);
    };
    ask(0, 1).await;

    // The token comes to its end, by the clock of the vault.
    let mut row = world.row().await;
    let past = SystemTime::now() - Duration::from_secs(60);
    row.tokens.expires_at = Some(Timestamp::try_from(past).unwrap());
    world.vault.put(row).await.unwrap();
    ask(1, 3).await;

    // By GitHub's clock alone.
    world.sandbox.advance(Duration::from_secs(9 * 60 * 60));
    ask(2, 4).await;

    let row = world.row().await;
    let page = browser.post(&world.two, "/sign-out", "").await;
    assert_eq!((page.status, page.location()), (303, "/"));
    assert!(browser.cookies.is_empty());
    assert!(world.rows().await.is_empty());
    let token = row.tokens.token.unwrap();
    assert!(!world.sandbox.is_alive(token.expose()));
    world.assert_no_secret(&shown);
    assert!(
        world
            .log()
            .contains(&format!("signed in row=\"{}\"", row.id)),
        "{}",
        world.log()
    );
}

/// The user of both sessions is the same, so to sign out of one ends the other.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_signed_out_is_signed_out_everywhere() {
    let world = World::new(None).await;
    let (mut browser, mut other) = (Browser::default(), Browser::default());
    world.sign_in(&mut browser).await;
    world.sign_in(&mut other).await;
    assert_eq!(world.rows().await.len(), 2);
    let copy = browser.clone();
    browser.post(&world.one, "/sign-out", "").await;
    for (mut browser, why) in [(copy, "This session is over"), (other, "is revoked since")] {
        let page = browser.get(&world.two, "/").await;
        assert_eq!(page.status, 401);
        assert!(page.body.contains(why), "{page:?}");
        assert!(page.body.contains("/sign-in"), "{page:?}");
        assert!(browser.cookies.is_empty());
        // And begins anew.
        world.sign_in(&mut browser).await;
        assert_eq!(browser.get(&world.one, "/").await.status, 200);
    }
}

/// Of another app than the one that is in use, or of somebody who does not come back.
#[tokio::test(flavor = "multi_thread")]
async fn old_sessions_are_over() {
    let world = World::new(None).await;
    let mut browser = Browser::default();
    world.sign_in(&mut browser).await;
    let other = world.start("abcde12345fghij67890", &[]).await;
    let page = browser.clone().get(&other, "/").await;
    assert_eq!(page.status, 401, "{page:?}");
    assert!(page.body.contains("This session is over"), "{page:?}");
    assert_eq!(browser.get(&world.one, "/").await.status, 200);

    let token = world.row().await.tokens.token.unwrap();
    let client_id = world.sandbox.client_id();
    world.make_old();
    let _sweeper = world.start(&client_id, &[]).await;
    let deadline = Instant::now() + PATIENCE;
    while !world.rows().await.is_empty() {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!world.sandbox.is_alive(token.expose()));
    assert_eq!(browser.get(&world.one, "/").await.status, 401);
    world.assert_no_secret("");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_replaces_tokens_and_nobody_notices() {
    let world = World::new(None).await;
    let (mut browser, mut admin) = (Browser::default(), Browser::default());
    world.sign_in(&mut browser).await;
    let first = world.row().await;

    for password in ["", "canary-admin-passworD"] {
        admin.more = basic(password);
        let page = admin.get(&world.one, "/admin").await;
        assert_eq!(page.status, 401, "{page:?}");
        assert!(page.header("www-authenticate").is_some());
        assert_eq!(
            admin.post(&world.one, "/admin/reset-all", "").await.status,
            401
        );
    }
    admin.more = basic(PASSWORD);
    let page = admin.get(&world.one, "/admin").await;
    assert!(
        page.body
            .contains(&format!("{}: active, number 1", first.id)),
        "{page:?}"
    );

    let reset = format!("row={}", first.id);
    let page = admin.post(&world.one, "/admin/reset", &reset).await;
    assert_eq!((page.status, page.location()), (303, "/admin"));
    let second = world.row().await;
    assert_eq!(second.generation, 2);
    assert!(!world.sandbox.is_alive(first.tokens.token.unwrap().expose()));
    for page in world.ask_at_both(&browser, 4).await {
        assert!(page.body.contains("octocat"), "{page:?}");
    }

    let page = admin.post(&world.two, "/admin/reset-all", "").await;
    assert_eq!(
        page.body,
        format!("{}: replaced\ndone: 1 replaced\n", first.id)
    );
    assert_eq!(world.row().await.generation, 3);
    assert!(
        !world
            .sandbox
            .is_alive(second.tokens.token.unwrap().expose())
    );
    for page in world.ask_at_both(&browser, 4).await {
        assert!(page.body.contains("octocat"), "{page:?}");
    }
    world.assert_no_secret(&page.body);
}

fn basic(password: &str) -> String {
    let both = STANDARD.encode(format!("admin:{password}"));
    format!("authorization: Basic {both}\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn github_may_be_away() {
    let world = World::new(None).await;
    let mut browser = Browser::default();
    world.sign_in(&mut browser).await;
    let callback = world.approve(&mut browser).await;
    world.sandbox.set_fault(Fault::Outage);
    for path in ["/", &callback] {
        let page = browser.get(&world.one, path).await;
        assert_eq!(page.status, 503, "{page:?}");
        assert!(page.body.contains("GitHub does not answer"), "{page:?}");
        assert!(page.header("retry-after").is_some());
    }
    let page = browser.post(&world.one, "/sign-out", "").await;
    assert_eq!(page.status, 503, "{page:?}");
    world.sandbox.set_fault(None);
    // Nobody was signed out, and who was signing in reloads the page.
    assert_eq!(browser.get(&world.one, "/").await.status, 200);
    assert_eq!(browser.get(&world.one, &callback).await.status, 303);
    world.assert_no_secret("");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vault_may_be_away() {
    let Some(mut cluster) = Cluster::find() else {
        return;
    };
    let url = cluster.new_database();
    let world = World::new(Some(&url)).await;
    let mut browser = Browser::default();
    world.sign_in(&mut browser).await;
    let callback = world.approve(&mut browser).await;
    cluster.kill();
    let codes = world.sandbox.requests().len();
    for path in ["/", &callback] {
        let page = browser.get(&world.one, path).await;
        assert_eq!(page.status, 503, "{page:?}");
        assert!(
            page.body.contains("Our database does not answer"),
            "{page:?}"
        );
        assert!(page.header("retry-after").is_some());
    }
    // No code was exchanged for a token that nobody could keep.
    assert_eq!(world.sandbox.requests().len(), codes);
    cluster.restart();
    assert_eq!(browser.get(&world.one, "/").await.status, 200);
    assert_eq!(browser.get(&world.one, &callback).await.status, 303);
    world.assert_no_secret("");
}

/// It is told to end when GitHub has issued a token, its answer is on the way, and the browser has gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_ends_keeps_what_is_on_the_way() {
    let mut world = World::new(None).await;
    let mut browser = Browser::default();
    let callback = world.approve(&mut browser).await;
    let answer = world
        .gate
        .hold("POST /login/oauth/access_token", Point::Answer);
    tokio::select! {
        page = browser.get(&world.one, &callback) => panic!("{page:?}"),
        () = answer.is_there() => {}
    }
    world.one.terminate().await;
    answer.release().await;
    let (_, status) = world.one.process.finish(PATIENCE).await;
    assert!(status.success(), "{}", world.log());
    let token = world.row().await.tokens.token.unwrap();
    assert!(world.sandbox.is_alive(token.expose()));
    world.assert_no_secret("");
}
