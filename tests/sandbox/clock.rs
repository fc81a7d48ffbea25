//! A clock that moves when a test says so: neither by itself nor while a socket is waited for.

#![allow(
    dead_code,
    reason = "not every program with this module uses all of it"
)]

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use tokenturn_tests::RawServer;
use tokio::task::yield_now;
use tokio::time::advance;

/// What takes longer never comes, on any machine. It only turns a test that hangs into one that
/// fails, and is the time that [`run_out`] lets run out.
pub(crate) const LONGEST: Duration = Duration::from_secs(600);

/// More than what has come needs to go from hand to hand within the process, one in each turn of
/// the scheduler.
const TURNS: usize = 100;

/// The clock of this test's runtime stands still as long as this is there.
#[must_use]
pub(crate) struct Stopped {
    _hold: Sender<()>,
}

/// Stops the clock of this test's runtime. What is tested has to run in it, too.
pub(crate) fn stop() -> Stopped {
    tokio::time::pause();
    // A paused clock jumps to the next timer when the runtime has nothing to do but to wait for a
    // socket. It does not while something blocks.
    let (hold, held) = mpsc::channel();
    tokio::task::spawn_blocking(move || held.recv());
    Stopped { _hold: hold }
}

/// Waits for a condition while the clock stands still.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < LONGEST, "waited in vain until {what}");
        yield_now().await;
    }
}

/// Lets a millisecond pass with each turn of the scheduler, until `work` is done.
pub(crate) async fn passes<T>(work: impl Future<Output = T>) -> T {
    // In a task of its own, so that nothing but itself wakes `work`.
    let time = tokio::spawn(async {
        loop {
            advance(Duration::from_millis(1)).await;
        }
    });
    let done = work.await;
    time.abort();
    done
}

/// Makes calls with a timeout of [`LONGEST`] to a server that answers none of them to the end. The
/// time of each is up as soon as the server has its request and, where `something_comes`, the call
/// has seen what comes: not before, however long that takes.
pub(crate) async fn run_out<T>(
    server: &RawServer,
    something_comes: bool,
    calls: impl Future<Output = T>,
) -> T {
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    let mut calls = pin!(calls);
    let mut timed_out = server.requests().len();
    let (mut has_seen, mut turns) = (false, 0);
    loop {
        let is_asked = server.requests().len() > timed_out;
        if woken.0.swap(false, Ordering::SeqCst) {
            // Once the server has the request, nothing but what it sends wakes the call.
            has_seen |= is_asked;
            if let Poll::Ready(result) = calls.as_mut().poll(&mut context) {
                return result;
            }
        }
        if is_asked && (has_seen || !something_comes) {
            turns += 1;
        }
        if turns == TURNS {
            // A timer is up to a millisecond late.
            advance(LONGEST + Duration::from_millis(1)).await;
            timed_out += 1;
            (has_seen, turns) = (false, 0);
        }
        yield_now().await;
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}
