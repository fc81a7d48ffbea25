//! A key in a file.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokenturn::sink::FileSink;
use tokenturn::{Rotated, Secret, Sink};
use zeroize::Zeroizing;

use super::{Key, bare};
use crate::error::{StoreError, StoreErrorKind};
use crate::exposure;

/// What the name of a key begins with that is not whole yet.
const DRAFT: &str = ".tokenturn-key-";
/// How long a key is written at most.
const UNFINISHED: Duration = Duration::from_secs(60);

/// A file that holds a key as 64 hexadecimal digits, mode 0600.
///
/// A change of keys. Whoever is killed within finds both files, of which one fits the vault: see
/// [`read_next`](Self::read_next).
///
/// ```no_run
/// # async fn run(vault: tokenturn_vault::Vault) -> Result<(), tokenturn_vault::StoreError> {
/// let file = tokenturn_vault::KeyFile::new("tokens.key");
/// vault.rekey(&file.prepare_next().await?).await?;
/// file.adopt_next().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The file at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Reads the key. `None` when there is no such file.
    ///
    /// # Errors
    ///
    /// When other users can read the file, or when it holds anything but a key.
    pub fn read(&self) -> Result<Option<Key>, StoreError> {
        read(&self.path)
    }

    /// Makes a new key and writes it, durably, to a file that must not exist yet, and has its name
    /// when it is whole.
    ///
    /// # Errors
    ///
    /// When there is such a file, or it cannot be written.
    pub fn create(&self) -> Result<Key, StoreError> {
        let key = Key::generate()?;
        write(&self.path, &key).map_err(|e| cannot("create", &self.path, e))?;
        Ok(key)
    }

    /// Reads the key, or makes one where there is no such file.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read) and [`create`](Self::create).
    pub fn read_or_create(&self) -> Result<Key, StoreError> {
        match self.read()? {
            Some(key) => Ok(key),
            None => self.create(),
        }
    }

    /// The file that the next key is written to before a vault is encrypted with it: this one's name
    /// and `.new`.
    pub fn next_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        name.into()
    }

    /// Makes a key and writes it beside this one, for [`Vault::rekey`](crate::Vault::rekey). One that
    /// an earlier attempt has left there is used again, unless it is in place already or is not whole.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or could not take the place of this one: then no vault is to be
    /// encrypted with it.
    pub async fn prepare_next(&self) -> Result<Key, StoreError> {
        Sink::<()>::prepare(&mut FileSink::new(&self.path))
            .await
            .map_err(|e| {
                let path = self.path.display();
                StoreError::other(format!("the key file {path} could not be replaced"), e)
            })?;
        // A part of a key is none, and the next one is the vault's then.
        let current = self.read().ok().flatten();
        let next = Self::new(self.next_path());
        match next.read() {
            Ok(None) => return next.create(),
            Ok(Some(key)) if current.is_none_or(|current| current.bytes() != key.bytes()) => {
                return Ok(key);
            }
            // Whoever wrote it was killed before it was whole, or before it was removed.
            Ok(Some(_)) => {}
            Err(error) if error.is_wrong_key() => {}
            Err(error) => return Err(error),
        }
        remove(&next.path)?;
        next.create()
    }

    /// The key that [`prepare_next`](Self::prepare_next) has written. `None` when there is none.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_next(&self) -> Result<Option<Key>, StoreError> {
        read(&self.next_path())
    }

    /// Puts the next key in the place of this one, when the vault is encrypted with it: as
    /// [`FileSink`] saves a token, with the owner and the mode of the file. Does nothing where there
    /// is no next key.
    ///
    /// The key before stays beside it, in a file that this returns: `KEY.old` or, where that is taken,
    /// `KEY.old-2` and so on. Older backups have it, and perhaps another vault or rows that could not be read.
    ///
    /// # Errors
    ///
    /// When the file cannot be written. The next key stays where it is then.
    pub async fn adopt_next(&self) -> Result<Option<PathBuf>, StoreError> {
        let Some(next) = self.read_next()? else {
            return Ok(None);
        };
        let old = self.keep(&next)?;
        let text = Rotated::<()>::new(next.to_digits());
        FileSink::new(&self.path).save(&text).await.map_err(|e| {
            let path = self.path.display();
            StoreError::other(format!("the key file {path} cannot be replaced"), e)
        })?;
        remove(&self.next_path())?;
        Ok(old)
    }

    /// Keeps the key that `next` takes the place of, under a name that nobody has.
    fn keep(&self, next: &Key) -> Result<Option<PathBuf>, StoreError> {
        let current = match self.read() {
            // A part of a key is none.
            Err(error) if !error.is_wrong_key() => return Err(error),
            current => current.ok().flatten(),
        };
        // Whoever was killed in between has kept it.
        let Some(current) = current.filter(|current| current.bytes() != next.bytes()) else {
            return Ok(None);
        };
        let mut number = 1_u32;
        loop {
            let mut old = self.path.clone().into_os_string();
            old.push(match number {
                1 => ".old".to_owned(),
                number => format!(".old-{number}"),
            });
            let old = PathBuf::from(old);
            match write(&old, &current) {
                Ok(()) => return Ok(Some(old)),
                Err(e) if e.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(e) => return Err(cannot("write", &old, e)),
            }
        }
    }
}

