//! Secrets from files, standard input and the environment.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use tokenturn::Secret;

const CLIENT_SECRET: &str = "TOKENTURN_GITHUB_CLIENT_SECRET";

/// The token in a file, or on standard input for `-`.
pub(crate) fn token(path: &Path) -> Result<Secret> {
    if path == Path::new("-") {
        read("standard input", io::stdin().lock())
    } else {
        file(path)
    }
}

/// The client secret from a file, or from the environment.
pub(crate) fn client_secret(path: Option<&Path>) -> Result<Secret> {
    if let Some(path) = path {
        return file(path);
    }
    match std::env::var(CLIENT_SECRET) {
        Ok(secret) => read(CLIENT_SECRET, Secret::new(secret).expose().as_bytes()),
        Err(_) => bail!("no client secret: set {CLIENT_SECRET} or give --client-secret-file"),
    }
}

fn file(path: &Path) -> Result<Secret> {
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
    read(&name, file)
}

/// One word, with or without a line break after it.
fn read(name: &str, source: impl Read) -> Result<Secret> {
    /// Far beyond any token; stops a wrong file from being read whole.
    const LONGEST: u64 = 64 * 1024;
    // In one piece: a string that grows leaves its old content behind in freed memory.
    let mut text = String::with_capacity(LONGEST as usize);
    source
        .take(LONGEST)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read {name}"))?;
    let whole = Secret::new(text);
    let word = whole.expose().trim_ascii();
    if word.is_empty() {
        bail!("{name} is empty; it has to hold the secret and nothing else");
    }
    if word.contains(|c: char| c.is_whitespace() || c.is_control()) {
        bail!("{name} holds more than one word; it has to hold the secret and nothing else");
    }
    Ok(Secret::new(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_word() {
        for good in ["abc", "abc\n", "abc\r\n", "  abc  "] {
            assert_eq!(read("f", good.as_bytes()).unwrap().expose(), "abc");
        }
        for (bad, advice) in [
            ("", "is empty"),
            ("\n", "is empty"),
            ("a b", "more than one"),
        ] {
            let error = read("f", bad.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(advice), "{error}");
        }
    }
}
