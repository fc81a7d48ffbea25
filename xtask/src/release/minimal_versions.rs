//! Whether the tarballs build with the lowest versions of their dependencies that they allow.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::published::{Published, name_and_version, text};
use super::tool::succeed;

/// Takes the tarballs that `package` has made.
pub(crate) fn run(root: &Path) -> Result<()> {
    let published = Published::of(root)?;
    let target = published.target()?;
    let folder = tempfile::tempdir()?;
    let mut manifest = "[workspace]\nresolver = \"3\"\nmembers = [\"tokenturn-*\"]\n\n\
                        [profile.dev]\ndebug = \"line-tables-only\"\n\n[patch.crates-io]\n"
        .to_owned();
    for one in &published.crates {
        let name = name_and_version(one)?;
        let mut tar = Command::new("tar");
        tar.arg("-xzf")
            .arg(target.join(format!("package/{name}.crate")))
            .arg("-C")
            .arg(folder.path());
        succeed(tar)?;
        // A lock file of its own would be of no use, but for confusion.
        fs::remove_file(folder.path().join(&name).join("Cargo.lock"))?;
        manifest += &format!("{} = {{ path = {name:?} }}\n", text(&one["name"])?);
    }
    fs::write(folder.path().join("Cargo.toml"), manifest)?;

    let mut resolve = cargo(folder.path());
    // The option is unstable; what it resolves is built by a stable compiler as it is.
    resolve
        .args(["update", "--quiet", "-Zdirect-minimal-versions"])
        .env("RUSTC_BOOTSTRAP", "1");
    succeed(resolve)?;
    let mut clippy = cargo(folder.path());
    // Warnings count: with an older anyhow, `{name}` in a message is a warning, and stays `{name}`.
    clippy
        .args([
            "clippy",
            "--workspace",
            "--all-features",
            "--locked",
            "--quiet",
        ])
        .env("CARGO_TARGET_DIR", target)
        .args(["--", "-Dwarnings"]);
    succeed(clippy)
}

fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(folder);
    command
}
