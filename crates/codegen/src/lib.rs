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
mod json;
mod lint;
mod operations;
mod prepare;
mod print;
mod report;
mod snippet;
mod source;
mod spec;
mod tree;
mod trim;
mod yaml;

pub use report::{Finding, Report, Severity};
pub use spec::{Error, Spec};

/// Generates the source of the client that `yaml`, an OpenAPI 3.0 document, describes.
///
/// The same input gives the same bytes on every machine. The code expects to be a module of
/// `tokenturn-client`.
///
/// ```
/// let spec = r#"
/// openapi: 3.0.3
/// info: { title: Keys, version: "1" }
/// paths:
///   /keys/{name}:
///     delete:
///       operationId: delete_key
///       x-retry: idempotent
///       parameters:
///         - { name: name, in: path, required: true, schema: { type: string } }
///       responses: { "204": { description: The key is gone. } }
/// "#;
/// let source = tokenturn_codegen::generate(spec)?;
/// assert!(source.contains("pub fn delete_key(&self)"));
/// # Ok::<(), tokenturn_codegen::Error>(())
/// ```
///
/// # Errors
///
/// When the text is not YAML, not an OpenAPI 3.0 document, has an operation without an
/// `operationId` or a valid `x-retry`, or uses what progenitor does not know.
pub fn generate(yaml: &str) -> Result<String, Error> {
    let mut document = spec::parse(yaml)?;
    spec::remove_pages(&mut document);
    let operations = operations::collect(&document)?;
    let client = prepare::run_progenitor(document)?;
    let file = adapt::to_runtime(client, &operations)?;
    Ok(print::source(&file))
}
