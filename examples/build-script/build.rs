//! Makes the client.

fn main() -> std::process::ExitCode {
    tokenturn_codegen::build_script("keys.yaml")
}
