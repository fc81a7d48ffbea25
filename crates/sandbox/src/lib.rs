//! The token endpoints of GitHub and OhMyGPT in memory, for demos and tests.
//!
//! It behaves as the providers' documents and recordings say: a reset kills the old token at once,
//! and the new one is in the answer only. Codes and tokens expire by a clock that tests move. It
//! keeps every request for tests to read, and every replacement and refresh for them to judge by. It
//! holds a million tokens without slowing down.
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
//!
//! # Tokens that age
//!
//! GitHub's expiring tokens end 8 hours after they are issued, and their refresh tokens after 184 days,
//! or when [`Sandbox::set_lifetimes`] says. Whether they have is decided by the sandbox's own clock. It
//! goes on as the host's does, until it is turned:
//!
//! ```
//! # use std::time::Duration;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! # const HOUR: Duration = Duration::from_secs(3600);
//! let sandbox = tokenturn_sandbox::Sandbox::start(0).await?;
//! let new = sandbox.new_expiring_github_token();
//! sandbox.advance(9 * HOUR);
//! assert!(!sandbox.is_alive(&new.token) && sandbox.is_alive(&new.refresh_token));
//! sandbox.turn_back(2 * HOUR);
//! assert!(sandbox.is_alive(&new.token));
//! # Ok(())
//! # }
//! ```
//!
//! Another process turns it by a call that no provider has: a `POST` of [`Sandbox::clock_url`]
//! (`/_sandbox/clock`) with `advance` or `back` in its query or in a form, such as `advance=9h`,
//! `back=1d12h` or `advance=90` (seconds). The answer says what the clock shows then,
//! `{"time":"2026-01-31T12:00:00Z","unix_time":1769860800}`, and so does a `GET`. These calls are not
//! among [`Sandbox::requests`], and no [`Fault`] hits them.

// An example warns as a user's own code would; only its functions are called by nobody.
#![doc(test(attr(deny(warnings), allow(dead_code))))]

mod clock;
mod done;
mod fault;
mod front;
mod github;
mod log;
mod ohmygpt;
mod own;
mod page;
mod params;
mod random;
mod redirect;
mod refreshes;
mod replacements;
mod world;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use fault::{Calls, Fault};
pub use github::{ExpiringToken, SecondaryLimit};
pub use log::LoggedRequest;
pub use ohmygpt::OhMyGptUser;
pub use page::ErrorPage;
pub use refreshes::Refresh;
pub use replacements::Replacement;

use clock::delta;
use github::{Lifetimes, Limit};
use params::Params;
use world::World;

