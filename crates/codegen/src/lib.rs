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
mod names;
mod operations;
mod prepare;
mod print;
mod progenitor;
mod spec;
mod table;

pub use spec::Error;

/// Generates the source of the client that `yaml`, an OpenAPI 3.0 document, describes.
///
/// # Errors
///
/// When the text is not YAML or not an OpenAPI 3.0 document, or uses what progenitor does not know.
pub fn generate(yaml: &str, path: &str) -> Result<String, Error> {
    let document = spec::parse(yaml)?;
    let copy = prepare::prepare(&document);
    let operations = operations::collect(&copy);
    let client = progenitor::run(prepare::for_progenitor(&copy)).map_err(Error::new)?;
    let file = adapt::adapt(client, &copy, &operations, path)
        .map_err(|e| Error::new(format!("progenitor's output does not parse: {e}")))?;
    Ok(print::source(&file))
}
