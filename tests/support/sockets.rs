//! Where sockets with names may be.

use std::path::PathBuf;

/// The name of a socket has at most 107 bytes, of which Chromium takes 58 below this folder.
const LONGEST: usize = 49;

/// The folder for temporary files, or `/tmp` where its name is too long for those of sockets.
pub fn short_temp_dir() -> PathBuf {
    let temporary = std::env::temp_dir();
    let is_short = temporary.as_os_str().len() <= LONGEST;
    if is_short { temporary } else { "/tmp".into() }
}