/// Both providers on one loopback port, until it is dropped.
///
/// GitHub answers at [`url`](Self::url) as github.com and its API do, and below `/api/v3` as the
/// API of an Enterprise Server does; OhMyGPT answers at the same URL.
pub struct Sandbox {
    address: SocketAddr,
    shared: Shared,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Shared(Arc<Mutex<World>>);

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a token was made by a sandbox, this one or another: each has a word in it that says so.
pub fn is_sandbox_token(token: &str) -> bool {
    token.contains(random::MARK)
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
        let world = World::new(format!("http://{address}"));
        let shared = Shared(Arc::new(Mutex::new(world)));
        let routes = Router::new()
            .merge(github::api())
            .merge(github::revocation())
            .merge(github::login())
            .nest("/api/v3", github::api())
            .merge(ohmygpt::routes())
            .fallback(github::not_found)
            .method_not_allowed_fallback(github::not_found)
            .layer(DefaultBodyLimit::max(log::LONGEST_BODY))
            .layer(from_fn_with_state(shared.clone(), front::attend))
            .merge(own::routes())
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

    /// Where another process turns the sandbox's clock.
    pub fn clock_url(&self) -> String {
        self.url() + own::CLOCK
    }

    /// The client ID of the app that GitHub knows.
    pub fn client_id(&self) -> String {
        self.shared.world().github.client_id.clone()
    }

    /// The client secret of that app.
    pub fn client_secret(&self) -> String {
        self.shared.world().github.client_secret.clone()
    }

    /// The client ID of the app that OhMyGPT knows.
    pub fn ohmygpt_client_id(&self) -> String {
        self.shared.world().ohmygpt.client_id.clone()
    }

    /// The client secret of that app.
    pub fn ohmygpt_client_secret(&self) -> String {
        self.shared.world().ohmygpt.client_secret.clone()
    }

    /// A new GitHub token of the app, which no code was exchanged for.
    pub fn new_github_token(&self) -> String {
        let mut world = self.shared.world();
        let now = world.clock.now();
        world.github.new_token(now)
    }

    /// As many new GitHub tokens of the app.
    pub fn new_github_tokens(&self, count: usize) -> Vec<String> {
        let mut world = self.shared.world();
        let now = world.clock.now();
        world.github.new_tokens(count, now)
    }

    /// A new GitHub token that expires, with its refresh token, as a sign-in in the browser brings
    /// them, whether [other new tokens expire](Self::set_expiring_tokens) or not.
    pub fn new_expiring_github_token(&self) -> ExpiringToken {
        let mut world = self.shared.world();
        let now = world.clock.now();
        world.github.new_expiring_token(now)
    }

    /// As many new GitHub tokens that expire.
    pub fn new_expiring_github_tokens(&self, count: usize) -> Vec<ExpiringToken> {
        let mut world = self.shared.world();
        let now = world.clock.now();
        world.github.new_expiring_tokens(count, now)
    }

    /// A new OhMyGPT user with an OAuth token and an admin token.
    ///
    /// The last one made is who presses the buttons of the authorization page.
    pub fn new_ohmygpt_user(&self) -> OhMyGptUser {
        let mut world = self.shared.world();
        let now = world.clock.now();
        world.ohmygpt.new_user(now)
    }

    /// As many new OhMyGPT users.
    pub fn new_ohmygpt_users(&self, count: usize) -> Vec<OhMyGptUser> {
        let mut world = self.shared.world();
        let now = world.clock.now();
        world.ohmygpt.new_users(count, now)
    }

    /// Opens the authorization URL of either provider and presses "Authorize".
    ///
    /// The answer is the URL that the browser is sent to.
    ///
    /// # Errors
    ///
    /// When a page with an error is shown instead.
    pub fn approve(&self, authorize_url: &str) -> Result<String, ErrorPage> {
        self.decide(authorize_url, true)
    }

    /// Opens the authorization URL of either provider and presses "Cancel".
    ///
    /// The answer is the URL that the browser is sent to.
    ///
    /// # Errors
    ///
    /// When a page is shown instead, as OhMyGPT always does.
    pub fn deny(&self, authorize_url: &str) -> Result<String, ErrorPage> {
        self.decide(authorize_url, false)
    }

    fn decide(&self, authorize_url: &str, is_authorized: bool) -> Result<String, ErrorPage> {
        const ELSEWHERE: ErrorPage = ErrorPage::bad_request("This is no page of the sandbox's.");
        let (path, query) = authorize_url
            .strip_prefix(&self.url())
            .and_then(|rest| rest.split_once('?'))
            .ok_or(ELSEWHERE)?;
        let params = Params::query(query);
        let mut world = self.shared.world();
        let now = world.clock.now();
        match path {
            github::AUTHORIZE => world.github.decide(&params, is_authorized, now),
            ohmygpt::AUTHORIZE => world.ohmygpt.decide(&params, is_authorized, now),
            _ => Err(ELSEWHERE),
        }
    }

    /// Types this code into GitHub's device page and presses "Authorize".
    ///
    /// Whether the code was waiting for a decision.
    pub fn approve_device(&self, user_code: &str) -> bool {
        self.decide_device(user_code, true)
    }

    /// Types this code into GitHub's device page and presses "Cancel".
    ///
    /// Whether the code was waiting for a decision.
    pub fn deny_device(&self, user_code: &str) -> bool {
        self.decide_device(user_code, false)
    }

    fn decide_device(&self, user_code: &str, is_authorized: bool) -> bool {
        let mut world = self.shared.world();
        let now = world.clock.now();
        world.github.decide_device(user_code, is_authorized, now)
    }

    /// Whether GitHub's new tokens expire and come with a refresh token. At first they do not.
    pub fn set_expiring_tokens(&self, expiring: bool) {
        self.shared.world().github.settings.expiring_tokens = expiring;
    }

    /// How long GitHub's expiring tokens work that are issued from now on, and their refresh tokens,
    /// in whole seconds. At first it is 8 hours (28,800 s) and 184 days (15,897,600 s).
    pub fn set_lifetimes(&self, token: Duration, refresh_token: Duration) {
        let whole = |time: Duration| delta(Duration::from_secs(time.as_secs()));
        self.shared.world().github.settings.lifetimes = Lifetimes {
            token: whole(token),
            refresh_token: whole(refresh_token),
        };
    }

    /// Whether GitHub's app may use the device flow. At first it may.
    pub fn set_device_flow(&self, enabled: bool) {
        self.shared.world().github.settings.device_flow = enabled;
    }

    /// The seconds between two polls of GitHub's device codes that are asked for from now on.
    /// At first it is 5.
    pub fn set_device_interval(&self, seconds: u32) {
        self.shared.world().github.settings.device_interval = seconds;
    }

    /// Whether GitHub's user has verified the email address. At first it is verified.
    pub fn set_email_verified(&self, verified: bool) {
        self.shared.world().github.settings.email_verified = verified;
    }

    /// Whether GitHub's app is suspended. At first it is not.
    pub fn set_suspended(&self, suspended: bool) {
        self.shared.world().github.settings.suspended = suspended;
    }

    /// Makes GitHub's API answer every call with this limit from now on, or not at all.
    pub fn set_secondary_limit(&self, limit: impl Into<Option<SecondaryLimit>>) {
        self.shared.world().github.settings.secondary_limit = limit.into();
    }

    /// How many calls of GitHub's API the app may make in an hour, which begins with the next call;
    /// those beyond are refused. At first it is 5000, as at github.com. With `None` there is no
    /// limit, as at first on Enterprise Server.
    pub fn set_rate_limit(&self, limit: impl Into<Option<u64>>) {
        self.shared.world().github.limit = Limit::new(limit.into());
    }

    /// The scope that OhMyGPT's app is configured with. At first it is `trusted_full_access`.
    pub fn set_ohmygpt_scope(&self, scope: impl Into<String>) {
        self.shared.world().ohmygpt.scope = scope.into();
    }

    /// Whether OhMyGPT's users have enough left for calls with their OAuth tokens. At first they do.
    pub fn set_sufficient_balance(&self, sufficient: bool) {
        self.shared.world().ohmygpt.sufficient_balance = sufficient;
    }

    /// Makes it fail like this from now on, or not at all.
    pub fn set_fault(&self, fault: impl Into<Option<Fault>>) {
        let mut world = self.shared.world();
        world.faults.clear();
        if let Some(fault) = fault.into() {
            world.faults.add(fault, Calls::Every);
        }
    }

    /// Makes some calls fail, beside those that fail already. A call that an older fault hits is
    /// none for a newer one to count.
    ///
    /// ```
    /// # use tokenturn_sandbox::{Calls, Fault, Sandbox};
    /// # fn spoil(sandbox: &Sandbox) {
    /// sandbox.add_fault(Fault::Outage, Calls::Next(20));
    /// sandbox.add_fault(Fault::AfterChange, Calls::OneIn(100));
    /// sandbox.add_fault(Fault::BeforeChange, Calls::OneIn(100));
    /// # }
    /// ```
    pub fn add_fault(&self, fault: Fault, calls: Calls) {
        self.shared.world().faults.add(fault, calls);
    }

    /// Whether requests are kept for [`requests`](Self::requests). At first they are; a million of
    /// them take gigabytes.
    pub fn set_recording(&self, recording: bool) {
        self.shared.world().requests.recording = recording;
    }

    /// What the sandbox's clock shows. At first it is the host's time.
    pub fn now(&self) -> SystemTime {
        self.shared.world().clock.now().into()
    }

    /// Moves the sandbox's clock forward: codes and tokens expire by it, answers are dated by it.
    pub fn advance(&self, by: Duration) {
        self.shared.world().clock.advance(by);
    }

    /// Turns the sandbox's clock back, to 1970 at most. What has expired lives again, and what was
    /// used up does not.
    pub fn turn_back(&self, by: Duration) {
        self.shared.world().clock.turn_back(by);
    }

    /// Whether a token, refresh token or key of either provider works.
    pub fn is_alive(&self, token: &str) -> bool {
        self.shared.world().is_alive(token)
    }

    /// Every request so far, in the order of arrival. There are secrets in them.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.world().requests.so_far.clone()
    }

    /// Every reset of a GitHub token and every rotation of an OhMyGPT admin token so far, in the
    /// order in which they were done, whatever became of their answers. There are secrets in them.
    pub fn replacements(&self) -> Vec<Replacement> {
        self.shared.world().replacements.all()
    }

    /// How many of them there are.
    pub fn replacement_count(&self) -> usize {
        self.shared.world().replacements.count()
    }

    /// Every refresh of a GitHub token so far, in the order in which they were done, whatever became
    /// of their answers. There are secrets in them.
    pub fn refreshes(&self) -> Vec<Refresh> {
        self.shared.world().refreshes.all()
    }

    /// How many of them there are.
    pub fn refresh_count(&self) -> usize {
        self.shared.world().refreshes.count()
    }

    /// How often GitHub was given a refresh token that was used before, has expired, or is none. What
    /// was refused for want of the client secret is not among them.
    pub fn refused_refreshes(&self) -> usize {
        self.shared.world().refused_refreshes
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
