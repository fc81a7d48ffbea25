//! How the program ends: its exit codes, and what it says of an error.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Error;
use serde_json::{Value, json};
use tokenturn_vault::StoreError;

/// An exit code. Each means one thing, whatever the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Dead = 1,
    BadInput = 2,
    Refused = 3,
    NotDone = 4,
    Unknown = 5,
    Rescued = 6,
    Damaged = 7,
    NoToken = 8,
    Undelivered = 9,
}

impl Exit {
    pub(crate) const ALL: [Self; 10] = [
        Self::Done,
        Self::Dead,
        Self::BadInput,
        Self::Refused,
        Self::NotDone,
        Self::Unknown,
        Self::Rescued,
        Self::Damaged,
        Self::NoToken,
        Self::Undelivered,
    ];

    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// What it means, in the help and in the manual.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done: all that was asked for, or the answer is yes",
            Self::Dead => {
                "a token is dead, or its new one is lost: its user has to authorize the app again"
            }
            Self::BadInput => {
                "usage, input, vault or database are wrong: nothing was sent, or nothing more by a run"
            }
            Self::Refused => "refused by the provider or its user; the token is as it was",
            Self::NotDone => "not done, or not all of it: run it again; a rotation goes on there",
            Self::Unknown => "the outcome is unknown: keep the old token, and run what is printed",
            Self::Rescued => {
                "there is a new token, but not where asked: it is in a file of mode 0600 whose path \
                 is printed"
            }
            Self::Damaged => "rows of the vault cannot be read: they are damaged",
            Self::NoToken => "no token is meant: none in the vault is what was named",
            Self::Undelivered => "a token is replaced, and not handed on",
        }
    }

    /// It as one word, where it is not what was asked for.
    fn word(self) -> Option<&'static str> {
        Some(match self {
            Self::Done => return None,
            Self::Dead => "dead",
            Self::BadInput => "bad_input",
            Self::Refused => "refused",
            Self::NotDone => "not_done",
            Self::Unknown => "unknown",
            Self::Rescued => "rescued",
            Self::Damaged => "damaged",
            Self::NoToken => "no_token",
            Self::Undelivered => "undelivered",
        })
    }

    /// An error that ends the program so.
    pub(crate) fn because(self, why: impl Into<String>) -> Error {
        let why = why.into();
        Ending { exit: self, why }.into()
    }

    /// The line of JSON about what ends so: an object, to which the code and its word are added.
    pub(crate) fn tell(self, mut line: Value) -> Value {
        line["exit_code"] = json!(self.code());
        line["error"] = json!(self.word());
        line
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error with an exit code of its own.
#[derive(Debug)]
struct Ending {
    exit: Exit,
    why: String,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Ending {}

/// Says what is wrong: as text on standard error, or as the last line of JSON on standard output,
/// where a program looks for what came of the command.
pub(crate) fn failed(error: &Error, json: bool) -> Exit {
    let usage = error.downcast_ref::<clap::Error>();
    if let Some(usage) = usage.filter(|usage| !json || !usage.use_stderr()) {
        // It is what --help shows, too.
        let _ = usage.print();
        return match usage.use_stderr() {
            true => Exit::BadInput,
            false => Exit::Done,
        };
    }
    let exit = of(error);
    let _ = match json {
        true => writeln!(io::stdout(), "{}", line(error)),
        false => writeln!(io::stderr(), "error: {error:#}"),
    };
    exit
}

/// The line of JSON about what is wrong.
pub(crate) fn line(error: &Error) -> Value {
    let usage = error.downcast_ref::<clap::Error>();
    let message = usage.map_or_else(|| format!("{error:#}"), told);
    let mut line = of(error).tell(json!({ "message": message }));
    if let Some(word) = word(error) {
        line["error"] = json!(word);
    }
    line
}

fn of(error: &Error) -> Exit {
    if let Some(ending) = error.chain().find_map(|e| e.downcast_ref::<Ending>()) {
        return ending.exit;
    }
    match () {
        () if may_pass(error) => Exit::NotDone,
        () if is_store(error, |e| e.is_damaged() && e.id().is_some()) => Exit::Damaged,
        // Nobody was there to take it, or there was no room: that may pass.
        () if is_io(error, ErrorKind::BrokenPipe) => Exit::NotDone,
        () if is_io(error, ErrorKind::StorageFull) => Exit::NotDone,
        () if is_io(error, ErrorKind::QuotaExceeded) => Exit::NotDone,
        () => Exit::BadInput,
    }
}

/// Whether it is a vault that cannot do it just now.
pub(crate) fn may_pass(error: &Error) -> bool {
    is_store(error, |e| e.is_unavailable() || e.is_busy())
}

/// What is wrong with a vault, where a program may want to know.
fn word(error: &Error) -> Option<&'static str> {
    let is = |holds: fn(&StoreError) -> bool| is_store(error, holds);
    Some(match () {
        () if is(StoreError::is_unavailable) => "unavailable",
        () if is(StoreError::is_busy) => "busy",
        () if is(StoreError::is_wrong_key) => "wrong_key",
        () if is(StoreError::is_newer_version) => "newer_version",
        () if is(StoreError::is_exposed) => "exposed",
        () if is(StoreError::is_taken) => "taken",
        () if is(StoreError::is_damaged) => "damaged",
        () => return None,
    })
}

fn is_store(error: &Error, holds: impl Fn(&StoreError) -> bool) -> bool {
    let mut chain = error.chain();
    chain.any(|e| e.downcast_ref().is_some_and(&holds))
}

fn is_io(error: &Error, kind: ErrorKind) -> bool {
    let mut found = error.chain().filter_map(|e| e.downcast_ref::<io::Error>());
    found.any(|error| error.kind() == kind)
}

/// What clap says of bad usage, without how to use it.
pub(crate) fn told(usage: &clap::Error) -> String {
    let text = usage.to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = first.split_whitespace().collect();
    let line = words.join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}
