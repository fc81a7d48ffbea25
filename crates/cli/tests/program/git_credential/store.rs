//! What of that which git has used comes into the vault.

use serde_json::json;
use tokenturn_tests::crash::Point;

use super::*;

const MONA: [&str; 2] = ["--id", "mona"];

/// What git says of a credential that another helper has got.
fn of(pair: &Pair) -> String {
    let end: tokenturn::Timestamp = pair.expires_at.parse().unwrap();
    let end = std::time::SystemTime::from(end);
    let end = end.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    format!(
        "username=mona\npassword={}\npassword_expiry_utc={end}\noauth_refresh_token={}\n",
        pair.token, pair.refresh_token
    )
}

impl World {
    /// The row has to be signed in to again, and git was told so.
    fn end_mona(&self, pair: &Pair) {
        self.end("mona", pair);
        let output = self.ask(&MONA, "get", "");
        assert_eq!(output.status.code(), Some(1), "{}", both(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_vault_has_is_not_put_in_again() {
    let (world, pair) = World::with_mona().await;
    let (before, calls) = (world.shown("mona"), world.calls());
    world.tell(&MONA, "store", &of(&pair));
    world.tell(&MONA, "store", "username=mona\n");
    assert_eq!(world.shown("mona"), before);
    assert_eq!(world.calls(), calls);
}

/// A push takes long, and another one has refreshed the token meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_token_does_not_replace_a_newer_one() {
    let (world, pair) = World::with_mona().await;
    let old = of(&pair);
    world.import(&[world.row("mona", &pair.expired())]);
    let (new, _) = world.get();
    let (before, calls) = (world.shown("mona"), world.calls());
    world.tell(&MONA, "store", &old);
    assert_eq!(world.shown("mona"), before);
    assert_eq!(world.get().0, new);

    // Nor does one of another sign-in, while this one lives.
    let other = world.sign_in().await;
    let by_sign_in = world.calls() - calls;
    world.tell(&MONA, "store", &of(&other));
    assert_eq!(world.shown("mona"), before);
    assert_eq!(world.calls(), calls + by_sign_in);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_sign_in_takes_the_place_of_a_dead_token() {
    let (world, pair) = World::with_mona().await;
    world.end_mona(&pair);
    // A push that began before ends now.
    let (before, calls) = (world.shown("mona"), world.calls());
    world.tell(&MONA, "store", &format!("password={}\n", pair.token));
    assert_eq!(world.shown("mona"), before);
    assert_eq!(world.calls(), calls);

    let new = world.sign_in().await;
    world.tell(&[], "store", &of(&new));
    assert_eq!(world.shown("mona"), before, "nobody has named the row");
    world.tell(&MONA, "store", &of(&new));
    let (password, end) = world.get();
    assert_eq!(password, new.token);
    assert!(end.is_some());
    assert_eq!(world.shown("mona")["state"], "active");

    // Its refresh token came along.
    world.sandbox.advance(9 * HOUR);
    world.import(&[world.row("mona", &new.expired())]);
    assert!(world.sandbox.is_alive(&world.get().0));
}

/// A push that began before a refresh ends when that token is dead, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_row_has_had_is_not_taken_for_a_sign_in() {
    let (world, pair) = World::with_mona().await;
    let old = of(&pair);
    world.import(&[world.row("mona", &pair.expired())]);
    let (token, _) = world.get();
    world.end_mona(&Pair {
        token,
        refresh_token: String::new(),
        expires_at: String::new(),
    });
    let (before, calls) = (world.shown("mona"), world.calls());
    let mut public = world.helper(&MONA, "store");
    public.env_remove(SECRET_VARIABLE);
    for command in [world.helper(&MONA, "store"), public] {
        let output = run(command, &world.words(&old));
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        assert_eq!(both(&output), "");
    }
    assert_eq!(world.shown("mona"), before);
    assert_eq!(world.calls(), calls);
}

/// The provider is still being asked about the token of git's.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_meanwhile_stays() {
    let world = World::new().await;
    let (gate, old) = (world.gate().await, world.sign_in().await);
    let row = |pair: &Pair| {
        let mut row = world.row("mona", pair);
        row["server"] = json!(gate.url());
        row
    };
    world.sandbox.advance(9 * HOUR);
    let (taken, new) = (world.sign_in().await, world.sign_in().await);
    let mut dead = row(&old.expired());
    dead["refresh_token"] = json!(null);
    world.import(&[dead]);
    let start = |operation, more: &str| {
        let url = gate.url();
        let command = world.helper(&["--base-url", &url, "--id", "mona"], operation);
        let host = url.strip_prefix("http://").unwrap();
        start(command, &format!("protocol=http\nhost={host}\n{more}\n"))
    };
    let output = start("get", "").wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", both(&output));

    let held = gate.hold(CHECK, Point::Answer);
    let git = start("store", &of(&taken));
    held.is_there().await;
    world.import(&[row(&new)]);
    held.release().await;
    let output = git.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert_eq!(both(&output), "");
    let stored = succeed(world.program(&["vault", "get", "mona"]), "");
    assert_eq!(stored.trim_end(), new.token);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_not_there_is_put_in_where_its_app_is_named() {
    let world = World::new().await;
    let new = world.sign_in().await;
    world.tell(&MONA, "store", &of(&new));
    let list = succeed(tokenturn(world.path(), &["--json", "vault", "list"]), "");
    assert!(!list.contains("mona"), "{list}");

    let id = world.sandbox.client_id();
    let named = ["--id", "mona", "--client-id", &id];
    world.tell(&named, "store", &of(&new));
    assert_eq!(world.get().0, new.token);
    assert_eq!(world.shown("mona")["client_id"], id);
    assert_eq!(world.shown("mona")["server"], world.sandbox.url());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_of_the_app_stays_outside() {
    let (world, pair) = World::with_mona().await;
    world.end_mona(&pair);
    let before = world.shown("mona");
    let is_none = "the token that git has used is not kept as \"mona\": it is none of";
    for (token, is_asked) in [("ghp_canary0", 0), ("gho_canary0", 1)] {
        let calls = world.calls();
        let words = format!("username=mona\npassword={token}\n");
        let output = world.ask(&MONA, "store", &words);
        assert_ends(&output, 3, is_none);
        assert!(!both(&output).contains("canary"), "{}", both(&output));
        assert_eq!(world.calls(), calls + is_asked);
    }
    // What somebody has typed need not look like a token.
    world.tell(&MONA, "store", "username=mona\npassword=can ary & co.\n");
    assert_eq!(world.shown("mona"), before);

    // It is a token of the app, and somebody else's.
    let new = world.sign_in().await;
    let mut row = world.row("mona", &pair);
    row["expires_at"] = json!(LONG_AGO);
    row["refresh_token"] = json!("ghr_used");
    row["user_id"] = json!(4711);
    world.import(&[row]);
    assert_eq!(world.ask(&MONA, "get", "").status.code(), Some(1));
    let output = world.ask(&MONA, "store", &of(&new));
    assert_ends(&output, 3, "it is another user's");
    assert_eq!(world.shown("mona")["state"], before["state"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_client_secret_only_a_sign_in_is_taken() {
    let (world, pair) = World::with_mona().await;
    world.end_mona(&pair);
    let store = |words: &str| {
        let mut command = world.helper(&MONA, "store");
        command.env_remove(SECRET_VARIABLE);
        run(command, &world.words(words))
    };
    let output = store("password=gho_canary0\n");
    assert_bad_input(&output, "without the client secret, nobody can say");
    let new = world.sign_in().await;
    let output = store(&of(&new));
    assert_eq!(output.status.code(), Some(0), "{}", both(&output));
    assert_eq!(world.get().0, new.token);
}
