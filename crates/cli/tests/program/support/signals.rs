//! The dispositions of the signals that tests send.

use std::process::{self, Command};
use std::sync::{Once, mpsc};
use std::thread;

use tokio::signal::unix::{SignalKind, signal};

/// Makes the programs that this process starts from now on end by a signal unless they handle it.
///
/// The tests may have been started with some signals ignored, as a shell starts a job in the
/// background, and a program that is started ignores what its parent ignores. What its parent
/// handles is back at its default.
pub(super) fn reset_in_programs() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        let (done, handled) = mpsc::channel();
        thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_io().build().unwrap().block_on(async {
                handle("INT", SignalKind::interrupt());
                handle("TERM", SignalKind::terminate());
                handle("HUP", SignalKind::hangup());
                done.send(()).unwrap();
                std::future::pending::<()>().await;
            });
        });
        handled.recv().unwrap();
    });
}

/// From now on a signal ends the tests by this handler, unless they ignored it.
fn handle(name: &str, kind: SignalKind) {
    let was_ignored = is_ignored(name);
    let mut signals = signal(kind).unwrap();
    tokio::spawn(async move {
        while signals.recv().await.is_some() {
            if !was_ignored {
                process::exit(128 + kind.as_raw_value());
            }
        }
    });
}

/// A shell that ignores a signal, as it was started to, survives it.
fn is_ignored(name: &str) -> bool {
    let itself = format!("kill -{name} $$");
    let shell = Command::new("sh").args(["-c", &itself]).status();
    shell.unwrap().success()
}
