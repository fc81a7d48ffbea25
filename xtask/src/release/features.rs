//! Whether the published crates build with other features than the workspace does.

use std::path::Path;

use anyhow::Result;

use super::tool::{subcommand, succeed};

const VERSION: &str = "0.6.46";

const LIBRARIES: [&str; 3] = ["tokenturn-client", "tokenturn", "tokenturn-vault"];

/// Every library without any feature, and with each one.
pub(crate) fn each(root: &Path) -> Result<()> {
    clippy(root, &["--each-feature"])
}

/// Every subset, of the program as well.
pub(crate) fn all(root: &Path) -> Result<()> {
    clippy(root, &["--feature-powerset", "--package=tokenturn-cli"])
}

fn clippy(root: &Path, what: &[&str]) -> Result<()> {
    let mut hack = subcommand(root, "hack", VERSION)?;
    hack.arg("clippy").args(what);
    for library in LIBRARIES {
        hack.args(["--package", library]);
    }
    hack.args(["--exclude-features=default", "--locked", "--quiet"]);
    hack.args(["--", "-Dwarnings"]);
    succeed(hack)
}
