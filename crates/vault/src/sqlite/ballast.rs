//! Room on the disk that is given back when it is full.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// Enough for the ends of all rotations that are under way, however they come: the log grows to half of
/// it before it is written to the file and begun anew (`open.rs`).
const SIZE: usize = 8 << 20;

/// A file that holds room beside a vault. A rotation begins only when the file is there; when the
/// disk is full, the file goes, and the new tokens of those under way can be saved.
#[derive(Debug)]
pub(super) struct Ballast(PathBuf);

impl Ballast {
    /// The one of the vault at `path`.
    pub(super) fn of(path: &Path) -> Self {
        let mut name = path.to_owned().into_os_string();
        name.push("-reserve");
        Self(name.into())
    }

    /// Makes sure that it is there.
    pub(super) fn take_on(&self) -> Result<(), StoreError> {
        if fs::metadata(&self.0).is_ok_and(|found| found.len() >= SIZE as u64) {
            return Ok(());
        }
        self.write().map_err(|e| {
            self.drop_off();
            let message = format!(
                "nothing was begun: {} MiB beside the vault, in {}, could not be reserved",
                SIZE >> 20,
                self.0.display()
            );
            StoreError::unavailable(message, e)
        })
    }

    fn write(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.0)?;
        // Zeros might be kept as a hole.
        file.write_all(&vec![0xA5; SIZE])?;
        file.sync_all()
    }

    /// Gives the room back.
    pub(super) fn drop_off(&self) {
        // When it is not there, there is nothing to give.
        let _ = fs::remove_file(&self.0);
    }
}
