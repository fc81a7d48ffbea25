//! Licences, duplicates, origins and bans of what is published, by the rules in `deny.toml`.

use std::path::Path;

use anyhow::Result;

use super::tool::{subcommand, succeed};

const VERSION: &str = "0.20.2";

pub(crate) fn run(root: &Path) -> Result<()> {
    let mut deny = subcommand(root, "deny", VERSION)?;
    deny.args(["--locked", "check", "--hide-inclusion-graph"])
        // The wrappers of our own crates are not published.
        .args(["--allow", "unused-wrapper"])
        .args(["bans", "licenses", "sources"]);
    succeed(deny)
}
