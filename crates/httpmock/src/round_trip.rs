//! What the generated round trips call; not a public API.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokenturn_client::{Error, ResponseValue, Transport, TransportBuilder};

use crate::MockServer;
use crate::body::{difference, on_the_wire};

/// The user name of the Basic credentials.
pub const USER: &str = "a-user";
/// Their password, and the Bearer token.
pub const SECRET: &str = "a-secret:with+signs/in=it";

/// A value of a spec, as the generated type has it.
#[track_caller]
pub fn sample<T: DeserializeOwned>(json: &str) -> T {
    match serde_json::from_str(json) {
        Ok(value) => value,
        Err(error) => {
            panic!("the sample {json} is not of its type: {error}; give the schema an `example`")
        }
    }
}

/// A value that was made for its schema: the generated type holds all of it.
#[track_caller]
pub fn whole<T: DeserializeOwned + Serialize>(json: &str) -> T {
    let value: T = sample(json);
    let expected: serde_json::Value = sample(json);
    let written = written(&value);
    assert!(
        difference(&expected, &written, String::new()).is_none(),
        "the generated type loses something: it makes {written} of {json}"
    );
    value
}

/// Sends without credentials.
pub fn none(server: &MockServer) -> Transport {
    build(Transport::builder(server.base_url()))
}

/// Sends Basic credentials.
pub fn basic(server: &MockServer) -> Transport {
    build(Transport::builder(server.base_url()).basic(USER, SECRET))
}

/// Sends a Bearer token.
pub fn bearer(server: &MockServer) -> Transport {
    build(Transport::builder(server.base_url()).bearer(SECRET))
}

#[track_caller]
fn build(builder: TransportBuilder) -> Transport {
    // Every answer is to be seen, not repeated.
    match builder.max_attempts(1).build() {
        Ok(transport) => transport,
        Err(error) => panic!("{error}"),
    }
}

/// The status that arrived.
#[track_caller]
pub fn status<T, E>(result: &Result<ResponseValue<T>, Error<E>>) -> u16 {
    let status = match result {
        Ok(answer) => Some(answer.status()),
        Err(error) => error.status(),
    };
    match (status, result) {
        (Some(status), _) => status.as_u16(),
        (None, Err(error)) => panic!("there was no answer: {error}"),
        (None, Ok(_)) => 0,
    }
}

/// Compares two values as they are on the wire.
#[track_caller]
pub fn assert_same<T: Serialize>(found: &T, expected: &T) {
    assert_eq!(written(found), written(expected));
}

/// A value as it is on the wire.
#[track_caller]
fn written<T: Serialize>(value: &T) -> serde_json::Value {
    match on_the_wire(value) {
        Ok(value) => value,
        Err(error) => panic!("the value cannot be written: {error}"),
    }
}
