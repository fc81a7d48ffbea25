//! The front door for build scripts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::{Paths, Spec, generate, names};

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
/// handled in another way than the spec says becomes a warning of cargo.
///
/// ```no_run
/// // build.rs
/// fn main() -> std::process::ExitCode {
///     tokenturn_codegen::build_script("keys.yaml")
/// }
/// ```
///
/// ```text
/// // src/lib.rs
/// pub mod keys {
///     include!(concat!(env!("OUT_DIR"), "/keys.rs"));
/// }
/// ```
pub fn build_script(spec: impl AsRef<Path>) -> ExitCode {
    let spec = spec.as_ref();
    println!("cargo::rerun-if-changed={}", spec.display());
    match run(spec) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(path: &Path) -> Result<(), String> {
    let folder =
        std::env::var_os("OUT_DIR").ok_or("error: cargo sets OUT_DIR for build scripts")?;
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let module = names::snake(stem.unwrap_or_default());
    let text = |error| format!("error: cannot read {}: {error}", path.display());
    let spec = Spec::read(path).map_err(text)?;
    let paths = Paths::new(format!("super::{module}"));
    let generated = generate(&spec, &paths).map_err(|report| report.to_string())?;
    for finding in generated.report.findings() {
        let (file, line, column) = (finding.file(), finding.line(), finding.column());
        println!(
            "cargo::warning={file}:{line}:{column}: {}",
            finding.message()
        );
    }
    for (ending, source) in [
        ("", generated.client),
        ("_mocks", generated.mocks),
        ("_round_trip", generated.round_trip),
    ] {
        let file = PathBuf::from(&folder).join(format!("{module}{ending}.rs"));
        let text = |error| format!("error: cannot write {}: {error}", file.display());
        fs::write(&file, source).map_err(text)?;
    }
    Ok(())
}
