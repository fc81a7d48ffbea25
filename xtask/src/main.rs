//! The developers' verbs: `cargo xtask VERB`.

mod bench;
mod build_cost;
mod ci;
mod codegen;
mod conformance;
mod crash;
mod faults;
mod release;
mod spec;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask codegen               write the generated code of every spec into the client crate
cargo xtask codegen --check       write nothing; fail when a generated file is stale
cargo xtask spec lint [FILE]      what the generator and the public linter find in a spec
cargo xtask spec examples [FILE]  whether every example is valid against its schema
cargo xtask spec diff [REV]       what changed in the specs since REV (HEAD), by meaning
cargo xtask ci                    every gate: format, clippy, codegen, docs, features, tests
cargo xtask faults                every fault that a call can meet, with what comes of it
cargo xtask conformance           specs, client and sandbox against GitHub's own descriptions
cargo xtask crash [--help]        kill a program that replaces a fleet of tokens, again and again
cargo xtask bench codegen [FILE]  time and memory of the generator, for 10 to 5,000 operations
cargo xtask bench fleet           speed of a fleet next to requests that save nothing, and its memory
cargo xtask deny                  licences, duplicates, origins and bans of what is published
cargo xtask package               the tarballs of the published crates, each built from itself
cargo xtask release               what must hold before a release, beside what CI checks
cargo xtask build-cost            what tokenturn costs to build, as a ratio to bare reqwest";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root();
    let result = match arguments[..] {
        ["codegen"] => codegen::write(&root),
        ["codegen", "--check"] => codegen::check(&root),
        ["spec", "lint"] => spec::lint::run(&root, None),
        ["spec", "lint", file] => spec::lint::run(&root, Some(file)),
        ["spec", "examples"] => spec::examples::run(&root, None),
        ["spec", "examples", file] => spec::examples::run(&root, Some(file)),
        ["spec", "diff"] => spec::diff::run(&root, "HEAD"),
        ["spec", "diff", revision] => spec::diff::run(&root, revision),
        ["ci"] => ci::run(&root),
        ["faults"] => faults::run(&root),
        ["crash", ref options @ ..] => crash::run(&root, options),
        ["conformance"] => conformance::run(&root),
        ["bench", "codegen"] => bench::codegen(&root, None),
        ["bench", "codegen", file] => bench::codegen(&root, Some(file)),
        ["bench", "fleet"] => bench::fleet(&root),
        [bench::ONE, input] => bench::one(input),
        ["deny"] => release::deny::run(&root),
        ["package"] => release::package::run(&root),
        ["release"] => release::run(&root),
        ["build-cost"] => build_cost::run(&root),
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace: cargo names the folder of this crate in the environment.
fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map(Path::to_path_buf).unwrap_or(here)
}
