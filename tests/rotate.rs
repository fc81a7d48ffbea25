//! The front door: whoever goes away, whatever fails, a token that was issued is somewhere.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use tokenturn::sink::{MemorySink, from_fn};
use tokenturn::{
    GitHub, NotSaved, OhMyGpt, RecoverError, Recovery, RotateError, Rotated, Rotations, Secret,
    Sink, Unheard,
};
use tokenturn_sandbox::{Fault, Sandbox};
use tokenturn_tests::{Ready, ohmygpt, until};
use tokio::time::{advance, timeout};

use crate::sandbox::clock;

fn github(sandbox: &Sandbox) -> GitHub {
    GitHub::builder(sandbox.client_id(), sandbox.client_secret())
        .base_url(sandbox.url())
        .build()
        .unwrap()
}

/// Keeps tokens, and takes a few turns of the scheduler for everything. Its first attempt to save
/// fails.
#[derive(Clone, Default)]
struct SlowSink {
    attempts: Arc<AtomicU32>,
    tokens: Arc<Mutex<Vec<Secret>>>,
}

impl SlowSink {
    const TURNS: usize = 3;

    fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::SeqCst)
    }

    async fn take_turns() {
        for _ in 0..Self::TURNS {
            tokio::task::yield_now().await;
        }
    }
}

impl<D: Sync> Sink<D> for SlowSink {
    type Error = io::Error;

    async fn prepare(&mut self) -> io::Result<()> {
        Self::take_turns().await;
        Ok(())
    }

    async fn save(&mut self, new: &Rotated<D>) -> io::Result<()> {
        Self::take_turns().await;
        if self.attempts.fetch_add(1, Ordering::SeqCst) == 0 {
            return Err(io::Error::other("not yet"));
        }
        self.tokens.lock().unwrap().push(new.token.clone());
        Ok(())
    }
}

/// After a caller went away: the token lives, or else the sink has the one that replaced it.
/// Tells whether it was replaced.
fn nothing_is_lost(drained: &[Unheard], sandbox: &Sandbox, old: &str, sink: &SlowSink) -> bool {
    assert!(drained.is_empty());
    let tokens = sink.tokens.lock().unwrap();
    if sandbox.is_alive(old) {
        assert!(tokens.is_empty());
        return false;
    }
    let [token] = &tokens[..] else {
        panic!("{} tokens are saved", tokens.len());
    };
    assert!(sandbox.is_alive(token.expose()));
    true
}

#[tokio::test]
async fn a_caller_may_go_away_at_every_await_point() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let github = github(&sandbox);
    let _clock = clock::stop();
    let (mut await_points, mut replaced) = (0, Vec::new());
    loop {
        let (rotations, sink) = (Rotations::new(), SlowSink::default());
        let old = Secret::new(sandbox.new_github_token());
        // Polls until the future has waited `await_points` times, and then drops it.
        let ended = clock::passes(async {
            let mut call = pin!(rotations.rotate(&github, &old, sink.clone()));
            let mut left = await_points;
            poll_fn(|context| match call.as_mut().poll(context) {
                Poll::Ready(result) => Poll::Ready(Some(result)),
                Poll::Pending if left == 0 => Poll::Ready(None),
                Poll::Pending => {
                    left -= 1;
                    Poll::Pending
                }
            })
            .await
        });
        let ended = ended.await;
        let drained = clock::passes(rotations.drain()).await;
        replaced.push(nothing_is_lost(&drained, &sandbox, old.expose(), &sink));
        if let Some(result) = ended {
            assert!(sandbox.is_alive(result.unwrap().token.expose()));
            break;
        }
        await_points += 1;
    }
    // The turns of the sink's preparation, and the wait for the task that does the rest. Dropped
    // at the last one, the caller never learns the token, and the sink has it.
    assert_eq!(await_points, SlowSink::TURNS + 1);
    assert_eq!(replaced, [false, false, false, true, true]);
}

