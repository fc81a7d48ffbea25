//! Owner, group and mode of a file that another one takes the place of.

use std::fs::File;
use std::path::Path;

/// Gives them to `draft`, and tells which could not be kept.
#[cfg(unix)]
pub(super) fn keep(draft: &File, target: &Path) {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    let (Ok(old), Ok(new)) = (fs::metadata(target), draft.metadata()) else {
        // There is none.
        return;
    };
    let mut lost = Vec::new();
    let mut mode = old.mode() & 0o777;
    if old.gid() != new.gid() && fchown(draft, None, Some(old.gid())).is_err() {
        mode = for_another_group(mode);
        lost.push("group");
    }
    // While it is still ours.
    if draft.set_permissions(Permissions::from_mode(mode)).is_err() {
        lost.push("mode");
    }
    if old.uid() != new.uid() && fchown(draft, Some(old.uid()), None).is_err() {
        lost.push("owner");
    }
    if !lost.is_empty() {
        let (file, lost) = (target.display(), lost.join(", "));
        tracing::warn!(%file, %lost, "not all of a file could be kept when it was replaced");
    }
}

#[cfg(not(unix))]
pub(super) fn keep(_: &File, _: &Path) {}

/// A group that did not have the file may do no more with it than others may.
#[cfg(unix)]
fn for_another_group(mode: u32) -> u32 {
    mode & (0o707 | (mode & 0o007) << 3)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn another_group_gets_no_more_than_others() {
        for (mode, narrowed) in [
            (0o600, 0o600),
            (0o640, 0o600),
            (0o660, 0o600),
            (0o664, 0o644),
            (0o644, 0o644),
            (0o604, 0o604),
        ] {
            assert_eq!(for_another_group(mode), narrowed, "{mode:o}");
        }
    }
}
