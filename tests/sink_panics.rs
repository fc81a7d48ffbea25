//! A sink that panics has failed, wherever it does so.

use std::error::Error;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use tokenturn::{RotateError, Rotated, Rotations, Secret, Sink};

const NEW: &str = "gho_new";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Nowhere,
    InTheCall,
    InTheFuture,
    WhenItsFutureIsDropped,
    WhenAFutureThatHangsIsDropped,
    InItsError,
    WhenItIsDropped,
}

/// Panics in its first calls of `save`, or in `prepare`.
struct Panicking {
    at: Where,
    attempts: u32,
    in_prepare: bool,
    asked: Arc<AtomicU32>,
}

impl Panicking {
    fn call(&mut self, at: Where) -> Call {
        assert_ne!(at, Where::InTheCall, "a bug in a sink");
        Call(at)
    }
}

impl Drop for Panicking {
    fn drop(&mut self) {
        assert_ne!(self.at, Where::WhenItIsDropped, "a bug in a sink");
    }
}

struct Call(Where);

impl Future for Call {
    type Output = Result<(), Failure>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0 {
            Where::InTheFuture => panic!("a bug in a sink"),
            Where::WhenAFutureThatHangsIsDropped => Poll::Pending,
            Where::InItsError => Poll::Ready(Err(Failure)),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let bad = [
            Where::WhenItsFutureIsDropped,
            Where::WhenAFutureThatHangsIsDropped,
        ];
        assert!(!bad.contains(&self.0), "a bug in a sink");
    }
}

struct Failure;

impl From<Failure> for Box<dyn std::error::Error + Send + Sync> {
    fn from(_: Failure) -> Self {
        panic!("a bug in a sink")
    }
}

impl Sink<()> for Panicking {
    type Error = Failure;

    fn prepare(&mut self) -> impl Future<Output = Result<(), Failure>> + Send {
        let at = match self.in_prepare {
            true => self.at,
            false => Where::Nowhere,
        };
        self.call(at)
    }

    fn save(&mut self, new: &Rotated<()>) -> impl Future<Output = Result<(), Failure>> + Send {
        assert_eq!(new.token.expose(), NEW);
        let at = match self.asked.fetch_add(1, Ordering::SeqCst) < self.attempts {
            true => self.at,
            false => Where::Nowhere,
        };
        self.call(at)
    }
}

const IN_A_CALL: [Where; 5] = [
    Where::InTheCall,
    Where::InTheFuture,
    Where::WhenItsFutureIsDropped,
    Where::WhenAFutureThatHangsIsDropped,
    Where::InItsError,
];

fn call() -> Ready<Result<Rotated<()>, RotateError>> {
    ready(Ok(Rotated::new(NEW)))
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failed_attempt() {
    for at in IN_A_CALL {
        for attempts in [1, 4, 5] {
            let (rotations, asked) = (Rotations::new(), Arc::default());
            let sink = Panicking {
                at,
                attempts,
                in_prepare: false,
                asked: Arc::clone(&asked),
            };
            let token = match rotations.obtain(call(), sink).await {
                Ok(rotated) => rotated.token,
                Err(RotateError::NotSaved(unsaved)) => {
                    assert_eq!(attempts, 5, "{at:?}");
                    unsaved.token().clone()
                }
                Err(error) => panic!("{at:?}: {error:?}"),
            };
            assert_eq!(token, Secret::new(NEW));
            let asked = asked.load(Ordering::SeqCst);
            assert_eq!(asked, 5.min(attempts + 1), "{at:?}");
            assert!(rotations.drain().await.is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_for_a_sink_that_panics_when_it_is_asked() {
    // A preparation that hangs is dropped by its caller alone.
    for at in IN_A_CALL {
        if at == Where::WhenAFutureThatHangsIsDropped {
            continue;
        }
        let sink = Panicking {
            at,
            attempts: 0,
            in_prepare: true,
            asked: Arc::default(),
        };
        let call = async { panic!("it was sent") };
        let result = Rotations::new().obtain(call, sink).await;
        let Err(RotateError::NotSent(why)) = result else {
            panic!("{at:?}: {result:?}");
        };
        assert!(why.is_sink());
        let source = why.source().unwrap().to_string();
        assert!(source.contains("panicked"), "{source}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_saved_stays_saved_when_its_sink_panics_at_its_end() {
    let sink = Panicking {
        at: Where::WhenItIsDropped,
        attempts: 0,
        in_prepare: false,
        asked: Arc::default(),
    };
    let rotated = Rotations::new().obtain(call(), sink).await;
    assert_eq!(rotated.unwrap().token.expose(), NEW);
}
