//! Files that other users of this host can read.

use std::path::Path;

use crate::error::{StoreError, StoreErrorKind};

/// Refuses a file that anybody but its owner can read.
pub(crate) fn check(path: &Path) -> Result<(), StoreError> {
    let Some(mode) = mode(path) else {
        return Ok(());
    };
    let path = path.display();
    let message = format!(
        "other users can get at {path} (mode {mode:04o}); take it from them with: chmod 600 '{path}'"
    );
    Err(StoreError::new(StoreErrorKind::Exposed, message))
}

/// The mode of such a file.
#[cfg(unix)]
pub(crate) fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;

    // Whoever opens it finds out why it cannot be.
    let found = std::fs::metadata(path)
        .ok()
        .filter(|found| !found.is_dir())?;
    let mode = found.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Elsewhere the mode says nothing.
#[cfg(not(unix))]
pub(crate) fn mode(_: &Path) -> Option<u32> {
    None
}
