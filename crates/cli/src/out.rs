//! The file that the new token goes into.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;
use tokenturn::Secret;

/// More than any token: what is reserved on the disk before anything is sent.
const RESERVED: usize = 4096;

/// A file beside the one asked for, written to and synced already, so that saving cannot fail for
/// want of space or permission.
pub(crate) struct OutFile {
    temporary: NamedTempFile,
    path: PathBuf,
}

/// The token is not where it was asked for.
pub(crate) struct NotSaved {
    pub(crate) why: anyhow::Error,
    /// Where it is instead, or `None` when no file at all could be written.
    pub(crate) rescued: Option<PathBuf>,
}

impl OutFile {
    /// Proves that `path` can be written.
    pub(crate) fn prepare(path: &Path) -> Result<Self> {
        let not_writable = || format!("cannot write {}", path.display());
        // Replacing a symbolic link would leave the file that it points to as it is.
        let path = match fs::canonicalize(path) {
            Ok(existing) => {
                if !fs::metadata(&existing)
                    .with_context(not_writable)?
                    .is_file()
                {
                    bail!("{} is not a regular file", path.display());
                }
                OpenOptions::new()
                    .append(true)
                    .open(&existing)
                    .with_context(not_writable)?;
                existing
            }
            Err(_) => path.to_owned(),
        };
        if path.file_name().is_none() {
            bail!("{} is not the name of a file", path.display());
        }
        let mut temporary = tempfile::Builder::new()
            .prefix(".tokenturn-")
            .tempfile_in(folder(&path))
            .with_context(not_writable)?;
        temporary
            .write_all(&[b'\n'; RESERVED])
            .and_then(|()| temporary.as_file().sync_all())
            .with_context(not_writable)?;
        Ok(Self { temporary, path })
    }

    /// Puts the token into place: written, synced, renamed, and the rename synced.
    pub(crate) fn save(mut self, token: &Secret) -> Result<PathBuf, NotSaved> {
        if let Err(why) = write(&mut self.temporary, token) {
            return Err(NotSaved {
                why,
                rescued: rescue(token),
            });
        }
        if let Err(error) = self.temporary.persist(&self.path) {
            let why = anyhow::Error::new(error.error);
            let kept = error.file.into_temp_path().keep().ok();
            let kept = kept.filter(|path| path.exists());
            return Err(NotSaved {
                why: why.context(format!("cannot write {}", self.path.display())),
                rescued: kept.or_else(|| rescue(token)),
            });
        }
        // The token is in place; after a power cut the old name might be back, so say nothing
        // where a file system cannot sync a folder.
        if let Ok(folder) = File::open(folder(&self.path)) {
            let _ = folder.sync_all();
        }
        Ok(self.path)
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn write(file: &mut NamedTempFile, token: &Secret) -> Result<()> {
    file.rewind()?;
    file.write_all(token.expose().as_bytes())?;
    file.write_all(b"\n")?;
    let length = token.expose().len() as u64 + 1;
    file.as_file().set_len(length)?;
    file.as_file().sync_all()?;
    Ok(())
}

/// Writes the token wherever a file can be written.
fn rescue(token: &Secret) -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let places = [Some(std::env::temp_dir()), home, Some(PathBuf::from("."))];
    places.into_iter().flatten().find_map(|place| {
        let mut file = tempfile::Builder::new()
            .prefix("tokenturn-rescued-")
            .tempfile_in(place)
            .ok()?;
        write(&mut file, token).ok()?;
        file.into_temp_path().keep().ok()
    })
}
