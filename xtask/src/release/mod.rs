//! What must hold before a release, beside the gates of CI: it takes longer, or depends on what the
//! registry has today.

pub(crate) mod deny;
pub(crate) mod features;
mod minimal_versions;
pub(crate) mod msrv;
pub(crate) mod package;
mod published;
mod tool;

use std::path::Path;

use anyhow::Result;

use crate::ci::step;

pub(crate) fn run(root: &Path) -> Result<()> {
    step("dependencies", || deny::run(root))?;
    step("minimum Rust version", || msrv::run(root))?;
    step("tarballs", || package::run(root))?;
    step("minimal versions", || minimal_versions::run(root))?;
    step("all combinations of features", || features::all(root))?;
    println!("\nwhat is left to do by hand: RELEASING.md");
    Ok(())
}