#[tokio::test]
async fn a_caller_may_go_away_at_every_turn_of_the_scheduler() {
    // The waits inside the task (connecting, sending, reading, saving, saving again) are many more.
    // The caller is aborted after each possible number of turns.
    let sandbox = Sandbox::start(0).await.unwrap();
    let github = github(&sandbox);
    let _clock = clock::stop();
    let (mut turns, mut unsent, mut saved) = (0, 0, 0);
    loop {
        let (rotations, sink) = (Rotations::new(), SlowSink::default());
        let old = sandbox.new_github_token();
        let caller = tokio::spawn({
            let (rotations, github, sink) = (rotations.clone(), github.clone(), sink.clone());
            let old = Secret::new(&*old);
            async move { rotations.rotate(&github, &old, sink).await.is_ok() }
        });
        for _ in 0..turns {
            advance(Duration::from_millis(1)).await;
        }
        caller.abort();
        let ended = caller.await.is_ok();
        let drained = clock::passes(rotations.drain()).await;
        match nothing_is_lost(&drained, &sandbox, &old, &sink) {
            true => saved += 1,
            false => unsent += 1,
        }
        if ended {
            break;
        }
        turns += 1;
    }
    assert!(unsent >= SlowSink::TURNS, "{unsent}");
    assert!(saved >= 10, "{saved}");
}

#[tokio::test]
async fn a_caller_may_run_into_a_timeout() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let (rotations, sink) = (Rotations::new(), SlowSink::default());
    let (github, old) = (github(&sandbox), Secret::new(sandbox.new_github_token()));
    let _clock = clock::stop();
    let call = rotations.rotate(&github, &old, sink.clone());
    // Shorter than the wait between the sink's two attempts.
    const SHORT: Duration = Duration::from_millis(50);
    let runs_out = async {
        clock::until("the sink is asked", || sink.attempts() == 1).await;
        advance(SHORT + Duration::from_millis(1)).await;
    };
    let (timed_out, ()) = tokio::join!(timeout(SHORT, call), runs_out);
    assert!(timed_out.is_err());
    assert_eq!(sink.attempts(), 1);
    let drained = clock::passes(rotations.drain()).await;
    assert!(nothing_is_lost(&drained, &sandbox, old.expose(), &sink));
}

const NEW: &str = "gho_new";
/// It answers at once, so that the clock can be stopped.
const READY: Ready = Ready(NEW);

/// What a sink does in each attempt to save; the last one is repeated.
#[derive(Clone, Copy)]
enum Attempt {
    Works,
    Fails,
    Panics,
    Hangs,
}

#[derive(Clone)]
struct Scripted {
    script: &'static [Attempt],
    attempts: Arc<AtomicU32>,
}

impl Scripted {
    fn new(script: &'static [Attempt]) -> Self {
        let attempts = Arc::default();
        Self { script, attempts }
    }

    fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::SeqCst)
    }
}

impl Sink<()> for Scripted {
    type Error = io::Error;

    async fn prepare(&mut self) -> io::Result<()> {
        Ok(())
    }

    async fn save(&mut self, new: &Rotated<()>) -> io::Result<()> {
        assert_eq!(new.token.expose(), NEW);
        let attempt = self.attempts.fetch_add(1, Ordering::SeqCst) as usize;
        match self.script[attempt.min(self.script.len() - 1)] {
            Attempt::Works => Ok(()),
            Attempt::Fails => Err(io::Error::other("the disk is full")),
            Attempt::Panics => panic!("a bug in a sink"),
            Attempt::Hangs => std::future::pending().await,
        }
    }
}

fn old() -> Secret {
    Secret::new("gho_old")
}

