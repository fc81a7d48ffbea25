//! The last place for a token that could not be saved where it was asked for, and the place for an
//! answer that may have one in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::iter;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};
use tokenturn::sink::FileSink;
use tokenturn::{NotSaved, Rotated, Sink, Unknown};
use tokenturn_vault::Entry;

use crate::vault;

/// Puts a token where its sink did not, which is `out`.
pub(crate) async fn rescue(unsaved: &NotSaved, out: Option<&Path>) -> Option<PathBuf> {
    for place in places(out) {
        if let Ok(path) = write(place, unsaved.rotated()).await {
            return Some(path);
        }
    }
    None
}

/// Puts the answer of a call with an unknown outcome where `recover --kept` finds it. The token was
/// to go to `out`.
pub(crate) fn keep(unknown: &Unknown, out: Option<&Path>) -> Option<PathBuf> {
    let body = unknown.body()?;
    places(out).find_map(|place| write_first(&place, "tokenturn-kept-", "", body).ok())
}

/// Where the tokens go that a vault does not take in one run: into one file, which
/// `vault import --replace` reads.
pub(crate) struct Rescue {
    /// The file of the vault, if it is in one.
    vault: Option<PathBuf>,
    file: Option<PathBuf>,
}

impl Rescue {
    pub(crate) fn new(vault: Option<PathBuf>) -> Self {
        Self { vault, file: None }
    }

    /// Adds a row as the vault should have it. The file that it is in by now, on the disk; or `None`
    /// when it is lost.
    pub(crate) fn add(&mut self, entry: &Entry) -> Option<PathBuf> {
        let line = vault::line(entry).ok()?;
        if let Some(file) = &self.file
            && append(file, &line).is_ok()
        {
            return Some(file.clone());
        }
        let mut places = places(self.vault.as_deref());
        let write = |place: PathBuf| write_first(&place, RESCUED, ".jsonl", &line).ok();
        self.file = places.find_map(write);
        self.file.clone()
    }
}

/// What is said of a row whose new token is in this file, or in none.
pub(crate) fn told(id: &str, file: Option<&Path>) -> String {
    match file {
        Some(path) => format!(
            "{id}: the new token is in {path}; when the vault is well: tokenturn vault import --replace \
             {path}",
            path = path.display()
        ),
        None => format!("{id}: no file could be written: the new token is lost"),
    }
}

const RESCUED: &str = "tokenturn-rescued-";

/// Where a file of mode 0600 may be written. Beside `out` comes first, as it is to last: the others
/// may go away with the container that they are in, or be read-only there. The temporary folder comes
/// last, which some machines empty when they start.
fn places(out: Option<&Path>) -> impl Iterator<Item = PathBuf> {
    let beside = out.and_then(Path::parent).map(Path::to_owned);
    let state = iter::once_with(state_folder).flatten();
    let others = [home(), Some(PathBuf::from(".")), Some(std::env::temp_dir())];
    beside
        .into_iter()
        .chain(state)
        .chain(others.into_iter().flatten())
}

/// The user's folder for what programs keep, by the XDG Base Directory Specification. It is made where
/// it is missing.
fn state_folder() -> Option<PathBuf> {
    let base = folder_in("XDG_STATE_HOME").or_else(|| Some(home()?.join(".local/state")))?;
    let folder = base.join("tokenturn");
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).ok()?;
    Some(folder)
}

fn home() -> Option<PathBuf> {
    folder_in("HOME")
}

/// What is relative, or empty, says nothing.
fn folder_in(variable: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os(variable)?);
    folder.is_absolute().then_some(folder)
}

/// Writes a file under a name that nobody has. Nothing is left of one that is not whole.
fn write_first(place: &Path, prefix: &str, suffix: &str, text: &[u8]) -> io::Result<PathBuf> {
    let mut file = create(place, prefix, suffix)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    let (_, path) = file.keep()?;
    // A name is durable when its folder is; not every system opens folders.
    let _ = File::open(place).and_then(|folder| folder.sync_all());
    Ok(path)
}

/// Adds a line to a file, unless somebody has taken it away.
fn append(path: &Path, line: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(path)?;
    let length = file.metadata()?.len();
    let written = file.write_all(line).and_then(|()| file.sync_all());
    if written.is_err() {
        // A part of a line would keep the others from being read.
        let _ = file.set_len(length);
    }
    written
}

async fn write(place: PathBuf, new: &Rotated<()>) -> io::Result<PathBuf> {
    // It takes a name that nobody has, and goes away again unless the token is in it.
    let path = create(&place, RESCUED, "")?.into_temp_path();
    FileSink::new(path.to_path_buf()).save(new).await?;
    Ok(path.keep()?)
}

/// A file of mode 0600, which goes away unless it is kept.
fn create(place: &Path, prefix: &str, suffix: &str) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(prefix).suffix(suffix).tempfile_in(place)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use tokenturn_vault::{App, Provider, Tokens};

    use super::*;

    #[test]
    fn what_one_run_rescues_is_in_one_file() {
        let folder = TempDir::new().unwrap();
        let row = |id: &str| {
            let app = App {
                provider: Provider::GITHUB,
                server: "https://api.github.com".to_owned(),
                client_id: "Iv1.app".to_owned(),
            };
            Entry::new(id, app, Tokens::github(format!("gho_{id}")))
        };
        let mut rescue = Rescue::new(Some(folder.path().join("v.db")));
        let first = rescue.add(&row("a")).unwrap();
        assert_eq!(first.parent(), Some(folder.path()));
        assert_eq!(rescue.add(&row("b")).as_ref(), Some(&first));
        let text = fs::read_to_string(&first).unwrap();
        let ids = text.lines().map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line.get("generation"), None);
            line["id"].as_str().unwrap().to_owned()
        });
        assert_eq!(ids.collect::<Vec<_>>(), ["a", "b"]);

        // Somebody has put it where it is safe.
        fs::remove_file(&first).unwrap();
        let second = rescue.add(&row("c")).unwrap();
        assert_ne!(second, first);
        assert_eq!(fs::read_to_string(&second).unwrap().lines().count(), 1);
    }
}
