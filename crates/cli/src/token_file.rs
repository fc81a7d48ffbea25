//! The token to work on, and what a new one must not replace.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use tokenturn::{Secret, Timestamp};
use tokenturn_sandbox::{Sandbox, is_sandbox_token};
use tokenturn_vault::{Key, Tokens};
use zeroize::Zeroizing;

use crate::args::{Common, GitHubRecover, TokenFile};
use crate::client::{GITHUB_SECRET, OHMYGPT_SECRET};
use crate::input::{self, Stored};

/// What is in the token file, unless there is a sandbox to make a token.
pub(crate) fn stored(
    file: &TokenFile,
    read: impl FnOnce(&Path) -> Result<Stored>,
    sandbox: Option<&Sandbox>,
    new_token: impl FnOnce(&Sandbox) -> String,
) -> Result<Stored> {
    match sandbox {
        Some(sandbox) => Ok(Stored::Word(Secret::new(new_token(sandbox)))),
        None => read(path(file)?),
    }
}

/// The token file, which clap has asked for.
pub(crate) fn path(file: &TokenFile) -> Result<&Path> {
    file.path.as_deref().context("no --token-file is given")
}

/// What is in `out` by now, if anything. Refuses one that holds something else than a token: a new
/// token would take its place. With a sandbox, also one that holds another token than a sandbox's.
pub(crate) fn replaced(
    out: &Path,
    common: &Common,
    client_secret_file: Option<&PathBuf>,
) -> Result<Option<Stored>> {
    const ADVICE: &str = "name another file";
    let out_name = out.display();
    if client_secret_file.is_some_and(|file| is_same(file, out)) {
        bail!("--out would replace the file of --client-secret-file, which stays in use; {ADVICE}");
    }
    let before = input::stored_already(out).with_context(|| {
        format!(
            "--out would replace {out_name}, in which no token can be read; {ADVICE}, or take it away \
             if nothing in it is needed"
        )
    })?;
    let Some(stored) = before else {
        return Ok(None);
    };
    if common.sandbox && !is_sandbox_token(stored.token().expose()) {
        bail!("--out would replace {out_name}, which no sandbox has written; {ADVICE}");
    }
    if Key::parse(stored.token()).is_ok() {
        bail!("--out would replace {out_name}, which looks like the key of a vault; {ADVICE}");
    }
    for variable in [GITHUB_SECRET, OHMYGPT_SECRET] {
        let client_secret = input::client_secret(None, variable).ok().flatten();
        if client_secret.as_ref() == Some(stored.token()) {
            bail!("--out would replace {out_name}, which holds what is in {variable}; {ADVICE}");
        }
    }
    Ok(Some(stored))
}

/// A token and what comes with it, as a token file has them in one line of JSON.
pub(crate) fn line(token: &Secret, tokens: &Tokens) -> io::Result<Zeroizing<Vec<u8>>> {
    written(&Line {
        access_token: token.expose(),
        expires_at: tokens.expires_at,
        refresh_token: tokens.refresh_token.as_ref().map(Secret::expose),
        refresh_token_expires_at: tokens.refresh_token_expires_at,
    })
}

/// The same of a token for whoever uses it, and has no use for its refresh token.
pub(crate) fn line_to_use(
    token: &Secret,
    expires_at: Option<Timestamp>,
) -> io::Result<Zeroizing<Vec<u8>>> {
    written(&Line {
        access_token: token.expose(),
        expires_at,
        refresh_token: None,
        refresh_token_expires_at: None,
    })
}

fn written(both: &Line<'_>) -> io::Result<Zeroizing<Vec<u8>>> {
    // In one piece: a buffer that grows leaves its old content behind in freed memory.
    let length = both.access_token.len() + both.refresh_token.map_or(0, str::len);
    let mut line = Zeroizing::new(Vec::with_capacity(2 * length + 256));
    serde_json::to_writer(&mut *line, both)?;
    line.push(b'\n');
    Ok(line)
}

/// A token alone, in a line.
pub(crate) fn word(token: &Secret) -> Zeroizing<Vec<u8>> {
    let token = token.expose().as_bytes();
    let mut line = Zeroizing::new(Vec::with_capacity(token.len() + 1));
    line.extend_from_slice(token);
    line.push(b'\n');
    line
}

/// What a token file holds for a token with a refresh token.
#[derive(Serialize)]
struct Line<'a> {
    access_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_expires_at: Option<Timestamp>,
}

/// Refuses an `out` in which `token` is stored: it stays in use.
pub(crate) fn keep(token: &Secret, before: Option<&Stored>, out: &Path) -> Result<()> {
    if before.is_some_and(|stored| stored.token() == token) {
        bail!(
            "--out would replace the token in {}, which stays in use; name another file",
            out.display()
        );
    }
    Ok(())
}

/// Refuses an `out` in which a refresh token is stored: what comes has none.
pub(crate) fn keep_refresh_token(before: Option<&Stored>, out: &Path) -> Result<()> {
    if before.is_some_and(Stored::has_refresh_token) {
        bail!(
            "--out would replace the refresh token in {}; name another file",
            out.display()
        );
    }
    Ok(())
}

/// Refuses a file of `--kept` that is another one as well: the kept answer goes away when the token
/// in it is saved, and not before.
pub(crate) fn keep_answer(args: &GitHubRecover) -> Result<()> {
    let Some(kept) = &args.kept else {
        return Ok(());
    };
    if args.out.as_ref().is_some_and(|out| is_same(kept, out)) {
        bail!(
            "--out would replace the file of --kept, which may hold the only copy of the new token; \
             name another file"
        );
    }
    for (option, file) in [
        ("--token-file", &args.github.token_file.path),
        ("--client-secret-file", &args.github.app.client_secret_file),
    ] {
        if file.as_ref().is_some_and(|file| is_same(kept, file)) {
            bail!("--kept is the file of {option}; name the one that `rotate` has kept");
        }
    }
    Ok(())
}

/// Whether both are names of one file.
#[cfg(unix)]
fn is_same(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let found = |path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    found(one).is_some_and(|file| found(other) == Some(file))
}

/// Whether both are names of one file, which has no number here.
#[cfg(not(unix))]
fn is_same(one: &Path, other: &Path) -> bool {
    let found = |path| fs::canonicalize(path).ok();
    found(one).is_some_and(|file| found(other) == Some(file))
}
