//! No secret shows in any `Debug`, `Display`, error source or log line, whatever happens.

mod answers;
#[path = "../sandbox/clock.rs"]
mod clock;
mod operations;
mod proxy;
mod seen;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokenturn::github::DeviceCode;
use tokenturn::sink::{FileSink, MemorySink, from_fn};
use tokenturn::{GitHub, PendingAuthorization, Rotated, Rotations, Secret, Sink};
use tokenturn_client::Transport;
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, OAUTH_TOKEN, OLD_TOKEN, Ready};

use seen::{CODE, NEW, OLD, REFRESH, Seen, forms, leaks};

#[test]
fn no_secret_is_seen_in_a_mistake() {
    let seen = Seen::with_all_logs();
    let broken = format!("{CLIENT_SECRET}\n");
    seen.result(&GitHub::builder(CLIENT_ID, broken.as_str()).build());
    let transport = Transport::builder("https://127.0.0.1:1");
    seen.result(
        &transport
            .bearer(format!("{OAUTH_TOKEN} x").as_str())
            .build(),
    );
    let url = format!("https://user:{CLIENT_SECRET}@ghe.example");
    let builder = GitHub::builder(CLIENT_ID, "s").base_url(url);
    let builder = builder.transport(|transport| transport.header("x-key", NEW));
    seen.debug(&builder);
    seen.result(&builder.build());

    // What a user is sent away with, and what they come back with.
    let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET).build().unwrap();
    let request = github.authorize().build().unwrap();
    let state = request.pending.state.expose().to_owned();
    let verifier = request.pending.code_verifier.clone().unwrap();
    let text = format!("{request:#?}{:#?}", github.authorize());
    assert!(!text.contains(&state) && !text.contains(verifier.expose()));
    let pending = PendingAuthorization::new(CODE, Some(REFRESH.into()), None);
    seen.debug(&pending);
    for url in [
        format!("?code={OLD}&state={CODE}"),
        format!("?code={OLD}&state={NEW}"),
        format!("?error={OLD}&error_description={CODE}+{NEW}&state={CODE}"),
        format!("?code={OLD}&code={OLD}&state={CODE}"),
    ] {
        seen.result(&pending.callback(&url));
        seen.debug(&PendingAuthorization::state_of(&url));
    }
    seen.result(&github.authorize().state(format!("{CODE} {OLD}")).build());
    seen.result(&github.authorize().state(&CODE[..15]).build());
    seen.debug(&github.authorize().state(OLD));

    // What was stored, and comes back as something else.
    let stored = serde_json::to_value(&pending).unwrap();
    assert_eq!(
        (&stored["state"], &stored["code_verifier"]),
        (&CODE.into(), &REFRESH.into())
    );
    for stored in [
        stored.to_string().into(),
        [stored.clone()].into_iter().collect(),
        serde_json::json!({ "code_verifier": REFRESH }),
        stored,
    ] {
        seen.result(&serde_json::from_value::<PendingAuthorization>(
            stored.clone(),
        ));
        seen.result(&serde_json::from_value::<DeviceCode>(stored.clone()));
        let text = stored.to_string();
        seen.result(&serde_json::from_str::<PendingAuthorization>(&text));
        seen.result(&serde_json::from_str::<DeviceCode>(&text));
    }

    let text = seen.text();
    assert_eq!(leaks(&text), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_seen_where_a_token_is_not_saved() {
    let seen = Seen::with_all_logs();

    let (ready, old) = (Ready(NEW), Secret::new(OLD));
    let failing = || from_fn(|_: Rotated<()>| async { Err("the disk is full") });
    let rotations = Rotations::new();
    seen.debug(&failing());
    seen.result(&rotations.rotate(&ready, &old, failing()).await);
    seen.result(&rotations.recover(&ready, &old, failing()).await);
    let call = rotations.rotate(&ready, &old, failing());
    let _ = tokio::time::timeout(Duration::from_millis(1), call).await;
    // The token lies in there now.
    tokio::time::sleep(Duration::from_secs(60)).await;
    seen.debug(&rotations);
    let unsaved = rotations.drain().await;
    assert_eq!(unsaved.len(), 1);
    seen.debug(&unsaved);
    seen.error(&unsaved[0]);

    let memory = MemorySink::new();
    seen.result(&rotations.rotate(&ready, &old, memory.clone()).await);
    seen.debug(&memory);
    let folder = tempfile::TempDir::new().unwrap();
    let mut file = FileSink::new(folder.path().join("token.txt"));
    Sink::<()>::prepare(&mut file).await.unwrap();
    seen.debug(&file);
    file.save(&Rotated::<()>::new(NEW)).await.unwrap();
    std::fs::remove_dir_all(folder.path()).unwrap();
    seen.result(&file.save(&Rotated::<()>::new(NEW)).await);

    let text = seen.text();
    assert_eq!(leaks(&text), Vec::<String>::new());
    assert!(text.contains("the disk is full"));
    assert!(text.contains(&format!("fingerprint={}", Secret::new(NEW).fingerprint())));
}

#[tokio::test]
async fn the_sandbox_does_not_show_what_it_knows() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let token = sandbox.new_github_token();
    let user = sandbox.new_ohmygpt_user();
    let client = GitHub::builder(sandbox.client_id(), sandbox.client_secret())
        .base_url(sandbox.url())
        .build()
        .unwrap();
    let rotated = client.reset_token(&Secret::new(&*token)).await.unwrap();
    let requests = sandbox.requests();
    assert_eq!(requests.len(), 1);

    let text = format!("{sandbox:#?}{user:#?}{requests:#?}");
    let pair = format!("{}:{}", sandbox.client_id(), sandbox.client_secret());
    for secret in [
        &token,
        rotated.token.expose(),
        &user.oauth_token,
        &user.admin_token,
        &sandbox.client_secret(),
        &STANDARD.encode(pair),
    ] {
        let shown: Vec<_> = forms(secret)
            .into_iter()
            .filter(|form| text.contains(form))
            .collect();
        assert!(shown.is_empty(), "{shown:?}");
    }
}

#[test]
fn no_snapshot_holds_a_token() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../xtask/tests/verbs/snapshots"
    );
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for token in [
            "gho_",
            "ghu_",
            "ghr_",
            "omg-oat",
            "\"sk-",
            OLD_TOKEN,
            "abcdefgh12345678",
        ] {
            assert!(!text.contains(token), "{token}");
        }
        assert_eq!(leaks(&text), Vec::<String>::new());
        read += 1;
    }
    assert!(read >= 3);
}

#[test]
fn a_leak_would_be_found() {
    for form in forms(OLD) {
        assert!(!leaks(&format!("before {form} after")).is_empty(), "{form}");
    }
    assert!(leaks("nothing here").is_empty());
}