fn remove(path: &Path) -> Result<(), StoreError> {
    fs::remove_file(path)
        .and_then(|()| sync_folder(path))
        .map_err(|e| cannot("remove", path, e))
}

fn read(path: &Path) -> Result<Option<Key>, StoreError> {
    /// A key and a line break.
    const LONGEST: u64 = 70;
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(cannot("read", path, e)),
    };
    exposure::check(path)?;
    let mut text = Zeroizing::new(Vec::with_capacity(128));
    file.take(LONGEST)
        .read_to_end(&mut text)
        .map_err(|e| cannot("read", path, e))?;
    let digits = Secret::new(String::from_utf8_lossy(&text));
    if bare(&digits).is_empty() {
        return Err(empty(path));
    }
    let place = format!("what is in the key file {}", path.display());
    Key::parse_from(&place, &digits).map(Some)
}

/// Earlier versions left such a file behind when they were killed, or the disk was full.
fn empty(path: &Path) -> StoreError {
    let path = path.display();
    let message = format!(
        "the key file {path} is empty: put the key into it again, from its backup; if no vault was \
         made with it, remove the file, and a new key is made"
    );
    StoreError::new(StoreErrorKind::WrongKey, message)
}

/// Whoever is killed before the end leaves no part of a key under this name.
fn write(path: &Path, key: &Key) -> io::Result<()> {
    remove_drafts(folder(path));
    let draft = folder(path).join(format!(
        "{DRAFT}{:016x}",
        // Random, which is all that is asked of it; the open fails when the name is taken.
        RandomState::new().hash_one(path)
    ));
    let mut file = create_private(&draft)?;
    let written = writeln!(file, "{}", key.to_digits().expose())
        .and_then(|()| file.sync_all())
        .and_then(|()| publish(&draft, path));
    // After a rename there is nothing left under this name.
    let _ = fs::remove_file(&draft);
    written?;
    sync_folder(path)
}

/// Takes out what those have left who were killed: each may be a key.
fn remove_drafts(folder: &Path) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    for file in files.filter(|file| file.file_name().to_string_lossy().starts_with(DRAFT)) {
        let changed = file.metadata().and_then(|file| file.modified());
        let age = changed.ok().and_then(|changed| changed.elapsed().ok());
        if age.is_some_and(|age| age > UNFINISHED) {
            let _ = fs::remove_file(file.path());
        }
    }
}

/// Gives the draft a name that nobody has.
fn publish(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            // Not every file system has links. Where there is no name for two, nobody else is to
            // have this one before it is renamed to.
            create_private(path)?;
            fs::rename(draft, path)
        }
        linked => linked,
    }
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// A name is durable when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder(path))?.sync_all(),
        false => Ok(()),
    }
}

