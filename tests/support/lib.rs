//! What several tests share: an app and tokens that nobody owns, and a server that is nothing but
//! sockets.

// An example warns as a user's own code would; only its functions are called by nobody.
#![doc(test(attr(deny(warnings), allow(dead_code))))]

#[cfg(unix)]
pub mod crash;
#[cfg(unix)]
pub mod postgres;
mod raw_server;
mod ready;
mod seats;
mod skip;
#[cfg(unix)]
mod sockets;
mod tls;

use tokenturn::{GitHub, OhMyGpt, Secret};

pub use raw_server::{
    RawRequest, RawServer, Reply, Then, closing_url, json_answer, refusing_url, until,
};
pub use ready::Ready;
pub use seats::seats;
pub use skip::skip;
#[cfg(unix)]
pub use sockets::short_temp_dir;
pub use tls::Authority;

/// The README's Rust runs as a doc test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The client ID in GitHub's own example.
pub const CLIENT_ID: &str = "abcde12345fghij67890";
/// Its secret in our tests.
pub const CLIENT_SECRET: &str = "canary-client-secret-0123456789";
/// The token in GitHub's own example of a request.
pub const OLD_TOKEN: &str = "e72e16c7e42f292c6912e7710c838347ae178b4a";
/// An OAuth token in OhMyGPT's form.
pub const OAUTH_TOKEN: &str = "omg-oat-v1-canary0123456789canary00";

/// GitHub's own example of an answer.
pub const GITHUB_SEED: &str = include_str!("../seeds/github-authorization.json");
/// OhMyGPT's own example of an answer.
pub const OHMYGPT_SEED: &str = include_str!("../seeds/ohmygpt-rotated.json");

/// A client of github.com's that talks to `base_url`.
pub fn github(base_url: &str) -> GitHub {
    GitHub::builder(CLIENT_ID, CLIENT_SECRET)
        .base_url(base_url)
        .build()
        .expect("the address is on loopback")
}

/// A client of OhMyGPT's that talks to `base_url`.
pub fn ohmygpt(base_url: &str) -> OhMyGpt {
    OhMyGpt::builder()
        .app(CLIENT_ID, CLIENT_SECRET)
        .base_url(base_url)
        .build()
        .expect("the address is on loopback")
}

/// The token that a test asks to replace at GitHub.
pub fn old_token() -> Secret {
    Secret::new(OLD_TOKEN)
}

/// The token that a test calls OhMyGPT with.
pub fn oauth_token() -> Secret {
    Secret::new(OAUTH_TOKEN)
}
