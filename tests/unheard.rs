//! What a caller who is gone leaves in `drain`, when the outcome of its call is unknown.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use tokenturn::sink::MemorySink;
use tokenturn::{
    Provider, RecoverError, Recovery, RotateError, Rotated, Rotations, Secret, Unheard, Unknown,
};
use tokenturn_tests::{RawServer, github, json_answer, ohmygpt, old_token, until};
use tokio::runtime::Runtime;

/// No token in it that could be read.
const BODY: &str = r#"{"toke":"gho_canary_of_an_odd_answer"}"#;

/// Begins a call, and goes away. The sink takes no time, so the call is in a task of its own by then.
async fn leave<T>(call: impl Future<Output = T>) {
    let mut call = pin!(call);
    poll_fn(|context| {
        assert!(call.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
}

fn only(mut drained: Vec<Unheard>) -> (Option<String>, Unknown) {
    assert_eq!(drained.len(), 1, "{drained:?}");
    let unheard = drained.remove(0);
    let (shown, debug) = (unheard.to_string(), format!("{unheard:?}"));
    for text in [shown, debug] {
        assert!(!text.contains("canary"), "{text}");
        assert!(!text.contains(old_token().expose()), "{text}");
    }
    match unheard {
        Unheard::Unknown { old, unknown, .. } => (old.map(|old| old.to_string()), unknown),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_unknown_outcome_keeps_the_old_fingerprint_the_request_id_and_the_body() {
    let fingerprint = Some(old_token().fingerprint().to_string());
    for which in ["rotate", "obtain", "recover"] {
        let answer = json_answer("200 OK", "x-github-request-id: ABCD:1\r\n", BODY);
        let server = RawServer::start([answer]).await;
        let rotations = Rotations::new();
        let (github, omg) = (github(&server.url()), ohmygpt(&server.url()));
        let (old, sink) = (old_token(), MemorySink::new);
        match which {
            "rotate" => leave(rotations.rotate(&github, &old, sink())).await,
            "obtain" => leave(rotations.obtain(github.refresh_token(&old), sink())).await,
            _ => leave(rotations.recover(&omg, &old, sink())).await,
        }
        let (old, unknown) = only(rotations.drain().await);
        assert_eq!(unknown.body(), Some(BODY.as_bytes()), "{which}");
        if which == "obtain" {
            assert_eq!(old, None);
        } else {
            assert_eq!(old, fingerprint, "{which}");
        }
        if which == "rotate" {
            assert_eq!(unknown.request_id(), Some("ABCD:1"));
        }
        assert!(rotations.drain().await.is_empty());
    }
}

#[tokio::test]
async fn what_to_do_is_in_the_words() {
    let server = RawServer::start([json_answer("200 OK", "", BODY)]).await;
    let (rotations, old) = (Rotations::new(), old_token());
    let github = github(&server.url());
    leave(rotations.rotate(&github, &old, MemorySink::new())).await;
    let text = rotations.drain().await[0].to_string();
    assert!(text.contains(&old.fingerprint().to_string()), "{text}");
    assert!(text.contains("keep it, and call recover"), "{text}");
}

#[tokio::test]
async fn whoever_heard_of_it_does_not_find_it_again() {
    let server = RawServer::start([json_answer("200 OK", "", BODY)]).await;
    let (rotations, github, old) = (Rotations::new(), github(&server.url()), old_token());
    let result = rotations.rotate(&github, &old, MemorySink::new()).await;
    assert!(result.unwrap_err().is_unknown());
    assert!(rotations.drain().await.is_empty());
}

/// Says when it is asked, and then does not answer.
#[derive(Clone)]
struct Broken {
    asked: Arc<AtomicBool>,
    panics: bool,
}

impl Broken {
    fn new(panics: bool) -> Self {
        let asked = Arc::default();
        Self { asked, panics }
    }

    async fn fail<T>(&self) -> T {
        self.asked.store(true, Ordering::SeqCst);
        assert!(!self.panics, "a bug in a provider");
        pending().await
    }
}

impl Provider for Broken {
    type Details = ();

    async fn replace(&self, _: &Secret) -> Result<Rotated<()>, RotateError> {
        self.fail().await
    }

    async fn recover(&self, _: &Secret) -> Result<Recovery<()>, RecoverError> {
        self.fail().await
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn the_end_of_a_runtime_leaves_what_is_known() {
    for recovers in [false, true] {
        let (rotations, provider) = (Rotations::new(), Broken::new(false));
        let first = runtime();
        first.block_on(async {
            let (rotations, provider) = (rotations.clone(), provider.clone());
            let asked = Arc::clone(&provider.asked);
            tokio::spawn(async move {
                let (old, sink) = (old_token(), MemorySink::new());
                match recovers {
                    true => rotations.recover(&provider, &old, sink).await.is_ok(),
                    false => rotations.rotate(&provider, &old, sink).await.is_ok(),
                }
            });
            until("the provider is asked", || asked.load(Ordering::SeqCst)).await;
        });
        drop(first);
        let (old, _) = only(runtime().block_on(rotations.drain()));
        assert_eq!(old, Some(old_token().fingerprint().to_string()));
    }
}

#[test]
fn the_end_of_a_runtime_before_the_call_leaves_nothing() {
    let (rotations, provider) = (Rotations::new(), Broken::new(false));
    let first = runtime();
    first.block_on(async {
        // The task is there, and has had no turn.
        let (old, sink) = (old_token(), MemorySink::new());
        leave(rotations.rotate(&provider, &old, sink)).await;
    });
    drop(first);
    assert!(!provider.asked.load(Ordering::SeqCst));
    assert!(runtime().block_on(rotations.drain()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_panic_leaves_what_is_known() {
    let (rotations, provider, old) = (Rotations::new(), Broken::new(true), old_token());
    let result = rotations.rotate(&provider, &old, MemorySink::new()).await;
    assert!(result.unwrap_err().is_unknown());
    assert!(rotations.drain().await.is_empty());

    leave(rotations.rotate(&provider, &old, MemorySink::new())).await;
    let (old, _) = only(rotations.drain().await);
    assert_eq!(old, Some(old_token().fingerprint().to_string()));
}
