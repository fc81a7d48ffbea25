//! Turns a hand-written OpenAPI 3.0 spec into the Rust source of a client.
//!
//! [progenitor] does most of the work. This crate adds what a client of irreversible operations
//! needs and progenitor lacks:
//!
//! - every `format: password` becomes a `Secret`, which does not print itself; every
//!   `format: date-time` a `Timestamp` and every `format: decimal` an `Amount`, which tie nobody to
//!   a crate for times or numbers;
//! - answers other than 2xx arrive whole, with their status, headers and body;
//! - the code runs on the runtime of `tokenturn-client`, whose errors never print a body, instead
//!   of on `progenitor-client`;
//! - a table of the operations says which of them may be sent again (`x-retry` in the spec), and
//!   which take credentials (`security`);
//! - an operation with `x-browser: true` is a page that a person opens: it is left out.
//!
//! It runs at build time only: nothing that is shipped depends on it.
//!
//! [progenitor]: https://docs.rs/progenitor

mod adapt;
mod enums;
mod mocks;
mod names;
mod operations;
mod prepare;
mod print;
mod progenitor;
mod round_trip;
mod sample;
mod spec;
mod table;

pub use spec::Error;

/// Where generated code finds what it names.
#[derive(Clone, Copy, Debug)]
pub struct Paths<'a> {
    /// The module of the client, such as `tokenturn_client::github`.
    pub client: &'a str,
    /// The module of its mocks, such as `tokenturn_httpmock::github`.
    pub mocks: &'a str,
}

/// The sources that one spec gives. Each is the content of a module.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The client.
    pub client: String,
    /// Its mocks.
    pub mocks: String,
    /// Tests that send every operation to its mock and every declared answer back.
    pub round_trip: String,
}

/// Generates the sources for `yaml`, an OpenAPI 3.0 document.
///
/// # Errors
///
/// When the text is not YAML or not an OpenAPI 3.0 document, or uses what progenitor does not know.
pub fn generate(yaml: &str, paths: &Paths<'_>) -> Result<Generated, Error> {
    let document = spec::parse(yaml)?;
    let copy = prepare::prepare(&document);
    let operations = operations::collect(&copy);
    let client = progenitor::run(prepare::for_progenitor(&copy)).map_err(Error::new)?;
    let sources = || {
        let client = adapt::adapt(client, &copy, &operations, paths.client)?;
        let mocks = mocks::mocks(&operations, &client, paths)?;
        let round_trip = round_trip::round_trip(&copy, &operations, &client, paths)?;
        syn::Result::Ok(Generated {
            client: print::source(&client),
            mocks: print::source(&mocks),
            round_trip: print::source(&round_trip),
        })
    };
    sources().map_err(|e| Error::new(format!("progenitor's output does not parse: {e}")))
}
