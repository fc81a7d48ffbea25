//! Secrets from files, standard input and the environment.

use std::env::VarError;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use serde_json::Value;
use tokenturn::{Rotated, Secret, Timestamp};
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
        let mut new = Rotated::new(self.access_token);
        new.refresh_token = self.refresh_token;
        new.expires_at = time(self.expires_at.as_ref());
        new.refresh_token_expires_at = time(self.refresh_token_expires_at.as_ref());
        new
    }

    fn checked(self, name: &str) -> Result<Self> {
        let checked =
            |field, secret: &Secret| word(&format!("the {field} in {name}"), secret.expose());
        let refresh_token = self.refresh_token.as_ref();
        let refresh_token = refresh_token.map(|token| checked("refresh_token", token));
        Ok(Self {
            access_token: checked("access_token", &self.access_token)?,
            refresh_token: refresh_token.transpose()?,
            ..self
        })
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

    /// Everything that was saved.
    pub(crate) fn into_rotated(self) -> Rotated<()> {
        match self {
            Self::Word(word) => Rotated::new(word),
            Self::Json(pair) => pair.into_rotated(),
        }
    }

    /// Both tokens, where there may be two.
    pub(crate) fn into_pair(self) -> Option<Pair> {
        match self {
            Self::Word(_) => None,
            Self::Json(pair) => Some(pair),
        }
    }

    /// The token to call with, left where it is.
    pub(crate) fn token(&self) -> &Secret {
        match self {
            Self::Word(word) => word,
            Self::Json(pair) => &pair.access_token,
        }
    }

    /// Whether there is a refresh token beside the token.
    pub(crate) fn has_refresh_token(&self) -> bool {
        self.refresh_token().is_some()
    }

    /// When the refresh token beside the token dies, where that is known.
    pub(crate) fn refresh_token_expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Word(_) => None,
            Self::Json(pair) => time(pair.refresh_token_expires_at.as_ref()),
        }
    }

    /// The moment that stands there and cannot be read, by its name. Whoever takes it for none takes a token
    /// that ends for one that does not.
    pub(crate) fn odd_time(&self) -> Option<&'static str> {
        let Self::Json(pair) = self else {
            return None;
        };
        let times = [
            ("expires_at", &pair.expires_at),
            ("refresh_token_expires_at", &pair.refresh_token_expires_at),
        ];
        let mut odd = times
            .into_iter()
            .filter(|(_, value)| value.is_some() && time(value.as_ref()).is_none());
        odd.next().map(|(name, _)| name)
    }

    fn refresh_token(&self) -> Option<&Secret> {
        match self {
            Self::Word(_) => None,
            Self::Json(pair) => pair.refresh_token.as_ref(),
        }
    }
}

/// What is in a token file, or comes on standard input for `-`.
pub(crate) fn stored(path: &Path) -> Result<Stored> {
    let (name, text) = read(path)?;
    parse(&name, &text)
}

/// The same, for tokens of GitHub's.
pub(crate) fn stored_for_github(path: &Path) -> Result<Stored> {
    let (name, text) = read(path)?;
    let stored = parse(&name, &text)?;
    for token in [Some(stored.token()), stored.refresh_token()] {
        if let Some(Err(flaw)) = token.map(|token| bare_for_github(token.expose())) {
            bail!("{name} {flaw}");
        }
    }
    Ok(stored)
}

/// What is in a file that may be a token file, if there is anything in it.
pub(crate) fn stored_already(path: &Path) -> Result<Option<Stored>> {
    // Opening anything else may never end.
    if !fs::metadata(path).is_ok_and(|found| found.is_file()) {
        return Ok(None);
    }
    let (name, text) = read(path)?;
    if without_mark(text.expose()).trim_ascii().is_empty() {
        return Ok(None);
    }
    parse(&name, &text).map(Some)
}

/// An answer that was kept.
pub(crate) fn kept(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let read = fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    read.map(Zeroizing::new)
}

