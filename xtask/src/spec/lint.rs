//! `cargo xtask spec lint`: what the generator cannot handle, and what the public linter finds.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use tokenturn_codegen::{Select, Spec};

use super::{show, specs};
use crate::conformance::{self, Strictness};

/// Checks one file, of which the warnings are its author's business, or our specs, where anything
/// counts.
pub(crate) fn run(root: &Path, words: &[&str]) -> Result<()> {
    let options = Options::read(words)?;
    let file = options.file;
    let mut files = Vec::new();
    let mut good = true;
    for (path, spec) in specs(root, file)? {
        let report = options.apply(spec)?.lint();
        files.push(path);
        show(&report);
        good &= match file {
            Some(_) => !report.has_errors(),
            None => report.is_empty(),
        };
    }
    let strictness = match file {
        Some(_) => Strictness::Errors,
        None => Strictness::Everything,
    };
    match conformance::installed(root) {
        Some(tools) => {
            let public = conformance::lint(root, &tools, &files, strictness);
            good &= public.is_ok();
            let printed = public.unwrap_or_else(|error| format!("{error:#}"));
            eprintln!("Spectral: {}", printed.trim());
        }
        None => {
            eprintln!("Spectral: skipped, it is not there; `cargo xtask conformance` installs it");
        }
    }
    ensure!(
        good,
        "the lint found something; every finding says what to write"
    );
    Ok(())
}

/// Which spec is checked, what is laid over it, what of it is looked at, and whether the rest is left out.
struct Options<'a> {
    file: Option<&'a str>,
    overlays: Vec<&'a str>,
    select: Select,
    is_lenient: bool,
}

impl<'a> Options<'a> {
    fn read(words: &[&'a str]) -> Result<Self> {
        let mut options = Self {
            file: None,
            overlays: Vec::new(),
            select: Select::new(),
            is_lenient: false,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--lenient" => options.is_lenient = true,
                "--overlay" => {
                    let file = words.next().context("write `--overlay FILE`")?;
                    options.overlays.push(*file);
                }
                "--select" => {
                    let entry = words.next().and_then(|entry| entry.split_once(':'));
                    let entry =
                        entry.context("write `--select tag:TAG`, `id:ID` or `path:PATTERN`")?;
                    let select = options.select;
                    options.select = match entry {
                        ("id", id) => select.ids([id]),
                        ("tag", tag) => select.tags([tag]),
                        ("path", path) => select.paths([path]),
                        (kind, _) => {
                            bail!("`{kind}:` selects nothing: write `tag:`, `id:` or `path:`")
                        }
                    };
                }
                option if option.starts_with("--") => {
                    bail!("`{option}` is not known: write `--overlay`, `--select` or `--lenient`")
                }
                file => {
                    let before = options.file.replace(file);
                    ensure!(before.is_none(), "`{file}` is one file too many: name one");
                }
            }
        }
        Ok(options)
    }

    fn apply(&self, mut spec: Spec) -> Result<Spec> {
        for file in &self.overlays {
            spec = spec.overlay(Spec::read(file)?);
        }
        let spec = spec.select(self.select.clone());
        Ok(if self.is_lenient {
            spec.lenient()
        } else {
            spec
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stands_before_or_after_the_options() {
        for words in [
            &["a.yaml", "--lenient", "--overlay", "b.yaml"][..],
            &["--lenient", "--overlay", "b.yaml", "a.yaml"],
            &["--overlay", "b.yaml", "a.yaml", "--lenient"],
        ] {
            let options = Options::read(words).unwrap();
            assert_eq!(options.file, Some("a.yaml"));
            assert_eq!(options.overlays, ["b.yaml"]);
            assert!(options.is_lenient);
        }
        assert!(Options::read(&["a.yaml", "b.yaml"]).is_err());
        assert!(Options::read(&["--none"]).is_err());
    }
}
