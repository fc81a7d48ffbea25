//! The front door for build scripts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::fold::{counted, rules};
use crate::{Paths, Report, Severity, Spec, generate, names};

/// What a build script generates from: the path of a spec, or a [`Spec`] that was read from one.
#[derive(Debug)]
pub struct Input(io::Result<Spec>);

impl<P: AsRef<Path>> From<P> for Input {
    fn from(path: P) -> Self {
        Self(Spec::read(path))
    }
}

impl From<Spec> for Input {
    fn from(spec: Spec) -> Self {
        Self(Ok(spec))
    }
}

/// Generates from a spec what a crate includes: the `main` of a build script.
///
/// For `keys.yaml`, it writes into cargo's `OUT_DIR`:
///
/// - `keys.rs`, the client, to be included in a module `keys`;
/// - `keys_mocks.rs`, its mocks, to be included in a module `keys_mocks` beside it;
/// - `keys_round_trip.rs`, tests, to be included in any module beside them.
///
/// The client needs `tokenturn-client` as a dependency; mocks and tests need `tokenturn-httpmock`,
/// and `tokio` with the features `macros` and `rt`, as dev-dependencies. The build script runs again
/// when the spec has changed.
///
/// A spec that cannot be handled fails the build, with a report of what is wrong, and where. What is
/// handled in another way than the spec says becomes a warning of cargo, one for each rule. Every error and
/// every warning stands in `keys_report.txt` beside the rest, whether the build fails or not.
///
/// ```no_run
/// // build.rs
/// fn main() -> std::process::ExitCode {
///     tokenturn_codegen::build_script("keys.yaml")
/// }
/// ```
///
/// A [`Spec`] tells more of what is wanted:
///
/// ```no_run
/// // build.rs
/// use tokenturn_codegen::{Select, Spec, build_script};
///
/// fn main() -> std::io::Result<std::process::ExitCode> {
///     let spec = Spec::read("keys.yaml")?;
///     Ok(build_script(spec.select(Select::new().tags(["keys"])).lenient()))
/// }
/// ```
///
/// ```text
/// // src/lib.rs
/// pub mod keys {
///     include!(concat!(env!("OUT_DIR"), "/keys.rs"));
/// }
/// ```
pub fn build_script(spec: impl Into<Input>) -> ExitCode {
    let result = spec.into().0.map_err(|error| format!("error: {error}"));
    match result.and_then(|spec| run(&spec)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(spec: &Spec) -> Result<(), String> {
    let path = Path::new(spec.name());
    for file in spec.files() {
        println!("cargo::rerun-if-changed={file}");
    }
    let folder =
        std::env::var_os("OUT_DIR").ok_or("error: cargo sets OUT_DIR for build scripts")?;
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let module = names::snake(stem.unwrap_or_default());
    let paths = Paths::new(format!("super::{module}"));
    let file = |ending: &str| PathBuf::from(&folder).join(format!("{module}{ending}"));
    let write = |ending: &str, text: &str| {
        let file = file(ending);
        fs::write(&file, text)
            .map_err(|error| format!("error: cannot write {}: {error}", file.display()))
    };
    let result = generate(spec, &paths);
    let report = result
        .as_ref()
        .map_or_else(|report| report, |generated| &generated.report);
    write("_report.txt", &lines(report))?;
    let whole = file("_report.txt");
    let generated =
        result.map_err(|report| format!("{report}each of them stands in {}", whole.display()))?;
    warn(&generated.report, &whole);
    write(".rs", &generated.client)?;
    write("_mocks.rs", &generated.mocks)?;
    write("_round_trip.rs", &generated.round_trip)
}

/// A warning of cargo for each rule.
fn warn(report: &Report, whole: &Path) {
    for (_, code, count) in rules(report.findings()) {
        let mut findings = report.findings().iter();
        let Some(first) = findings.find(|finding| finding.code() == code) else {
            continue;
        };
        let (name, line, column) = (first.file(), first.line(), first.column());
        let message = first.message();
        let more = match count - 1 {
            0 => String::new(),
            more => format!(
                " (`{code}`, and {} more in {})",
                counted(Severity::Warning, more),
                whole.display()
            ),
        };
        println!("cargo::warning={name}:{line}:{column}: {message}{more}");
    }
}

/// Every finding on a line of its own.
fn lines(report: &Report) -> String {
    let lines = report.findings().iter().map(|finding| {
        let (line, column) = (finding.line(), finding.column());
        let (code, message) = (finding.code(), finding.message());
        format!("{}:{line}:{column}: {code}: {message}\n", finding.file())
    });
    lines.collect()
}
