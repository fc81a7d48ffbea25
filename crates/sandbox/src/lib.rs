//! The token endpoints of GitHub and OhMyGPT in memory, for demos and tests.
//!
//! It behaves as the providers' documents and recordings say: a reset kills the old token at once,
//! and the new one is in the answer only. It keeps every request for tests to read.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let sandbox = tokenturn_sandbox::Sandbox::start(0).await?;
//! let token = sandbox.new_github_token();
//! assert!(sandbox.is_alive(&token));
//! println!("{} knows the app {}", sandbox.url(), sandbox.client_id());
//! # Ok(())
//! # }
//! ```

mod fault;
mod github;
mod log;
mod ohmygpt;
mod world;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use fault::Fault;
pub use log::LoggedRequest;
pub use world::OhMyGptUser;

use world::World;

/// Both providers on one loopback port, until it is dropped.
///
/// GitHub answers at [`url`](Self::url) as github.com does, and below `/api/v3` as an Enterprise
/// Server does; OhMyGPT answers at the same URL.
pub struct Sandbox {
    address: SocketAddr,
    shared: Shared,
    server: JoinHandle<()>,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<World>>);

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sandbox {
    /// Starts it on a port of this host, or on a free one when `port` is 0.
    ///
    /// # Errors
    ///
    /// When the port cannot be listened on.
    pub async fn start(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let shared = Shared::default();
        let routes = Router::new()
            .merge(github::routes())
            .nest("/api/v3", github::routes())
            .merge(ohmygpt::routes())
            .layer(from_fn_with_state(shared.clone(), fault::inject))
            .layer(from_fn_with_state(shared.clone(), log::record))
            .with_state(shared.clone());
        let server = tokio::spawn(async move {
            // It ends when the task is aborted, and only then.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self {
            address,
            shared,
            server,
        })
    }

    /// The base URL of both providers, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The client ID of the app that GitHub knows.
    pub fn client_id(&self) -> String {
        self.shared.world().app.client_id.clone()
    }

    /// The client secret of that app.
    pub fn client_secret(&self) -> String {
        self.shared.world().app.client_secret.clone()
    }

    /// A new GitHub token of that app.
    pub fn new_github_token(&self) -> String {
        self.shared.world().new_github_token()
    }

    /// A new OhMyGPT user with an OAuth token and an admin token.
    pub fn new_ohmygpt_user(&self) -> OhMyGptUser {
        self.shared.world().new_ohmygpt_user()
    }

    /// Makes it fail like this from now on, or not at all.
    pub fn set_fault(&self, fault: impl Into<Option<Fault>>) {
        self.shared.world().fault = fault.into();
    }

    /// Whether a token of either provider works.
    pub fn is_alive(&self, token: &str) -> bool {
        self.shared.world().is_alive(token)
    }

    /// Every request so far, in the order of arrival. There are secrets in them.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.world().requests.clone()
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}
