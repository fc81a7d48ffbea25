//! A file that holds a token, with what belongs to it.

mod draft;
mod owner;
mod target;
mod text;

use std::io;
use std::path::{Path, PathBuf};

use self::draft::Draft;
use self::text::text;
use super::Sink;
use crate::rotated::Rotated;

/// Writes the new token into a file. A file that it makes has mode 0600.
///
/// A token that comes alone is written as it is, with a line break. One that comes with a refresh
/// token is written as one line of JSON, so that the two are saved together: an object with
/// `access_token` and `refresh_token` and, where they are known, `expires_at` and
/// `refresh_token_expires_at` (RFC 3339).
///
/// [`prepare`](Sink::prepare) writes and syncs a draft beside the file, so that saving does not
/// fail for want of space or permission. [`save`](Sink::save) writes the token into the draft, syncs
/// it, renames it over the file and syncs the folder: whoever reads the file finds the old token or
/// the new one, whole, and so does whoever reads it after a power cut. Of several writers the last
/// one wins.
///
/// # Where nothing can be renamed over the file
///
/// The file itself is written where it is a mount point (as containers mount single files), belongs
/// to another user in a sticky folder, lies in a folder that cannot be written, or where the rename
/// fails. The draft is then kept until the file is synced, so the token is whole in one of the two
/// whenever the process is killed. It lies beside the file, or where that cannot be, in the temporary
/// folder (`TMPDIR`), which some machines empty when they start. Whoever reads the file meanwhile may
/// find a part of the token, and it should have one writer at a time.
///
/// # What stays
///
/// A symbolic link stays, and the file that it points to is written, or made where it is missing.
///
/// Owner, group and mode of a file stay as they are, also a mode that lets others read it: take it
/// from them before, with `chmod 600`. Which of them could not be kept is told by a warning
/// (`tracing`), since the token matters more; a group that the file did not have before may do no
/// more than others may. Access control lists, extended attributes and other hard links do not
/// survive a rename.
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
        let (mut draft, path, text) = (self.draft.take(), self.path.clone(), text(new)?);
        let (draft, result) = blocking(move || {
            let result = publish(&mut draft, &path, &text).map_err(|e| about(&path, e));
            Ok((draft, result))
        })
        .await?;
        self.draft = draft;
        result
    }
}

/// Puts `text` into the file, by the draft if it still does, or else by another one. A draft that
/// failed stays until the file is written: the token may be whole in it and nowhere else.
fn publish(draft: &mut Option<Draft>, path: &Path, text: &[u8]) -> io::Result<()> {
    let by_the_first = draft.as_mut().map(|draft| draft.publish(text));
    if !matches!(by_the_first, Some(Ok(()))) {
        let mut another = Draft::new(path)?;
        if let Err(error) = another.publish(text) {
            draft.get_or_insert(another);
            return Err(error);
        }
    }
    *draft = None;
    Ok(())
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
