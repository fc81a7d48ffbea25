//! The specs as they are in a revision of git.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// File name to text, of every spec in the revision.
pub(super) fn specs(root: &Path, revision: &str) -> Result<BTreeMap<String, String>> {
    if !git(root, &["rev-parse", "--is-inside-work-tree"])?
        .status
        .success()
    {
        bail!(
            "{} is no git checkout, so there is nothing to compare with: clone the repository",
            root.display()
        );
    }
    let commit = format!("{revision}^{{commit}}");
    let commit = git(
        root,
        &[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ],
    )?;
    if !commit.status.success() {
        bail!(
            "git knows no revision {revision:?}: name a commit, a branch or a tag, and fetch it \
             first if it is elsewhere (`git fetch`)"
        );
    }
    let commit = text(commit)?.trim().to_owned();
    let listed = text(git(
        root,
        &["ls-tree", "-z", "--name-only", &commit, "specs/"],
    )?)?;
    let mut specs = BTreeMap::new();
    for path in listed.split('\0') {
        if let Some(name) = path.strip_prefix("specs/")
            && name.ends_with(".yaml")
        {
            let spec = text(git(root, &["show", &format!("{commit}:./{path}")])?)?;
            specs.insert(name.to_owned(), spec.replace("\r\n", "\n"));
        }
    }
    Ok(specs)
}

fn git(root: &Path, arguments: &[&str]) -> Result<Output> {
    Command::new("git")
        .args(arguments)
        .current_dir(root)
        .output()
        .context("cannot run git: install it, on Debian `apt-get install git`")
}

fn text(output: Output) -> Result<String> {
    if !output.status.success() {
        bail!("git: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).context("git printed what is not UTF-8")
}
