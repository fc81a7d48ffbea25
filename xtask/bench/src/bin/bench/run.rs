//! One run: how thorough it is, and where it keeps what it has measured.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) struct Run {
    /// Whether it is a look only, whose numbers are rough and go to no page.
    pub(crate) quick: bool,
    root: PathBuf,
}

impl Run {
    pub(crate) fn full() -> Self {
        Self::new(false)
    }

    pub(crate) fn quick() -> Self {
        Self::new(true)
    }

    fn new(quick: bool) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().nth(2).unwrap_or(here).to_owned();
        Self { quick, root }
    }

    /// The repository.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where everything is built and kept.
    pub(crate) fn folder(&self) -> PathBuf {
        self.root.join("target/bench")
    }

    /// Keeps a result for the page.
    pub(crate) fn keep(&self, name: &str, result: &impl Serialize) -> Result<()> {
        let path = self.kept(name);
        fs::create_dir_all(self.folder())?;
        fs::write(&path, serde_json::to_vec_pretty(result)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// A result that was kept.
    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let path = self.kept(name);
        let missing = || {
            format!("nothing was measured, or by another version: run `cargo xtask bench {name}`")
        };
        let text = fs::read(&path).with_context(missing)?;
        serde_json::from_slice(&text).with_context(missing)
    }

    /// Where a result is kept.
    pub(crate) fn kept(&self, name: &str) -> PathBuf {
        let kind = if self.quick { "quick-" } else { "" };
        self.folder().join(format!("{kind}{name}.json"))
    }
}
