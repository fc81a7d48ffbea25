//! What comes of a token that a git server does not take.

use serde_json::json;
use tokenturn_tests::crash::{Place, Point};

use super::*;

const MONA: [&str; 2] = ["--id", "mona"];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_about_what_is_not_in_the_vault() {
    let (world, pair) = World::with_mona().await;
    let old = pair.token.clone();
    world.import(&[world.row("mona", &pair.expired())]);
    let (new, _) = world.get();
    let (before, calls) = (world.shown("mona"), world.calls());
    // git began with it before it was refreshed.
    world.tell(&MONA, "erase", &format!("password={old}\n"));
    world.tell(&MONA, "erase", "username=mona\n");
    assert_eq!(world.shown("mona"), before);
    assert_eq!(world.calls(), calls);
    assert_eq!(world.get().0, new);
}

/// The server refuses for a reason of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_lives_stays() {
    let (world, pair) = World::with_mona().await;
    let (before, calls) = (world.shown("mona"), world.calls());
    world.tell(&MONA, "erase", &format!("password={}\n", pair.token));
    assert_eq!(world.calls(), calls + 1);
    assert_eq!(world.shown("mona"), before);
    assert_eq!(world.get().0, pair.token);
}

/// The vault takes it for alive, and the provider does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_token_is_refreshed_when_git_asks_again() {
    let (world, pair) = World::with_mona().await;
    world.sandbox.advance(9 * HOUR);
    assert_eq!(world.get().0, pair.token);
    assert!(!world.sandbox.is_alive(&pair.token));
    world.tell(&MONA, "erase", &format!("password={}\n", pair.token));
    let (password, _) = world.get();
    assert!(world.sandbox.is_alive(&password));
    assert_eq!(world.refreshes(), 1);
}

/// The next one that git asks for is another one, so there is nothing to tell.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_being_replaced_is_no_trouble() {
    let world = World::new().await;
    let (gate, pair) = (world.gate().await, world.sign_in().await);
    let url = gate.url();
    let mut row = world.row("mona", &pair);
    row["server"] = json!(url);
    world.import(&[row]);
    let held = gate.hold(CHECK, Point::Answer);
    let command = world.helper(&["--base-url", &url, "--id", "mona"], "erase");
    let host = url.strip_prefix("http://").unwrap();
    let words = format!("protocol=http\nhost={host}\npassword={}\n\n", pair.token);
    let git = start(command, &words);
    held.is_there().await;
    let place = Place::Sqlite(world.path().join("tokenturn.db"));
    place.execute("UPDATE token SET state = 'rotating'");
    held.release().await;
    let output = git.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert_eq!(both(&output), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_token_without_a_refresh_token_is_said_to_be_dead() {
    let (world, pair) = World::with_mona().await;
    world.sandbox.advance(9 * HOUR);
    let mut row = world.row("mona", &pair);
    row["refresh_token"] = json!(null);
    world.import(&[row]);
    world.tell(&MONA, "erase", &format!("password={}\n", pair.token));
    assert_eq!(world.shown("mona")["state"], "revoked");
    let output = world.ask(&MONA, "get", "");
    assert_ends(&output, 1, "the token of \"mona\" is revoked since ");
    assert_eq!(stdout(&output), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_client_secret_nobody_is_asked() {
    let (world, pair) = World::with_mona().await;
    let (before, calls) = (world.shown("mona"), world.calls());
    let mut command = world.helper(&MONA, "erase");
    command.env_remove(SECRET_VARIABLE);
    let output = run(command, &world.words(&format!("password={}\n", pair.token)));
    assert_ends(
        &output,
        0,
        "note: the server does not take the token \"mona\"",
    );
    assert!(!both(&output).contains(&pair.token));
    assert_eq!(world.shown("mona"), before);
    assert_eq!(world.calls(), calls);
}
