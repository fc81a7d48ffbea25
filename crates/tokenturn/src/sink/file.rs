//! A file that holds a token, with what belongs to it.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::Sink;
use crate::rotated::Rotated;

/// More than any token: what is reserved on the disk before anything is sent.
const RESERVED: usize = 4096;

/// Replaces a file by one with the new token in it, mode 0600.
///
/// A token that comes alone is written as it is, with a line break. One that comes with a refresh
/// token is written as one line of JSON, so that the two are saved together: an object with
/// `access_token` and `refresh_token` and, where they are known, `expires_at` and
/// `refresh_token_expires_at` (RFC 3339).
///
/// [`prepare`](Sink::prepare) writes and syncs a file beside it, so that saving does not fail for
/// want of space or permission. [`save`](Sink::save) writes the token, syncs the file, renames it
/// and syncs the folder: whoever reads the file finds the old token or the new one, whole, and so
/// does whoever reads it after a power cut. Of several writers the last one wins.
///
/// A symbolic link stays, and the file that it points to is replaced.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    draft: Option<Draft>,
}

impl FileSink {
    /// Saves in the file at `path`, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            draft: None,
        }
    }
}

impl<D: Sync> Sink<D> for FileSink {
    type Error = io::Error;

    async fn prepare(&mut self) -> io::Result<()> {
        let path = self.path.clone();
        let draft = blocking(move || Draft::new(&path).map_err(|e| about(&path, e))).await?;
        self.draft = Some(draft);
        Ok(())
    }

    async fn save(&mut self, new: &Rotated<D>) -> io::Result<()> {
        let (draft, path, text) = (self.draft.take(), self.path.clone(), text(new)?);
        blocking(move || {
            // Without a draft this is a second attempt: whatever broke the first one is left behind.
            draft
                .map_or_else(|| Draft::new(&path), Ok)
                .and_then(|draft| draft.publish(&text))
                .map_err(|e| about(&path, e))
        })
        .await
    }
}

/// What is written for a token.
fn text<D>(new: &Rotated<D>) -> io::Result<Zeroizing<Vec<u8>>> {
    // In one piece: a buffer that grows leaves its old content behind in freed memory.
    let tokens = [Some(&new.token), new.refresh_token.as_ref()];
    let length: usize = tokens.iter().flatten().map(|t| t.expose().len()).sum();
    let mut text = Zeroizing::new(Vec::with_capacity(RESERVED + length));
    let Some(refresh_token) = &new.refresh_token else {
        writeln!(text, "{}", new.token.expose())?;
        return Ok(text);
    };
    write!(text, "{{\"access_token\":")?;
    serde_json::to_writer(&mut *text, new.token.expose())?;
    if let Some(time) = new.expires_at {
        write!(text, ",\"expires_at\":\"{time}\"")?;
    }
    write!(text, ",\"refresh_token\":")?;
    serde_json::to_writer(&mut *text, refresh_token.expose())?;
    if let Some(time) = new.refresh_token_expires_at {
        write!(text, ",\"refresh_token_expires_at\":\"{time}\"")?;
    }
    writeln!(text, "}}")?;
    Ok(text)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

fn about(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("cannot write {}: {error}", path.display()),
    )
}

/// A file under a name of its own beside the one that it will replace.
#[derive(Debug)]
struct Draft {
    file: File,
    path: PathBuf,
    target: PathBuf,
}

impl Draft {
    fn new(path: &Path) -> io::Result<Self> {
        let target = target(path)?;
        let path = folder(&target).join(format!(
            ".tokenturn-{:016x}",
            // Random, which is all that is asked of it; the open fails when the name is taken.
            RandomState::new().hash_one(path)
        ));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut draft = Self {
            file: options.open(&path)?,
            path,
            target,
        };
        draft.file.write_all(&[b'\n'; RESERVED])?;
        draft.file.sync_all()?;
        Ok(draft)
    }

    fn publish(mut self, text: &[u8]) -> io::Result<()> {
        self.file.rewind()?;
        self.file.write_all(text)?;
        self.file.set_len(text.len() as u64)?;
        self.file.sync_all()?;
        fs::rename(&self.path, &self.target)?;
        sync(folder(&self.target))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After a rename there is nothing left under this name.
        let _ = fs::remove_file(&self.path);
    }
}

/// The file to replace: at the end of all symbolic links, and writable.
fn target(path: &Path) -> io::Result<PathBuf> {
    let invalid = |message| Err(io::Error::new(ErrorKind::InvalidInput, message));
    match fs::canonicalize(path) {
        Ok(existing) if fs::metadata(&existing)?.is_file() => {
            // A file that may not be written to is not replaced either.
            OpenOptions::new().append(true).open(&existing)?;
            Ok(existing)
        }
        Ok(_) => invalid("it is not a regular file"),
        Err(_) if path.file_name().is_none() => invalid("it is not the name of a file"),
        Err(_) => Ok(path.to_owned()),
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Makes a rename durable.
fn sync(folder: &Path) -> io::Result<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Not every system opens folders, and not every file system syncs them.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        result => result,
    }
}
