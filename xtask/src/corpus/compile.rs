//! `cargo xtask corpus --compile`: whether what is made compiles, and passes its own round trips.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::crates::Crates;
use super::documents::File;
use super::measure::{self, Outcome, each};
use super::one::Whose;
use super::{round_trips, sample};

pub(crate) struct Options {
    /// How many descriptions ours has to accept.
    pub(crate) accepted: usize,
    pub(crate) seed: u64,
    pub(crate) progenitor: bool,
}

/// A description of which code is made.
struct Tried {
    file: File,
    module: String,
    ours: Outcome,
    progenitor: Option<Outcome>,
}

pub(crate) fn run(root: &Path, folder: &Path, files: Vec<File>, options: &Options) -> Result<()> {
    let start = Instant::now();
    let step = |what: &str| eprintln!("{:4.0} s: {what}", start.elapsed().as_secs_f32());
    let logs = folder.join("logs");
    fs::create_dir_all(&logs)?;
    let [ours, progenitors] = Whose::BOTH.map(|whose| Crates::new(root, folder, whose));
    let (ours, progenitors) = (ours?, progenitors?);
    let tried = generate(files, options, &ours, &progenitors, &logs)?;
    step("generated");
    let accepted = accepted(&tried, |tried| Some(&tried.ours));
    let compiled = ours.compile(&accepted)?;
    step("ours compiled");
    let failures = round_trips::run(&compiled.programs, &logs)?;
    step("round trips");
    let compile = accepted.len() - compiled.errors.len();
    let passing = accepted
        .iter()
        .filter(|module| !compiled.errors.contains_key(*module) && !failures.contains_key(*module));
    println!(
        "seed {}: {} descriptions of up to {} operations\n\
         ours: {} accepted, {compile} compile, {} pass their round trips",
        options.seed,
        tried.len(),
        sample::OPERATIONS,
        accepted.len(),
        passing.count(),
    );
    let mut faults = Vec::new();
    for Tried {
        file, module, ours, ..
    } in &tried
    {
        let ends = ours
            .fault
            .iter()
            .map(|words| format!("ends early: {words}"));
        let errors = compiled.errors.get(module);
        let errors = errors.map(|words| format!("does not compile: {words}"));
        faults.extend(
            ends.chain(errors)
                .map(|words| format!("{}: {words}", file.name)),
        );
    }
    for (module, failures) in failures {
        let name = tried.iter().find(|tried| tried.module == module);
        let name = name.map_or(&module, |tried| &tried.file.name);
        faults.extend(
            failures
                .iter()
                .map(|words| format!("{name}: fails: {words}")),
        );
    }
    if options.progenitor {
        let accepted = self::accepted(&tried, |tried| tried.progenitor.as_ref());
        let theirs = progenitors.compile(&accepted)?;
        step("progenitor's compiled");
        println!(
            "progenitor: {} accepted, {} compile",
            accepted.len(),
            accepted.len() - theirs.errors.len()
        );
        for tried in &tried {
            let is_good = tried.progenitor.as_ref().is_some_and(Outcome::is_accepted)
                && !theirs.errors.contains_key(&tried.module);
            if is_good && !tried.ours.is_accepted() {
                println!("only progenitor's compiles: {}", tried.file.name);
            }
        }
    }
    ensure!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
    Ok(())
}

/// Makes code until enough is accepted, or no description is left.
fn generate(
    files: Vec<File>,
    options: &Options,
    ours: &Crates,
    progenitors: &Crates,
    logs: &Path,
) -> Result<Vec<Tried>> {
    let mut files = sample::order(files, options.seed);
    let mut tried: Vec<Tried> = Vec::new();
    loop {
        let accepted = tried.iter().filter(|tried| tried.ours.is_accepted());
        let missing = options.accepted - accepted.count().min(options.accepted);
        let mut next = Vec::new();
        while missing > next.len()
            && let Some(file) = files.next()
        {
            let operations = file.operations()?.unwrap_or_default();
            if (1..=sample::OPERATIONS).contains(&operations) {
                next.push((tried.len() + next.len(), file));
            }
        }
        if next.is_empty() {
            return Ok(tried);
        }
        let outcomes = each(&next, |(number, file)| {
            let module = module(*number, file);
            let make = |whose, crates: &Crates| {
                measure::generate(whose, file, Some(crates.code(&module)), logs)
            };
            let progenitor = options
                .progenitor
                .then(|| make(Whose::Progenitor, progenitors));
            Ok((make(Whose::Ours, ours)?, progenitor.transpose()?))
        });
        for ((number, file), outcomes) in next.into_iter().zip(outcomes) {
            let (ours, progenitor) = Result::<_>::from(outcomes)?;
            tried.push(Tried {
                module: module(number, &file),
                file,
                ours,
                progenitor,
            });
        }
    }
}

fn module(number: usize, file: &File) -> String {
    let name = file.name.to_lowercase();
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    format!("m_{number}_{name}")
}

/// The modules of what is accepted.
fn accepted(tried: &[Tried], of: impl Fn(&Tried) -> Option<&Outcome>) -> Vec<String> {
    let accepted = tried
        .iter()
        .filter(|tried| of(tried).is_some_and(Outcome::is_accepted));
    accepted.map(|tried| tried.module.clone()).collect()
}
