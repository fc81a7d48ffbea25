//! Secrets from files, standard input and the environment.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;
use tokenturn::{Rotated, Secret};
use zeroize::Zeroizing;

/// What a token file holds.
#[derive(Debug)]
pub(crate) enum Stored {
    /// One word, whatever kind of token it is.
    Word(Secret),
    /// What is saved for a token that comes with a refresh token.
    Json(Pair),
}

#[derive(Debug, Deserialize)]
pub(crate) struct Pair {
    access_token: Secret,
    pub(crate) refresh_token: Option<Secret>,
    expires_at: Option<Value>,
    refresh_token_expires_at: Option<Value>,
}

impl Pair {
    /// Whether both are the same tokens.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.access_token == other.access_token && self.refresh_token == other.refresh_token
    }

    /// What was saved.
    pub(crate) fn into_rotated(self) -> Rotated<()> {
        // People may have written in the file. What is no time is left out.
        let time = |written: Option<Value>| written?.as_str()?.parse().ok();
        let mut new = Rotated::new(self.access_token);
        new.refresh_token = self.refresh_token;
        new.expires_at = time(self.expires_at);
        new.refresh_token_expires_at = time(self.refresh_token_expires_at);
        new
    }
}

impl Stored {
    /// The token to call with.
    pub(crate) fn into_token(self) -> Secret {
        match self {
            Self::Word(word) => word,
            Self::Json(pair) => pair.access_token,
        }
    }

    /// The token to refresh with: a word alone is taken for one.
    pub(crate) fn into_refresh_token(self) -> Option<Secret> {
        match self {
            Self::Word(word) => Some(word),
            Self::Json(pair) => pair.refresh_token,
        }
    }

    /// Both tokens, where there may be two.
    pub(crate) fn into_pair(self) -> Option<Pair> {
        match self {
            Self::Word(_) => None,
            Self::Json(pair) => Some(pair),
        }
    }

    /// Whether there is a refresh token beside the token.
    pub(crate) fn has_refresh_token(&self) -> bool {
        matches!(self, Self::Json(pair) if pair.refresh_token.is_some())
    }
}

/// What is in a token file, or comes on standard input for `-`.
pub(crate) fn stored(path: &Path) -> Result<Stored> {
    let (name, text) = read(path)?;
    parse(&name, &text)
}

/// What is in a file that may be a token file.
pub(crate) fn stored_already(path: &Path) -> Option<Stored> {
    // Opening anything else may never end.
    let is_file = fs::metadata(path).is_ok_and(|found| found.is_file());
    if is_file { stored(path).ok() } else { None }
}

/// An answer that was kept.
pub(crate) fn kept(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let read = fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    read.map(Zeroizing::new)
}

/// The credentials in a file, one in each line.
pub(crate) fn lines(path: &Path) -> Result<Vec<Secret>> {
    let (name, text) = read(path)?;
    let lines = text.expose().lines().filter(|line| !line.trim().is_empty());
    let credentials: Vec<_> = lines.map(|line| word(&name, line)).collect::<Result<_>>()?;
    if credentials.is_empty() {
        bail!("{name} is empty; it has to hold one credential in each line");
    }
    Ok(credentials)
}

/// The client secret from a file, or else from the environment.
pub(crate) fn client_secret(path: Option<&Path>, variable: &str) -> Result<Option<Secret>> {
    if let Some(path) = path {
        let (name, text) = read(path)?;
        return word(&name, text.expose()).map(Some);
    }
    let Ok(value) = std::env::var(variable) else {
        return Ok(None);
    };
    word(variable, Secret::new(value).expose()).map(Some)
}

/// One word, with or without space around it.
pub(crate) fn word(name: &str, text: &str) -> Result<Secret> {
    let word = text.trim_ascii();
    if word.is_empty() {
        bail!("{name} is empty; it has to hold the secret and nothing else");
    }
    if word.contains(|c: char| c.is_whitespace() || c.is_control()) {
        bail!("{name} holds more than one word; it has to hold the secret and nothing else");
    }
    Ok(Secret::new(word))
}

fn parse(name: &str, text: &Secret) -> Result<Stored> {
    if !text.expose().trim_ascii_start().starts_with('{') {
        return word(name, text.expose()).map(Stored::Word);
    }
    match serde_json::from_str::<Pair>(text.expose()) {
        Ok(pair) if !pair.access_token.is_empty() => Ok(Stored::Json(pair)),
        // What is wrong with it could quote from it.
        _ => bail!("{name} holds JSON, but not an object with an access_token"),
    }
}

/// The name to tell about a source, and its text.
fn read(path: &Path) -> Result<(String, Secret)> {
    if path == Path::new("-") {
        let name = "standard input".to_owned();
        let text = text(&name, io::stdin().lock())?;
        return Ok((name, text));
    }
    let name = path.display().to_string();
    let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
    let text = text(&name, file)?;
    Ok((name, text))
}

fn text(name: &str, source: impl Read) -> Result<Secret> {
    /// Room for the most credentials that one call revokes; stops a wrong file from being read
    /// whole.
    const LONGEST: usize = 256 * 1024;
    // In one piece: a string that grows leaves its old content behind in freed memory.
    let mut text = String::with_capacity(LONGEST);
    let read = source.take(LONGEST as u64).read_to_string(&mut text);
    let text = Secret::new(text);
    read.with_context(|| format!("cannot read {name}"))?;
    if text.expose().len() == LONGEST {
        bail!("{name} is too long");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_word() {
        for good in ["abc", "abc\n", "abc\r\n", "  abc  "] {
            assert_eq!(word("f", good).unwrap().expose(), "abc");
        }
        for (bad, advice) in [
            ("", "is empty"),
            ("\n", "is empty"),
            ("a b", "more than one"),
        ] {
            let error = word("f", bad).unwrap_err().to_string();
            assert!(error.contains(advice), "{error}");
        }
    }

    #[test]
    fn takes_what_is_saved() {
        let stored = |text: &str| parse("f", &Secret::new(text));
        let json = r#"{"access_token":"a","expires_at":"x","refresh_token":"r",
            "refresh_token_expires_at":7}"#;
        let both = || stored(json).unwrap();
        assert!(both().has_refresh_token());
        assert_eq!(both().into_token().expose(), "a");
        assert_eq!(both().into_refresh_token().unwrap().expose(), "r");

        let alone = || stored("{\"access_token\":\"a\"}\n").unwrap();
        assert!(!alone().has_refresh_token());
        assert_eq!(alone().into_refresh_token(), None);

        assert!(!stored("w").unwrap().has_refresh_token());
        assert_eq!(stored("w\n").unwrap().into_token().expose(), "w");
        assert_eq!(
            stored("w").unwrap().into_refresh_token().unwrap().expose(),
            "w"
        );

        for bad in ["{", "{}", r#"{"access_token":""}"#, r#"{"access_token":1}"#] {
            let error = format!("{:#}", stored(bad).unwrap_err());
            assert_eq!(
                error,
                "f holds JSON, but not an object with an access_token"
            );
        }
    }
}
