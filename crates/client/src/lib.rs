//! Generated clients for the token APIs of GitHub and OhMyGPT.
//!
//! Most programs want the crate `tokenturn`, which tells what an answer means for a token. This
//! one sends the calls and nothing more. It is safe to use on its own: secrets do not print
//! themselves, a call that must not be repeated is sent once, and a failure keeps everything that
//! the provider said.
//!
//! - [`github`], [`github_login`] and [`ohmygpt`] are generated from the specs, each with its
//!   [`Client`](github::Client), its types, an enum of failures for each operation (such as
//!   [`errors::ResetToken`](github::errors::ResetToken)) and its table of operations.
//! - [`Transport`] sends: base URL, credentials, timeouts, size limits, repetition of safe calls.
//! - [`FilePart`] is a file in a multipart body, [`Field`] what a PATCH leaves out or makes null.
//! - [`Secret`] holds what must not leak, [`Fingerprint`] names it in a log.
//!
//! ```no_run
//! use tokenturn_client::{Secret, Transport, github};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let transport = Transport::builder("https://api.github.com")
//!     .basic("abcde12345fghij67890", Secret::new(std::env::var("CLIENT_SECRET")?))
//!     .header("accept", "application/vnd.github+json")
//!     .build()?;
//! let client = github::Client::new(transport);
//! let answer = client
//!     .check_token()
//!     .client_id("abcde12345fghij67890")
//!     .body_map(|body| body.access_token("e72e16c7e42f292c6912e7710c838347ae178b4a"))
//!     .send()
//!     .await?;
//! println!("{:?} may {:?}", answer.user, answer.scopes);
//! # Ok(())
//! # }
//! ```

// An example warns as a user's own code would; only its functions are called by nobody.
#![doc(test(attr(deny(warnings), allow(dead_code))))]

// Generated code names this crate the same way here and elsewhere.
extern crate self as tokenturn_client;

mod amount;
mod choice;
mod civil;
mod error;
mod expose;
mod field;
mod fields;
mod file;
mod form;
// rustfmt and the lints for hand-written code have no business in generated files.
#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub)]
mod generated;
mod multipart;
mod operation;
mod response;
#[doc(hidden)]
pub mod runtime;
mod seconds;
mod secret;
mod timestamp;
mod transport;

pub use amount::{Amount, InvalidAmount};
pub use error::{DecodeError, Error};
pub use field::Field;
pub use file::FilePart;
pub use generated::*;
pub use operation::{Operation, Retry};
pub use response::{RawResponse, ResponseValue};
pub use seconds::Seconds;
pub use secret::{Fingerprint, Secret};
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use transport::{
    ConfigError, Transport, TransportBuilder, check_base_url, check_path_parameter, check_secret,
    decoded, normal_base_url,
};
