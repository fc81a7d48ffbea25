//! Replaces OAuth tokens at GitHub and OhMyGPT, and does not lose the new one.
//!
//! *A reset is irreversible and its answer is irreplaceable*: the provider kills the old token at
//! once and prints the new one a single time. So a reset is sent exactly once, whatever happens;
//! a token that arrives is handed over even when the rest of the answer makes no sense; and every
//! failure says whether the token may have been replaced.
//!
//! ```no_run
//! use tokenturn::{GitHub, RotateError, Secret};
//!
//! # async fn run(old: Secret, save: impl Fn(&Secret)) -> Result<(), Box<dyn std::error::Error>> {
//! let github = GitHub::builder("Iv1.8a61f9b3a7aba766", std::env::var("CLIENT_SECRET")?).build()?;
//! match github.reset_token(&old).await {
//!     Ok(rotated) => save(&rotated.token),
//!     Err(RotateError::NotSent(why)) => println!("try again: {why}"),
//!     Err(RotateError::Refused(refusal)) => println!("the old token is as it was: {refusal}"),
//!     Err(error) => println!("keep the old token and check it: {error}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What a call returns
//!
//! | what happened | what you get | send it again? |
//! |---|---|---|
//! | 2xx, body understood | [`Rotated`] | - |
//! | 2xx, body not as specified, a token can be read in it | [`Rotated`] with `details: None` | - |
//! | 2xx, no token can be read | [`RotateError::Unknown`], which holds the body | no |
//! | the provider said no | [`RotateError::Refused`] with a [`RefusalReason`] | as the reason says |
//! | nothing left this process | [`RotateError::NotSent`] | yes |
//! | sent, no complete answer (timeout, reset, 5xx) | [`RotateError::Unknown`] | only after a check of the old token |
//!
//! # Features
//!
//! - `tls-ring` (default): TLS by rustls with ring, the platform's certificate verifier and roots.
//! - `tls-aws-lc`: the same with aws-lc-rs.
//! - `tls-native`: the platform's own TLS library.
//!
//! Not affiliated with GitHub or OhMyGPT.

mod error;
pub mod github;
pub mod ohmygpt;
mod outcome;
mod provider;
mod rotated;
mod rotations;
mod salvage;
pub mod sink;

pub use error::{
    BuildError, CheckError, NotSaved, NotSent, RecoverError, Refusal, RefusalReason, RotateError,
    Unknown,
};
pub use github::GitHub;
pub use ohmygpt::OhMyGpt;
pub use provider::Provider;
pub use rotated::{Receipt, Recovery, Rotated};
pub use rotations::{Rotations, recover, rotate};
pub use sink::Sink;
pub use tokenturn_client::{Fingerprint, Secret, Timestamp, TransportBuilder};
