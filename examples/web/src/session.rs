//! The cookies. What is in them is encrypted, and nobody else can make one, so the server keeps nothing but
//! the tokens: a session is a row of the vault, and is over when that is taken out.

use axum_extra::extract::PrivateCookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use time::Duration;
use tokenturn_vault::Filter;

use crate::app::App;

/// What the rows of sessions are labelled with: others may be in the vault.
pub(crate) const LABEL: &str = "web session";

const SESSION: &str = "session";

impl App {
    /// All of them.
    pub(crate) fn sessions(&self) -> Filter {
        Filter::new().app(&self.client.app()).label(LABEL)
    }

    /// The row of the session that a request belongs to.
    pub(crate) fn row(&self, jar: &PrivateCookieJar) -> Option<String> {
        let cookie = jar.get(&self.cookie_name(SESSION))?;
        Some(cookie.value().to_owned())
    }

    pub(crate) fn session(&self, row: String) -> Cookie<'static> {
        self.cookie(SESSION, row, self.session_life)
    }

    /// What takes the session out of the browser.
    pub(crate) fn no_session(&self) -> Cookie<'static> {
        self.cookie(SESSION, String::new(), Duration::ZERO)
    }

    /// A cookie that no script can read, and that comes with no request from another site but when a link
    /// is followed, as from GitHub's page to the callback.
    pub(crate) fn cookie(&self, name: &str, value: String, life: Duration) -> Cookie<'static> {
        Cookie::build((self.cookie_name(name), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.has_tls())
            .max_age(life)
            .build()
    }

    /// A browser takes a cookie with `__Host-` over TLS and from this very host alone: no neighbour in the
    /// same domain can slip somebody a session of its own.
    pub(crate) fn cookie_name(&self, name: &str) -> String {
        let prefix = if self.has_tls() { "__Host-" } else { "" };
        format!("{prefix}{name}")
    }

    /// So it is but on this host, see `Config::public_url`.
    fn has_tls(&self) -> bool {
        self.public_url.starts_with("https:")
    }
}
