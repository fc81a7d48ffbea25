//! The developers' verbs: `cargo xtask VERB`.

mod bench;
mod between;
mod ci;
mod codegen;
mod compare;
mod conformance;
mod corpus;
mod crash;
mod faults;
mod fresh;
mod guard;
mod neighbours;
mod process;
mod release;
mod skipped;
mod soak;
mod spec;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

const HELP: &str = "\
cargo xtask codegen               write the generated code of every spec into the client crate
cargo xtask codegen --check       write nothing; fail when a generated file is stale
cargo xtask spec lint [FILE]      what the generator and the public linter find in a spec
  --overlay FILE                  with an overlay; again and again
  --select tag:TAG                of the operations with a tag; also id:ID, path:/PATTERN/*; again and again
  --lenient                       leaves out what cannot be handled
cargo xtask spec examples [FILE]  whether every example is valid against its schema
cargo xtask spec diff [REV]       what changed in the specs since REV (HEAD), by meaning
cargo xtask ci                    every gate beside the tests: format, clippy, codegen, docs, features
cargo xtask skipped               run what the last `cargo test --workspace` skipped; fail, not skip
cargo xtask soak                  all tests three times, while other processes take the machine's time
cargo xtask fresh [REV]           the README's two commands from nothing, next to those of a revision
cargo xtask fresh --ci [REV]      the same for .ci/run
cargo xtask faults                every fault and lie that a call can meet, with what comes of it
cargo xtask between               real gateways between tokenturn and a provider, next to docs/between.md
cargo xtask between --accept      the same, and writes that page
cargo xtask conformance           specs, client and sandbox against GitHub's own descriptions
cargo xtask corpus                what the generator, and progenitor alone, accept of 884 descriptions
cargo xtask corpus --rule RULE    the descriptions in which the last run has found this error
cargo xtask corpus --compile N [--seed S] [--progenitor]
                                  compile what is made of N of them, and run the round trips
cargo xtask crash [--help]        kill a program that replaces a fleet of tokens, again and again
cargo xtask bench                 all that follows; writes docs/performance.md
cargo xtask bench --quick         a look at resets alone, which writes nothing
cargo xtask bench build           what a program costs to build, with tokenturn and with its peers
cargo xtask bench calls           a reset through tokenturn and through its peers
cargo xtask bench fleet           speed of a fleet next to requests that save nothing, and its memory
cargo xtask bench fleet COMMIT    speed of a fleet next to that of an earlier commit, in turn
cargo xtask bench codegen [FILE]  time and memory of the generator, for 10 to 5,000 operations
cargo xtask bench token           a token that lives, from a vault and from octokit
cargo xtask bench page            the page once more, from what was measured last
cargo xtask guard                 instructions and build cost next to what was accepted last
cargo xtask guard --accept        accept them as they are
cargo xtask neighbours            what others get in one build with tokenturn, next to docs/neighbours.md
cargo xtask compare               how peers read odd answers, next to docs/compare.md
cargo xtask compare --accept      the same, and writes its tables
cargo xtask deny                  licences, duplicates, origins and bans of what is published
cargo xtask package               the tarballs of the published crates, each built from itself
cargo xtask release               what must hold before a release, beside what CI checks";

fn main() -> ExitCode {
    if let Some(log) = std::env::var_os(guard::LOG) {
        return done(guard::compile(Path::new(&log)));
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root();
    let result = match arguments[..] {
        ["codegen"] => codegen::write(&root),
        ["codegen", "--check"] => codegen::check(&root),
        ["spec", "lint", ref words @ ..] => spec::lint::run(&root, words),
        ["spec", "examples"] => spec::examples::run(&root, None),
        ["spec", "examples", file] => spec::examples::run(&root, Some(file)),
        ["spec", "diff"] => spec::diff::run(&root, "HEAD"),
        ["spec", "diff", revision] => spec::diff::run(&root, revision),
        ["ci"] => ci::run(&root),
        ["faults"] => faults::run(&root),
        ["crash", ref options @ ..] => crash::run(&root, options),
        ["between"] => between::run(&root, false),
        ["between", "--accept"] => between::run(&root, true),
        ["conformance"] => conformance::run(&root),
        ["corpus", ref words @ ..] => corpus::run(&root, words),
        [corpus::ONE, whose, file, ref code @ ..] => {
            corpus::one(whose, file, code.first().copied())
        }
        ["bench", ref words @ ..] => bench::run(&root, words),
        [bench::ONE, input] => bench::one(input),
        [bench::BUILDS, folder, profile, ref packages @ ..] => {
            bench::builds(&root, folder, profile, packages)
        }
        // What its tests call a build script with.
        ["build-script"] => return tokenturn_codegen::build_script("keys.yaml"),
        ["skipped"] => skipped::run(&root),
        ["fresh", ref words @ ..] => fresh::run(&root, words),
        ["soak"] => soak::run(&root),
        [soak::BUSY] => soak::busy(),
        ["guard"] => guard::check(&root),
        ["guard", "--accept"] => guard::accept(&root),
        ["neighbours"] => neighbours::run(&root),
        ["compare"] => compare::run(&root, false),
        ["compare", "--accept"] => compare::run(&root, true),
        ["deny"] => release::deny::run(&root),
        ["package"] => release::package::run(&root),
        ["release"] => release::run(&root),
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    done(result.map(|()| ExitCode::SUCCESS))
}

fn done(result: Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// The workspace: cargo names the folder of this crate in the environment.
fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map(Path::to_path_buf).unwrap_or(here)
}
