//! The file that holds a token until the one that it is for does.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use super::{owner, target};

/// More than any token: what is reserved on the disk before anything is sent.
pub(super) const RESERVED: usize = 4096;

/// A file under a name of its own, which goes away with it.
#[derive(Debug)]
pub(super) struct Draft {
    file: File,
    path: PathBuf,
    target: PathBuf,
    /// Whether the target is written itself, since nothing can be renamed over it.
    in_place: bool,
}

impl Draft {
    /// Makes one for the file at `path`, which can be written then.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        let (target, old) = target::find(path)?;
        let beside = target::folder(&target);
        let (mut in_place, made) = match create(beside) {
            Err(error) if old.is_some() && is_forbidden(&error) => (true, create_elsewhere()),
            made => (false, made),
        };
        let (file, path) = made?;
        if let Some(old) = old {
            in_place = in_place || target::is_fixed(&old, &file, beside)?;
        }
        let mut draft = Self {
            file,
            path,
            target,
            in_place,
        };
        // The second part is given back to the disk when the target takes it.
        let reserved = vec![b'\n'; RESERVED * (1 + usize::from(in_place))];
        draft.file.write_all(&reserved)?;
        draft.file.sync_all()?;
        Ok(draft)
    }

    /// Puts `text` into the target. After a failure the draft may be the only file that has it.
    pub(super) fn publish(&mut self, text: &[u8]) -> io::Result<()> {
        self.file.rewind()?;
        self.file.write_all(text)?;
        self.file.set_len(text.len() as u64)?;
        if !self.in_place {
            owner::keep(&self.file, &self.target);
            self.file.sync_all()?;
            match fs::rename(&self.path, &self.target) {
                Ok(()) => return sync(target::folder(&self.target)),
                // Somebody took the draft away.
                Err(error) if error.kind() == ErrorKind::NotFound => return Err(error),
                // What could not be known before: it was mounted meanwhile, or the folder takes no
                // renames.
                Err(_) => {}
            }
        }
        self.file.sync_all()?;
        sync(target::folder(&self.path))?;
        write_in_place(&self.target, text)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After a rename there is nothing left under this name.
        let _ = fs::remove_file(&self.path);
    }
}

fn create(folder: &Path) -> io::Result<(File, PathBuf)> {
    let path = folder.join(format!(
        ".tokenturn-{:016x}",
        // Random, which is all that is asked of it; the open fails when the name is taken.
        RandomState::new().hash_one(folder)
    ));
    Ok((create_private(&path)?, path))
}

fn create_elsewhere() -> io::Result<(File, PathBuf)> {
    create(&std::env::temp_dir()).map_err(|error| {
        let why = format!(
            "neither its folder nor the temporary one takes the draft that it needs; set TMPDIR to a \
             folder that can be written: {error}"
        );
        io::Error::new(error.kind(), why)
    })
}

/// Whether it is not for want of space or the like that nothing was made.
fn is_forbidden(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
    )
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write_in_place(path: &Path, text: &[u8]) -> io::Result<()> {
    // First as it is: Linux refuses to open what is another user's in a sticky folder with the wish
    // to make it (`fs.protected_regular`).
    let mut file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => create_private(path)?,
        opened => opened?,
    };
    file.write_all(text)?;
    file.set_len(text.len() as u64)?;
    file.sync_all()?;
    sync(target::folder(path))
}

/// Makes a name durable.
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