fn cannot(what: &str, path: &Path, error: io::Error) -> StoreError {
    StoreError::other(format!("cannot {what} {}", path.display()), error)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path().join("key"));
        assert!(file.read().unwrap().is_none());
        let key = file.read_or_create().unwrap();
        assert_eq!(file.read_or_create().unwrap().bytes(), key.bytes());
        let mode = fs::metadata(&file.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(file.create().is_err());
        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = file.read().unwrap_err();
        assert!(error.is_exposed());
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[tokio::test]
    async fn the_next_key_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path().join("key"));
        let old = file.create().unwrap();
        let next = file.prepare_next().await.unwrap();
        assert_eq!(file.prepare_next().await.unwrap().bytes(), next.bytes());
        assert_eq!(file.read().unwrap().unwrap().bytes(), old.bytes());
        for (before, name) in [(old, "key.old"), (next, "key.old-2")] {
            let next = file.prepare_next().await.unwrap();
            let kept = file.adopt_next().await.unwrap().unwrap();
            assert_eq!(kept, folder.path().join(name));
            let kept = KeyFile::new(kept).read().unwrap().unwrap();
            assert_eq!(kept.bytes(), before.bytes());
            assert_eq!(file.read().unwrap().unwrap().bytes(), next.bytes());
            assert!(file.read_next().unwrap().is_none());
            assert!(file.adopt_next().await.unwrap().is_none());
        }
    }

    #[tokio::test]
    async fn what_somebody_who_was_killed_has_left_is_no_next_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path().join("key"));
        let current = file.create().unwrap();
        let digits = current.to_digits();
        // Killed when the next one was in place and not removed yet, and when it was not whole yet.
        for left in [digits.expose(), &digits.expose()[..20], ""] {
            fs::write(file.next_path(), left).unwrap();
            fs::set_permissions(file.next_path(), fs::Permissions::from_mode(0o600)).unwrap();
            let next = file.prepare_next().await.unwrap();
            assert_ne!(next.bytes(), current.bytes());
            let written = file.read_next().unwrap().unwrap();
            assert_eq!(written.bytes(), next.bytes());
        }
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_replaced_gets_no_next_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path().join("key"));
        fs::create_dir(&file.path).unwrap();
        let error = file.prepare_next().await.unwrap_err().to_string();
        assert!(error.contains("could not be replaced"), "{error}");
        assert!(error.contains(file.path.to_str().unwrap()), "{error}");
        assert!(!file.next_path().exists());
    }

    #[test]
    fn nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path().join("key"));
        file.create().unwrap();
        let error = file.create().unwrap_err().to_string();
        assert!(error.starts_with("cannot create "), "{error}");
        // Where there are no links.
        let draft = folder.path().join("draft");
        fs::write(&draft, "whole").unwrap();
        let other = folder.path().join("other");
        create_private(&other).unwrap();
        assert!(publish(&folder.path().join("none"), &other).is_err());
        fs::remove_file(&draft).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_a_killed_one_has_left_goes_with_the_next_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path().join("key"));
        let long_ago = std::time::SystemTime::now() - 2 * UNFINISHED;
        for (name, changed) in [("0", Some(long_ago)), ("1", None)] {
            let draft = create_private(&folder.path().join(format!("{DRAFT}{name}")));
            if let Some(changed) = changed {
                draft.unwrap().set_modified(changed).unwrap();
            }
        }
        file.create().unwrap();
        let left = |name: &str| folder.path().join(format!("{DRAFT}{name}")).exists();
        assert_eq!(["0", "1"].map(left), [false, true]);
    }

    #[test]
    fn an_empty_one_is_said_to_be_empty() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::new(folder.path().join("key"));
        for text in ["", "\u{feff}\n"] {
            fs::write(&file.path, text).unwrap();
            fs::set_permissions(&file.path, fs::Permissions::from_mode(0o600)).unwrap();
            let error = file.read_or_create().unwrap_err();
            assert!(error.is_wrong_key());
            let told = error.to_string();
            let begin = format!("the key file {} is empty: ", file.path.display());
            assert!(told.starts_with(&begin), "{told}");
            assert!(told.contains("remove the file"), "{told}");
        }
    }

    #[test]
    fn holds_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "hunter2").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let error = KeyFile::new(&path).read().unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
}
