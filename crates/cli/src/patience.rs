//! Not going away between a question and its answer.

use std::io::{self, Write};
use std::pin::pin;

/// Runs a call to its end even when the user or the system asks the program to stop: the answer
/// holds a token that nobody prints twice.
pub(crate) async fn to_the_end<T>(call: impl Future<Output = T>) -> T {
    through("waiting for the answer first: the new token is in it", call).await
}

/// Runs something to its end, and tells whoever asks the program to stop `why`.
pub(crate) async fn through<T>(why: &str, call: impl Future<Output = T>) -> T {
    let mut call = pin!(call);
    loop {
        tokio::select! {
            biased;
            result = &mut call => return result,
            () = asked_to_stop() => say(why),
        }
    }
}

/// Says something to whoever asks the program to stop.
pub(crate) fn say(text: &str) {
    // Not `eprintln!`: it panics when the terminal is gone, which is what a hangup is.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Waits until the user or the system asks the program to stop. From this call on, that does not
/// end the program by itself.
#[cfg(unix)]
pub(crate) fn asked_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};

    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    );
    async {
        let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = signals else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// Waits until the user asks the program to stop.
#[cfg(not(unix))]
pub(crate) async fn asked_to_stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
