//! What somebody else does to the same token file meanwhile: of two calls with one refresh token,
//! the second finds it used, and the pair that is valid is the other's.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use tokenturn::{Secret, Timestamp};

use crate::input::{self, Pair};

/// The files of a refresh as they were when it began.
pub(crate) struct Files<'a> {
    token_file: &'a Path,
    out: &'a Path,
    /// The refresh token in the token file.
    pub(crate) old: Secret,
    /// When that dies, where it is known.
    pub(crate) old_expires_at: Option<Timestamp>,
    /// The one that was in `out` before, whoever's it is.
    before: Option<Secret>,
    /// Others wait as long as this is there.
    lock: Option<File>,
}

impl<'a> Files<'a> {
    /// Reads them, and waits until nobody else refreshes what is in the token file.
    pub(crate) fn read(token_file: &'a Path, out: &'a Path) -> Result<Self> {
        let stored = input::stored_for_github(token_file)?;
        let old_expires_at = stored.refresh_token_expires_at();
        let old = stored.into_refresh_token().context(
            "the token file holds no refresh token: its token does not expire, or came without",
        )?;
        Ok(Self {
            token_file,
            out,
            old,
            old_expires_at,
            before: pair(out).and_then(|pair| pair.refresh_token),
            lock: lock(token_file),
        })
    }

    /// The pair in one of them that was not there before.
    pub(crate) fn newer(&self) -> Option<Pair> {
        [self.out, self.token_file].into_iter().find_map(|path| {
            let pair = pair(path)?;
            let new = pair.refresh_token.as_ref();
            let is_new = new != Some(&self.old) && (new != self.before.as_ref());
            is_new.then_some(pair)
        })
    }

    /// The same, after somebody else has refreshed the token, who may still have to save the pair.
    pub(crate) async fn newer_soon(&self) -> Option<Pair> {
        const TRIES: u32 = 10;
        for _ in 1..TRIES {
            let newer = self.newer();
            // With the lock there is nobody to wait for.
            if newer.is_some() || self.lock.is_some() {
                return newer;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.newer()
    }
}

/// The pair in a file, if it holds one.
pub(crate) fn pair(path: &Path) -> Option<Pair> {
    if !is_file(path) {
        return None;
    }
    let pair = input::stored_already(path).ok()??.into_pair()?;
    pair.refresh_token.is_some().then_some(pair)
}

/// Locks a token file against others who do. There is no lock for what is no file, nor on every
/// file system; then there is still a second look.
///
/// Whoever waits gets the lock on a file that has been replaced meanwhile, and sees that it was.
fn lock(path: &Path) -> Option<File> {
    // Elsewhere a lock keeps everybody from reading the file and from replacing it.
    if !cfg!(unix) || !is_file(path) {
        return None;
    }
    let file = File::open(path).ok()?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let path = path.display();
            let _ = writeln!(io::stderr(), "waiting for another refresh of {path}");
            file.lock().ok()?;
        }
        Err(TryLockError::Error(_)) => return None,
    }
    Some(file)
}

/// Opening anything else may never end.
fn is_file(path: &Path) -> bool {
    path != Path::new("-") && fs::metadata(path).is_ok_and(|found| found.is_file())
}