/// The credentials in a file, one in each line.
pub(crate) fn lines(path: &Path) -> Result<Vec<Secret>> {
    let (name, text) = read(path)?;
    let lines = text.expose().lines().zip(1..);
    let lines = lines.filter(|(line, _)| !line.trim_ascii().is_empty());
    let words = lines.map(|(line, number)| word_from(&name, number, line));
    let credentials: Vec<_> = words.collect::<Result<_>>()?;
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
    match std::env::var(variable) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => word(variable, Secret::new(value).expose()).map(Some),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{variable} is not text"),
    }
}

/// One word, with or without space around it.
pub(crate) fn word(name: &str, text: &str) -> Result<Secret> {
    word_from(name, 1, text)
}

/// The same, from a text that begins in this line of a file.
fn word_from(name: &str, first_line: usize, text: &str) -> Result<Secret> {
    let text = without_mark(text);
    bare(text).map(Secret::new).map_err(|flaw| match flaw {
        Flaw::Character(at, _) => {
            let (line, column) = place(&text[..at]);
            let line = first_line - 1 + line;
            anyhow!("{name} {flaw}, in line {line}, column {column}")
        }
        Flaw::Empty | Flaw::Words | Flaw::Quotes | Flaw::Around(_) => anyhow!("{name} {flaw}"),
    })
}

/// What keeps a text from being a secret. It shows nothing of the text but the character that no
/// secret has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flaw {
    Empty,
    Words,
    Quotes,
    /// Where it begins, in bytes, and which it is.
    Character(usize, char),
    /// Which it is.
    Around(char),
}

/// A secret without the space around it: one word of printable ASCII.
pub(crate) fn bare(text: &str) -> Result<&str, Flaw> {
    const QUOTES: [char; 12] = [
        '\'', '"', '`', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201c}', '\u{201d}', '\u{201e}',
        '\u{ab}', '\u{bb}', '\u{ff02}',
    ];
    let word = text.trim_ascii();
    if word.is_empty() {
        return Err(Flaw::Empty);
    }
    if word.starts_with(QUOTES) && word.ends_with(QUOTES) {
        return Err(Flaw::Quotes);
    }
    let start = text.len() - text.trim_ascii_start().len();
    match word.char_indices().find(|(_, c)| !c.is_ascii_graphic()) {
        None => Ok(word),
        Some((_, character)) if character.is_ascii_whitespace() => Err(Flaw::Words),
        Some((at, character)) => Err(Flaw::Character(start + at, character)),
    }
}

/// The same, for a token of GitHub's: it consists of letters, digits, `_` and, where there is a JWT in
/// it, `.` and `-`. What belongs to a line of shell, JSON or a list is text around it.
///
/// Source: <https://github.blog/changelog/2021-03-31-authentication-token-format-updates-are-generally-available/>
pub(crate) fn bare_for_github(text: &str) -> Result<&str, Flaw> {
    let word = bare(text)?;
    match word
        .chars()
        .find(|c| "'\"`=:,;<>\\()[]{}&|@#*".contains(*c))
    {
        None => Ok(word),
        Some(character) => Err(Flaw::Around(character)),
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty; it has to hold the secret and nothing else"),
            Self::Words => {
                f.write_str("holds more than one word; it has to hold the secret and nothing else")
            }
            Self::Quotes => f.write_str("has quotes around it; take them off"),
            Self::Character(_, character) => {
                let code = u32::from(*character);
                write!(f, "has U+{code:04X} in it, which no secret has")
            }
            Self::Around(character) => write!(
                f,
                "has {character} in it, which no token of GitHub's has; take off what is around the \
                 token"
            ),
        }
    }
}

/// The line and the column of what comes after a text.
fn place(before: &str) -> (usize, usize) {
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// Some editors begin a file with a byte order mark.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn parse(name: &str, text: &Secret) -> Result<Stored> {
    let text = without_mark(text.expose());
    if !text.trim_ascii_start().starts_with('{') {
        return word(name, text).map(Stored::Word);
    }
    match serde_json::from_str::<Pair>(text) {
        Ok(pair) if !pair.access_token.is_empty() => pair.checked(name).map(Stored::Json),
        // What is wrong with it could quote from it.
        _ => bail!("{name} holds JSON, but not an object with an access_token"),
    }
}

