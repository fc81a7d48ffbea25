//! The token to work on, and what a new one must not replace.

use std::path::Path;

use anyhow::{Context, Result, bail};
use tokenturn::Secret;
use tokenturn_sandbox::Sandbox;

use crate::args::TokenFile;
use crate::input::{self, Stored};

/// What is in the token file, unless there is a sandbox to make a token.
pub(crate) fn stored(
    file: &TokenFile,
    sandbox: Option<&Sandbox>,
    new_token: impl FnOnce(&Sandbox) -> String,
) -> Result<Stored> {
    match sandbox {
        Some(sandbox) => Ok(Stored::Word(Secret::new(new_token(sandbox)))),
        None => input::stored(path(file)?),
    }
}

/// The token file, which clap has asked for.
pub(crate) fn path(file: &TokenFile) -> Result<&Path> {
    file.path.as_deref().context("no --token-file is given")
}

/// Refuses an `out` in which `token` is stored: it stays in use.
pub(crate) fn keep(token: &Secret, out: &Path) -> Result<()> {
    if input::stored_already(out).is_some_and(|stored| &stored.into_token() == token) {
        bail!(
            "--out would replace the token in {}, which stays in use; name another file",
            out.display()
        );
    }
    Ok(())
}

/// Refuses an `out` in which a refresh token is stored: what comes has none.
pub(crate) fn keep_refresh_token(out: &Path) -> Result<()> {
    if input::stored_already(out).is_some_and(|stored| stored.has_refresh_token()) {
        bail!(
            "--out would replace the refresh token in {}; name another file",
            out.display()
        );
    }
    Ok(())
}
