//! Files that other users of this host can read.

use std::path::Path;

use crate::error::{StoreError, StoreErrorKind};

/// Refuses a file that anybody but its owner can read.
#[cfg(unix)]
pub(crate) fn check(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;

    let Ok(found) = std::fs::metadata(path) else {
        // Whoever opens it finds out why.
        return Ok(());
    };
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    let message = format!(
        "other users can get at {path} (mode {mode:04o}); take it from them with: chmod 600 '{path}'"
    );
    Err(StoreError::new(StoreErrorKind::Exposed, message))
}

/// Elsewhere the mode says nothing.
#[cfg(not(unix))]
pub(crate) fn check(_: &Path) -> Result<(), StoreError> {
    Ok(())
}
