//! Replaces OAuth tokens at GitHub and OhMyGPT, and does not lose the new one.
//!
//! *A reset is irreversible and its answer is irreplaceable*: the provider kills the old token at
//! once and prints the new one a single time. So a reset is sent exactly once, whatever happens;
//! the new token is saved before anybody is told of it, even when nobody waits for it any more; a
//! token that arrives is handed over even when the rest of the answer makes no sense; nothing is
//! believed that the provider has not said; and every failure says whether the token may have been
//! replaced.
//!
//! ```no_run
//! use tokenturn::{GitHub, RotateError, Secret, Sink, sink::FileSink};
//!
//! # async fn turn(old: Secret) -> Result<(), Box<dyn std::error::Error>> {
//! let github = GitHub::builder("Iv1.8a61f9b3a7aba766", std::env::var("CLIENT_SECRET")?).build()?;
//! match tokenturn::rotate(&github, &old, FileSink::new("token.txt")).await {
//!     Ok(rotated) => println!("{} is saved", rotated.token.fingerprint()),
//!     Err(RotateError::NotSent(why)) => println!("try again: {why}"),
//!     Err(RotateError::Refused(refusal)) => println!("the old token is as it was: {refusal}"),
//!     // The token is in here and nowhere else: it goes to a second place, or up with the error.
//!     Err(RotateError::NotSaved(unsaved)) => {
//!         let second = format!("token-{}.txt", unsaved.token().fingerprint());
//!         let second = std::env::home_dir().unwrap_or_default().join(second);
//!         FileSink::new(&second).save(unsaved.rotated()).await.map_err(|_| unsaved)?;
//!         println!("it is in {}", second.display());
//!     }
//!     Err(error) => println!("keep the old token, and ask github.recover(): {error}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | what happened | what you get | send it again? |
//! |---|---|---|
//! | 2xx, and the answer is the provider's own by the [rule of evidence](failures#the-answer-is-not-the-providers) | [`Rotated`], with `details: None` where nothing but the token can be read | - |
//! | 2xx that the provider has not said, or that cannot be read | [`RotateError::Unknown`], which holds the body and the [candidates](Unknown::candidates) in it | no; [`recover_with`] asks about the candidates |
//! | the provider said no | [`RotateError::Refused`] with a [`RefusalReason`] | as the reason says |
//! | something on the way said no | [`RotateError::Refused`] with [`RefusalReason::Other`]: nothing follows for the token | check it first |
//! | nothing left this process | [`RotateError::NotSent`] | yes |
//! | sent, no complete answer (timeout, reset, 5xx) | [`RotateError::Unknown`] | only after `recover` |
//! | rotated, and the sink did not save | [`RotateError::NotSaved`]: the token is in it | - |
//!
//! - [`rotate`] is the front door. Where the token goes is a [`Sink`]: a [file](sink::FileSink), a
//!   [function](sink::from_fn), [memory](sink::MemorySink) for tests, or one of your own.
//! - [`obtain`] is the same door for calls that bring a token without an old one: a code exchange, a
//!   refresh, the device flow.
//! - [`Rotations::drain`] waits for what is under way, before a runtime ends.
//! - [`recover`] and [`recover_with`] resolve an unknown outcome.
//! - [What can go wrong](failures) goes through every failure.
//!
//! # The life of a token
//!
//! | | [`GitHub`] | [`OhMyGpt`] |
//! |---|---|---|
//! | ask a user | [`authorize`](GitHub::authorize), [`device_code`](GitHub::device_code) | [`authorize`](OhMyGpt::authorize) |
//! | read the callback | [`PendingAuthorization::callback`] | the same |
//! | get it | [`exchange_code`](GitHub::exchange_code)\*, [`wait_for_device`](GitHub::wait_for_device)\* | [`issue_token`](OhMyGpt::issue_token)\* |
//! | check it | [`check_token`](GitHub::check_token) | [`user_basic_info`](OhMyGpt::user_basic_info) |
//! | narrow it | [`scope_token`](GitHub::scope_token)\* | |
//! | refresh it | [`refresh_token`](GitHub::refresh_token)\* | |
//! | replace it | [`reset_token`](GitHub::reset_token)\* | [`rotate_admin_token`](OhMyGpt::rotate_admin_token)\* |
//! | end it | [`delete_token`](GitHub::delete_token), [`delete_authorization`](GitHub::delete_authorization), [`revoke_credentials`](GitHub::revoke_credentials) | |
//! | use it | | [`api_keys`](OhMyGpt::api_keys), [`create_api_key`](OhMyGpt::create_api_key), [`update_api_key`](OhMyGpt::update_api_key), [`delete_api_key`](OhMyGpt::delete_api_key), [`balance`](OhMyGpt::balance) |
//!
//! \* brings a token once; the bare call does not protect it, [`rotate`] and [`obtain`] do.
//!
//! A call that brings no token has the result or a [`CallError`].
//!
//! # Features
//!
//! - `tls-ring` (default): TLS by rustls with ring, the platform's certificate verifier and roots.
//!   A `reqwest` without TLS elsewhere in the build gets rustls by it and no crypto provider, and panics
//!   in `Client::new()` unless the program installs one; with the others, it does not.
//! - `tls-aws-lc`: the same with aws-lc-rs, also where `tls-ring` is on. With
//!   `default-features = false`, there is no ring; for FIPS, turn on `fips` of rustls as well.
//! - `tls-native`: the platform's own TLS library, where neither of the others is on.
//! - `serde`: [`PendingAuthorization`] and [`DeviceCode`](github::DeviceCode) are `Serialize` and
//!   `Deserialize`, so that a web application can keep them in a session or a database between two
//!   requests. They hold secrets, so it is a store on the server, or one that is encrypted.
//!
//! Not affiliated with GitHub or OhMyGPT.

// An example warns as a user's own code would; only its functions are called by nobody.
#![doc(test(attr(deny(warnings), allow(dead_code))))]

mod answered;
mod authorize;
mod calls;
mod detached;
mod error;
mod evidence;
#[doc = include_str!("../failures.md")]
pub mod failures {}
pub mod github;
pub mod ohmygpt;
mod outcome;
mod provider;
mod rate_limit;
mod rotated;
mod rotations;
mod save;
pub mod sink;
#[cfg(feature = "serde")]
mod stored;

pub use answered::{Answered, Deprecation};
pub use authorize::{AuthorizationCode, AuthorizationRequest, CallbackError, PendingAuthorization};
pub use error::{
    BuildError, CallError, NotSaved, NotSent, RecoverError, Refusal, RefusalReason, RotateError,
    Unheard, Unknown,
};
pub use evidence::Candidates;
pub use github::GitHub;
pub use ohmygpt::OhMyGpt;
pub use provider::Provider;
pub use rate_limit::RateLimit;
pub use rotated::{Receipt, Recovery, Rotated};
pub use rotations::{Rotations, obtain, recover, recover_with, rotate};
pub use sink::Sink;
pub use tokenturn_client::{
    Amount, Fingerprint, Secret, Timestamp, TransportBuilder, normal_base_url,
};