/// People may have written in the file. What is no time is left out.
fn time(written: Option<&Value>) -> Option<Timestamp> {
    written?.as_str()?.parse().ok()
}

/// The name to tell about a source, and its text.
pub(crate) fn read(path: &Path) -> Result<(String, Secret)> {
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
    let mut bytes = Vec::with_capacity(LONGEST);
    let read = source.take(LONGEST as u64).read_to_end(&mut bytes);
    let encoding = encoding(&bytes);
    let text = Secret::new(String::from_utf8(bytes).unwrap_or_default());
    read.with_context(|| format!("cannot read {name}"))?;
    if let Some(found) = encoding {
        bail!("{name} is {found}; save it as UTF-8");
    }
    if text.expose().len() == LONGEST {
        bail!("{name} is too long");
    }
    Ok(text)
}

/// How a text is written that is not written in UTF-8.
fn encoding(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("in UTF-16".to_owned()),
        // An ASCII character in two bytes.
        [a, b, ..] if (*a == 0) != (*b == 0) => Some("in UTF-16".to_owned()),
        _ => {
            let valid = str::from_utf8(bytes).err()?.valid_up_to();
            let before = String::from_utf8_lossy(&bytes[..valid]);
            let (line, column) = place(without_mark(&before));
            Some(format!(
                "not in UTF-8, from line {line}, column {column} on"
            ))
        }
    }
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
            ("'canary'", "has quotes around it"),
            ("\"canary\"\n", "has quotes around it"),
            ("\u{201c}canary\u{201d}", "has quotes around it"),
            (
                "canary\u{200b}",
                "f has U+200B in it, which no secret has, in line 1, column 7",
            ),
            (
                "\n \u{a0}canary",
                "U+00A0 in it, which no secret has, in line 2, column 2",
            ),
            (
                "can\u{e4}ry",
                "U+00E4 in it, which no secret has, in line 1, column 4",
            ),
            (
                "\u{feff}ca\u{feff}nary",
                "U+FEFF in it, which no secret has, in line 1, column 3",
            ),
            ("can\u{1b}ary", "U+001B in it"),
        ] {
            let error = word("f", bad).unwrap_err().to_string();
            assert!(error.contains(advice), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
        assert_eq!(word("f", "\u{feff}abc").unwrap().expose(), "abc");
    }

    #[test]
    fn takes_text_in_utf_8() {
        let read = |bytes: &[u8]| text("f", bytes).map(|text| text.expose().to_owned());
        assert_eq!(read(b"").unwrap(), "");
        assert_eq!(read(b"abc\n").unwrap(), "abc\n");
        let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        let little = |text| units(text).into_iter().flat_map(u16::to_le_bytes);
        let big = |text| units(text).into_iter().flat_map(u16::to_be_bytes);
        for bytes in [
            little("\u{feff}canary").collect::<Vec<_>>(),
            big("\u{feff}canary").collect(),
            little("canary").collect(),
            big("canary").collect(),
        ] {
            let error = read(&bytes).unwrap_err().to_string();
            assert_eq!(error, "f is in UTF-16; save it as UTF-8");
        }
        let error = read(b"\xef\xbb\xbfa\nb\xa0c").unwrap_err().to_string();
        assert_eq!(
            error,
            "f is not in UTF-8, from line 2, column 2 on; save it as UTF-8"
        );
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

        let marked = stored("\u{feff}{\"access_token\":\"a\"}").unwrap();
        assert_eq!(marked.into_token().expose(), "a");
        for field in ["access_token", "refresh_token"] {
            let json = json.replace(&format!("{field}\":\""), &format!("{field}\":\"\\u200b"));
            let error = stored(&json).unwrap_err().to_string();
            let advice = format!("the {field} in f has U+200B in it");
            assert!(error.starts_with(&advice), "{error}");
        }

        for bad in ["{", "{}", r#"{"access_token":""}"#, r#"{"access_token":1}"#] {
            let error = format!("{:#}", stored(bad).unwrap_err());
            assert_eq!(
                error,
                "f holds JSON, but not an object with an access_token"
            );
        }
    }
}
