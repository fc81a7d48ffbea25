//! Makes the client of `gitlab.yaml`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tokenturn_codegen::build_script("gitlab.yaml")
}
