//! What `cargo xtask compare` runs for each library: `PROGRAM URL CALL` makes one call, which is `exchange`,
//! `scopes` (the same, of an OAuth app) or `reset`, and prints what the library makes of the answer.

use std::error::Error;
use std::time::{Duration, SystemTime};

use serde_json::json;

/// The app.
pub const CLIENT_ID: &str = "abcde12345fghij67890";
/// Its secret.
pub const CLIENT_SECRET: &str = "compare-client-secret";
/// What is exchanged.
pub const CODE: &str = "code0code0code0code0";
/// The token that is replaced.
pub const OLD_TOKEN: &str = "ghu_old0old0old0old0old0old0old0old0old0";

/// Anything that keeps the call from being made.
pub type Failure = Box<dyn Error + Send + Sync>;

/// URL and call, from the arguments.
///
/// # Errors
///
/// When there is something else.
pub fn arguments() -> Result<(String, String), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match <[String; 2]>::try_from(arguments) {
        Ok([url, call]) => Ok((url, call)),
        Err(_) => Err("give the server's URL and the call".into()),
    }
}

/// The library says that this is the new token, with its scopes, and how long it lives.
pub fn token(token: &str, lifetime: Option<Duration>, scopes: Option<Vec<String>>) {
    let seconds = lifetime.map(|lifetime| lifetime.as_secs());
    println!(
        "{}",
        json!({"token": token, "seconds": seconds, "scopes": scopes})
    );
}

/// The library says that there is none, in these words; `held` is the body, where it can be got from the error.
pub fn none(words: impl Into<String>, held: Option<&[u8]>) {
    let held = held.map(String::from_utf8_lossy);
    println!("{}", json!({"none": words.into(), "held": held}));
}

/// From now until then.
pub fn until(moment: SystemTime) -> Duration {
    moment.duration_since(SystemTime::now()).unwrap_or_default()
}
