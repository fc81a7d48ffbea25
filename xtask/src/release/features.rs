//! Whether the published crates build with other features than the workspace does.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::ci::cargo;

use super::tool::{subcommand, succeed};

const VERSION: &str = "0.6.46";

const LIBRARIES: [&str; 3] = ["tokenturn-client", "tokenturn", "tokenturn-vault"];

/// Every library without any feature, and with each one.
pub(crate) fn each(root: &Path) -> Result<()> {
    clippy(root, &["--each-feature"])?;
    without_ring(root)
}

/// Every subset, of the program as well.
pub(crate) fn all(root: &Path) -> Result<()> {
    clippy(root, &["--feature-powerset", "--package=tokenturn-cli"])?;
    let all = "--features=tls-aws-lc,tls-native,tls-ring";
    let test = ["test", "--package=tokenturn-client", "--locked", "--quiet"];
    let test = [&test[..], &[all, "--lib", "transport::tls"]].concat();
    cargo(root, &test).map(drop)
}

/// Whoever must not have ring, as with FIPS, can do without it.
fn without_ring(root: &Path) -> Result<()> {
    for package in ["tokenturn-client", "tokenturn"] {
        let tree = [
            "tree",
            "--locked",
            "--target=all",
            "--edges=normal,build",
            "--prefix=none",
        ];
        let features = [
            "--no-default-features",
            "--features=tls-aws-lc",
            "--package",
            package,
        ];
        let tree = cargo(root, &[&tree[..], &features].concat())?;
        ensure!(
            !tree.lines().any(|line| line.starts_with("ring ")),
            "{package} has ring, with tls-aws-lc alone"
        );
    }
    Ok(())
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
