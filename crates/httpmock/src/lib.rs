//! Typed mocks of the token APIs of GitHub and OhMyGPT, for tests of programs that replace tokens.
//!
//! [`MockServer`] is a server on this host; the traits [`github::Mocks`], [`github_login::Mocks`] and
//! [`ohmygpt::Mocks`] give it a method for each operation. A mock says what the request must look
//! like, with a setter for each parameter, and what is answered, with a method for each status that
//! the spec declares.
//!
//! - Values are compared as they are meant: path values decoded, forms by their pairs, multipart
//!   bodies by their parts, JSON by value.
//! - `body` wants a body as a whole, `body_field` and `body_field_that` want some of its fields. The
//!   exchange of a code is [known by its page](github_login::CreateAccessTokenWhen::exchange), PKCE
//!   included.
//! - For each answer with a body there is a method that takes the spec's example and changes it
//!   (`ok_with`, `not_found_with`): types of answers have no constructors. What brings a token is made
//!   from that ([`ok_token`](github::ResetTokenThen::ok_token)).
//! - Credentials are asked for as the spec says. Without a word of the mock they must be there, or
//!   must not be.
//! - A request for which there is no mock fails the test, loudly: when the server is dropped, or on
//!   [`MockServer::verify`]. Until then it is answered with status 999, which no provider sends and
//!   no client repeats; httpmock's own 404 would mean that the token is invalid.
//! - What it fails with names the parts that did not fit, and shows no value.
//!
//! Below is [httpmock], whose matchers and answers are at hand: `and` on each mock, and
//! [`MockServer::mock`].
//!
//! ```
//! use tokenturn_client::{Transport, github};
//! use tokenturn_httpmock::MockServer;
//! use tokenturn_httpmock::github::Mocks as _;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = MockServer::start_async().await;
//! let reset = server.reset_token(|when, then| {
//!     when.client_id("Iv1.8a61f9b3a7aba766")
//!         .body_field("access_token", "gho_old")
//!         .basic("Iv1.8a61f9b3a7aba766", "s3cret");
//!     then.not_found_with(|_| {});
//! });
//!
//! let transport = Transport::builder(server.base_url()).basic("Iv1.8a61f9b3a7aba766", "s3cret");
//! let client = github::Client::new(transport.build()?);
//! let call = client.reset_token().client_id("Iv1.8a61f9b3a7aba766");
//! let call = call.body_map(|body| body.access_token("gho_old"));
//! let error = call.send().await.unwrap_err();
//!
//! assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
//! reset.assert();
//! # Ok(())
//! # }
//! ```

// An example warns as a user's own code would; only its functions are called by nobody.
#![doc(test(attr(deny(warnings), allow(dead_code))))]

// Generated code names this crate the same way here and elsewhere.
extern crate self as tokenturn_httpmock;

mod body;
mod expectation;
// rustfmt and the lints for hand-written code have no business in generated files.
#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub)]
mod generated;
mod mock;
mod multipart;
mod report;
#[doc(hidden)]
pub mod round_trip;
mod server;
mod then;
mod tokens;
mod when;
mod wire;
#[doc(hidden)]
pub mod runtime {
    //! What generated code calls; not a public API.

    pub use crate::body::Fields;
    pub use crate::expectation::Credentials;
    pub use crate::then::{Then, edited, in_range};
    pub use crate::when::When;
    pub use tokenturn_client::runtime::{Expose, Exposed, Style};
}

pub use generated::*;
pub use httpmock;
pub use mock::Mock;
pub use server::MockServer;
use then::Then;
use when::When;
