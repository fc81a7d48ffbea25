//! The end, in good order: what is under way is finished, and no token stays behind.

use std::io;
use std::time::Duration;

use axum::Router;
use tokenturn::{Rotations, Unheard};
use tokio::net::TcpListener;

use crate::app::App;

/// So long, requests may take when the process is told to end. What they have begun goes on after that.
const PATIENCE: Duration = Duration::from_secs(20);

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn serve(listener: TcpListener, routes: Router) -> io::Result<()> {
    let serving = axum::serve(listener, routes).with_graceful_shutdown(told_to_end());
    tokio::select! {
        served = serving => served,
        () = async {
            told_to_end().await;
            tokio::time::sleep(PATIENCE).await;
        } => Ok(()),
    }
}

/// Waits for the calls that bring tokens, until these are in the vault: they go on when nobody waits for
/// them any more, and end with the runtime.
pub(crate) async fn drain(app: &App) {
    for unheard in Rotations::shared().drain().await {
        tracing::error!("{unheard}");
        if let Unheard::NotSaved(unsaved) = unheard {
            app.give_back(unsaved.token()).await;
        }
    }
    app.vault.drain().await;
}

async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
