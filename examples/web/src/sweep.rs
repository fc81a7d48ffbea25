//! Sessions that nobody comes back to.

use std::time::Duration;

use tokenturn_vault::VaultError;

use crate::app::App;

const EVERY: Duration = Duration::from_secs(60 * 60);

/// Once an hour, ends the sessions whose tokens have not changed for longer than a session lasts: their
/// cookies are gone. Each instance may do it.
pub(crate) async fn sweep(app: App) {
    loop {
        let old = app.sessions().older_than(app.session_life.unsigned_abs());
        let mut sessions = app.vault.list(old);
        while let Some(entry) = sessions.next().await {
            let ended = match entry {
                Ok(entry) => end(&app, &entry.id).await,
                Err(error) => Err(error.into()),
            };
            if let Err(error) = ended {
                tracing::warn!(%error, "a session could not be ended");
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Ends the token at GitHub, and forgets it.
async fn end(app: &App, row: &str) -> Result<(), VaultError> {
    match app.vault.revoke(&app.client, row).await {
        Err(error) if !error.needs_authorization() => return Err(error),
        _ => {}
    }
    app.vault.remove(row).await?;
    Ok(())
}
