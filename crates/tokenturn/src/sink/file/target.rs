//! The file that a path means, and whether another one can take its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// As many links as Linux follows.
const LINKS: usize = 40;

/// The file at the end of all symbolic links, open for writing where there is one: a file that may
/// not be written to is not replaced either.
pub(super) fn find(path: &Path) -> io::Result<(PathBuf, Option<File>)> {
    let mut path = path.to_owned();
    for _ in 0..=LINKS {
        // Without a slash at the end, which would follow a link that is to stay.
        if let Some(name) = path.file_name() {
            path = folder(&path).join(name);
        }
        match fs::read_link(&path) {
            Ok(next) => path = folder(&path).join(next),
            Err(_) => return open(&path),
        }
    }
    invalid("its symbolic links lead in a circle, or are more than 40")
}

fn open(path: &Path) -> io::Result<(PathBuf, Option<File>)> {
    let file = match fs::metadata(path) {
        Ok(found) if found.is_file() => Some(OpenOptions::new().write(true).open(path)?),
        Ok(_) => return invalid("it is not a regular file"),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let Some(name) = path.file_name() else {
        return invalid("it is not the name of a file");
    };
    // The same file even when this process goes to another folder.
    Ok((fs::canonicalize(folder(path))?.join(name), file))
}

fn invalid<T>(message: &str) -> io::Result<T> {
    Err(io::Error::new(ErrorKind::InvalidInput, message))
}

pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Whether `draft`, which lies in `folder`, cannot be renamed over `file`, as far as that can be
/// known before.
#[cfg(unix)]
pub(super) fn is_fixed(file: &File, draft: &File, folder: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;

    let (file_is, draft_is, folder_is) =
        (file.metadata()?, draft.metadata()?, fs::metadata(folder)?);
    let owners = [file_is.uid(), folder_is.uid()];
    Ok(is_mount_point(file, draft) || is_held(folder_is.mode(), owners, draft_is.uid()))
}

#[cfg(not(unix))]
pub(super) fn is_fixed(_: &File, _: &File, _: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Whether a folder is sticky, and neither the file in it nor the folder itself belongs to `me`. Some
/// privileges would help, and cannot be seen from here.
#[cfg(unix)]
fn is_held(folder_mode: u32, owners: [u32; 2], me: u32) -> bool {
    const STICKY: u32 = 0o1000;
    folder_mode & STICKY != 0 && !owners.contains(&me)
}

/// Whether something is mounted just there: then it is of another mount than a file beside it.
#[cfg(any(target_os = "android", target_os = "linux"))]
fn is_mount_point(file: &File, beside: &File) -> bool {
    use std::os::fd::AsRawFd;

    // proc_pid_fdinfo(5). The device would not do: it is the same for a part of one file system that
    // is mounted on another part, and files of an overlay may have another one than their folder.
    let mount = |file: &File| {
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd())).ok()?;
        let line = info.lines().find(|line| line.starts_with("mnt_id:"))?;
        Some(line.to_owned())
    };
    mount(file) != mount(beside)
}

/// Elsewhere, files are no mount points.
#[cfg(all(unix, not(any(target_os = "android", target_os = "linux"))))]
fn is_mount_point(_: &File, _: &File) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_sticky_folder_holds_what_is_of_others() {
        const ME: u32 = 1000;
        for (mode, file, folder, held) in [
            (0o1777, 1001, 0, true),
            (0o1777, 0, 0, true),
            (0o1777, ME, 0, false),
            (0o1777, 1001, ME, false),
            (0o0777, 1001, 0, false),
        ] {
            assert_eq!(
                is_held(mode, [file, folder], ME),
                held,
                "{mode:o} {file} {folder}"
            );
        }
    }
}
