//! Whether the examples in OpenAPI 3.0 documents are valid: what `cargo xtask spec examples` runs.
//!
//! It reads a JSON array of documents from standard input and prints one of results, each
//! `{"checked": 3, "failures": [{"pointer": "/paths/...", "reason": "..."}]}`.

mod check;
mod dialect;
mod walk;

use anyhow::{Context, Result};
use serde_json::Value;

fn main() -> Result<()> {
    let documents: Vec<Value> =
        serde_json::from_reader(std::io::stdin()).context("no documents on standard input")?;
    let results: Value = documents.iter().map(check::examples).collect();
    println!("{results}");
    Ok(())
}