#[tokio::test(start_paused = true)]
async fn a_sink_gets_five_attempts() {
    for (script, attempts, works) in [
        (&[Attempt::Works][..], 1, true),
        (&[Attempt::Fails, Attempt::Works], 2, true),
        (&[Attempt::Panics, Attempt::Works], 2, true),
        (&[Attempt::Hangs, Attempt::Works], 2, true),
        (
            &[
                Attempt::Fails,
                Attempt::Hangs,
                Attempt::Panics,
                Attempt::Fails,
                Attempt::Works,
            ],
            5,
            true,
        ),
        (&[Attempt::Fails], 5, false),
        (&[Attempt::Panics], 5, false),
        (&[Attempt::Hangs], 5, false),
    ] {
        let (rotations, sink) = (Rotations::new(), Scripted::new(script));
        let began = tokio::time::Instant::now();
        let result = rotations.rotate(&READY, &old(), sink.clone()).await;
        assert!(began.elapsed() <= Duration::from_secs(160));
        assert_eq!(sink.attempts(), attempts);
        match result {
            Ok(rotated) => assert!(works && rotated.token.expose() == NEW),
            Err(RotateError::NotSaved(unsaved)) => {
                assert!(!works);
                assert_eq!(unsaved.token().expose(), NEW);
            }
            Err(error) => panic!("{error:?}"),
        }
        // Whoever got the token in an error does not find it again.
        assert!(rotations.drain().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_saved_keeps_its_refresh_token() {
    let expires_at = "2026-11-22T18:00:00Z".parse().unwrap();
    let call = async move {
        let mut new = Rotated::<()>::new(NEW);
        new.expires_at = Some(expires_at);
        new.refresh_token = Some("ghr_new".into());
        new.refresh_token_expires_at = Some(expires_at);
        Ok(new)
    };
    let sink = Scripted::new(&[Attempt::Fails]);
    match Rotations::new().obtain(call, sink).await {
        Err(RotateError::NotSaved(unsaved)) => {
            assert_eq!(unsaved.token().expose(), NEW);
            assert_eq!(unsaved.refresh_token().unwrap().expose(), "ghr_new");
            let (new, why) = unsaved.into_parts();
            assert_eq!(new.expires_at, Some(expires_at));
            assert_eq!(new.refresh_token_expires_at, Some(expires_at));
            assert!(why.is::<std::io::Error>(), "{why:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_before_the_sink_is_ready() {
    let called = Arc::new(AtomicU32::new(0));
    let call = {
        let called = Arc::clone(&called);
        async move {
            called.fetch_add(1, Ordering::SeqCst);
            Ok(Rotated::<()>::new(NEW))
        }
    };
    let missing = std::path::Path::new("/no/such/folder/token.txt");
    let error = Rotations::new()
        .obtain(call, tokenturn::sink::FileSink::new(missing))
        .await;
    let Err(RotateError::NotSent(why)) = error else {
        panic!("{error:?}");
    };
    assert!(why.is_sink());
    let source = why.source().unwrap();
    assert!(
        source.downcast_ref::<std::io::Error>().is_some(),
        "{source:?}"
    );
    let taken = why.into_sink_error().unwrap();
    let taken = taken.downcast::<std::io::Error>().unwrap();
    assert_eq!(taken.kind(), std::io::ErrorKind::NotFound);
    assert_eq!(called.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn the_waits_between_attempts_grow() {
    let began = tokio::time::Instant::now();
    let sink = Scripted::new(&[Attempt::Fails]);
    let result = Rotations::new().rotate(&READY, &old(), sink).await;
    assert!(result.is_err());
    // 0.1 + 0.4 + 1.6 + 6.4 seconds.
    let waited = began.elapsed();
    assert!((8_500..8_600).contains(&waited.as_millis()), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn recover_saves_what_it_brings() {
    let sink = Scripted::new(&[Attempt::Fails, Attempt::Works]);
    let recovery = tokenturn::recover(&READY, &old(), sink.clone()).await;
    assert!(matches!(recovery, Ok(Recovery::Rotated(_))));
    assert_eq!(sink.attempts(), 2);

    let sink = Scripted::new(&[Attempt::Fails]);
    let error = tokenturn::recover(&READY, &old(), sink).await;
    let RecoverError(RotateError::NotSaved(unsaved)) = error.unwrap_err() else {
        panic!("not saved");
    };
    assert_eq!(unsaved.token().expose(), NEW);
    // Of any error that it is in, it is the source, once.
    let error = RecoverError(RotateError::NotSaved(unsaved));
    let (mut chain, mut source) = (Vec::new(), Some(&error as &dyn Error));
    while let Some(error) = source {
        chain.push(error.to_string());
        source = error.source();
    }
    let last = chain.last().unwrap();
    assert!(last.contains("the disk is full"), "{chain:?}");
    let named = chain.iter().filter(|text| text.contains(&**last));
    assert_eq!(named.count(), 1, "{chain:?}");
}

fn is_not_saved(unheard: &Unheard) -> bool {
    matches!(unheard, Unheard::NotSaved(_))
}

/// The tokens that `drain` hands over, and nothing else.
fn not_saved(drained: Vec<Unheard>) -> Vec<NotSaved> {
    let unsaved = drained.into_iter().map(|unheard| match unheard {
        Unheard::NotSaved(unsaved) => unsaved,
        other => panic!("{other:?}"),
    });
    unsaved.collect()
}

#[tokio::test(start_paused = true)]
async fn drain_hands_over_what_nobody_has() {
    // The caller goes away while the sink fails.
    let rotations = Rotations::new();
    let sink = Scripted::new(&[Attempt::Fails]);
    let provider = READY;
    let old = old();
    let call = rotations.rotate(&provider, &old, sink.clone());
    let timeout = tokio::time::timeout(Duration::from_millis(10), call).await;
    assert!(timeout.is_err());
    let unsaved = not_saved(rotations.drain().await);
    assert_eq!(unsaved.len(), 1);
    assert_eq!(unsaved[0].token().expose(), NEW);
    assert_eq!(sink.attempts(), 5);
    assert!(rotations.drain().await.is_empty());

    // The caller goes away when the answer is there, and before it looks.
    let mut call = Box::pin(rotations.rotate(&provider, &old, Scripted::new(&[Attempt::Fails])));
    poll_fn(|context| {
        assert!(call.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    // The token is in the channel now.
    tokio::time::sleep(Duration::from_secs(60)).await;
    drop(call);
    assert_eq!(rotations.drain().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_functions_count_in_the_shared_set() {
    const SHORT: Duration = Duration::from_millis(10);
    let (rotating, recovering) = (Ready("gho_of_rotate"), Ready("gho_of_recover"));
    let fails = || from_fn(|_: Rotated<()>| async { Err("the disk is full") });
    let old = old();
    let call = tokenturn::rotate(&rotating, &old, fails());
    assert!(timeout(SHORT, call).await.is_err());
    let call = tokenturn::recover(&recovering, &old, fails());
    assert!(timeout(SHORT, call).await.is_err());
    // Those of the other tests of this process count there, too.
    let unheard = Rotations::shared().drain().await;
    let unsaved = not_saved(unheard.into_iter().filter(is_not_saved).collect());
    for Ready(new) in [rotating, recovering] {
        let found = unsaved.iter().filter(|token| token.token().expose() == new);
        assert_eq!(found.count(), 1, "{new}");
    }
}

#[test]
fn a_token_survives_the_end_of_its_runtime() {
    let rotations = Rotations::new();
    let sink = Scripted::new(&[Attempt::Hangs]);
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let first = runtime();
    first.block_on(async {
        let (rotations, doomed) = (rotations.clone(), sink.clone());
        tokio::spawn(async move { rotations.rotate(&READY, &old(), doomed).await.is_ok() });
        until("the sink is asked", || sink.attempts() == 1).await;
    });
    drop(first);
    let unsaved = not_saved(runtime().block_on(rotations.drain()));
    assert_eq!(unsaved.len(), 1);
    assert_eq!(unsaved[0].token().expose(), NEW);
    let source = unsaved[0].source().unwrap().to_string();
    assert!(source.contains("the runtime ended"), "{source}");
}

#[test]
fn drain_keeps_a_runtime_alive_until_the_token_is_saved() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let sandbox = runtime.block_on(Sandbox::start(0)).unwrap();
    let (rotations, sink) = (Rotations::new(), SlowSink::default());
    let old = sandbox.new_github_token();
    runtime.block_on(async {
        let call = {
            let (rotations, github, sink) = (rotations.clone(), github(&sandbox), sink.clone());
            let old = Secret::new(&*old);
            async move { rotations.rotate(&github, &old, sink).await.is_ok() }
        };
        let caller = tokio::spawn(call);
        until("the sink is asked", || sink.attempts() > 0).await;
        caller.abort();
        let drained = rotations.drain().await;
        assert!(nothing_is_lost(&drained, &sandbox, &old, &sink));
    });
    drop(runtime);
    assert_eq!(sink.tokens.lock().unwrap().len(), 1);
}

struct NotReady;

impl<D: Sync> Sink<D> for NotReady {
    type Error = &'static str;

    async fn prepare(&mut self) -> Result<(), &'static str> {
        Err("the database is read-only")
    }

    async fn save(&mut self, _: &Rotated<D>) -> Result<(), &'static str> {
        panic!("it was not ready")
    }
}

#[tokio::test]
async fn a_sink_that_is_not_ready_stops_the_call() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let old = Secret::new(sandbox.new_github_token());
    let error = tokenturn::rotate(&github(&sandbox), &old, NotReady).await;
    let error = error.unwrap_err();
    let RotateError::NotSent(why) = &error else {
        panic!("{error:?}");
    };
    assert!(why.is_sink());
    let source = error.source().unwrap().to_string();
    assert!(source.contains("the database is read-only"), "{source}");

    let omg = ohmygpt(&sandbox.url());
    let error = tokenturn::recover(&omg, &old, NotReady).await.unwrap_err();
    assert!(error.0.is_not_sent());
    assert!(sandbox.requests().is_empty());
    assert!(sandbox.is_alive(old.expose()));
}

#[tokio::test]
async fn recover_tells_the_two_worlds_apart_at_github() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let github = github(&sandbox);
    for (fault, replaced) in [(Fault::BeforeChange, false), (Fault::AfterChange, true)] {
        let old = Secret::new(sandbox.new_github_token());
        let sink = MemorySink::new();
        sandbox.set_fault(fault);
        let error = tokenturn::rotate(&github, &old, sink.clone()).await;
        assert!(error.unwrap_err().is_unknown());

        // An outage tells nothing, and nothing is thrown away.
        sandbox.set_fault(Fault::Outage);
        let RecoverError(why) = github.recover(&old).await.unwrap_err();
        assert_eq!(why.status(), Some(503));

        sandbox.set_fault(None);
        match github.recover(&old).await.unwrap() {
            Recovery::Lost { request_id } => assert!(replaced && request_id.is_some()),
            Recovery::NotReplaced => assert!(!replaced),
            other => panic!("{other:?}"),
        }
        assert_eq!(sandbox.is_alive(old.expose()), !replaced);
        assert!(sink.tokens().is_empty());
    }
}

#[tokio::test]
async fn recover_ends_the_doubt_at_ohmygpt() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let omg: OhMyGpt = ohmygpt(&sandbox.url());
    for (fault, replaced) in [(Fault::BeforeChange, false), (Fault::AfterChange, true)] {
        let user = sandbox.new_ohmygpt_user();
        let (oauth, sink) = (Secret::new(user.oauth_token), MemorySink::new());
        sandbox.set_fault(fault);
        let error = tokenturn::rotate(&omg, &oauth, sink.clone()).await;
        assert!(error.unwrap_err().is_unknown());
        assert_eq!(sandbox.is_alive(&user.admin_token), !replaced);

        sandbox.set_fault(Fault::Outage);
        let RecoverError(why) = tokenturn::recover(&omg, &oauth, sink.clone())
            .await
            .unwrap_err();
        assert!(why.is_unknown());
        assert!(sink.tokens().is_empty());

        sandbox.set_fault(None);
        let recovery = tokenturn::recover(&omg, &oauth, sink.clone()).await;
        let Recovery::Rotated(rotated) = recovery.unwrap() else {
            panic!("not rotated");
        };
        assert!(sandbox.is_alive(rotated.token.expose()));
        assert!(!sandbox.is_alive(&user.admin_token));
        assert_eq!(sink.tokens(), [rotated.token]);
    }
}
