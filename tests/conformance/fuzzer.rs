//! The sandbox under schemathesis, which makes right and wrong requests out of our specs.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tokenturn_sandbox::Sandbox;

use crate::program::Program;
use crate::{folder, values};

/// How long one run may take.
const LIMIT: Duration = Duration::from_secs(120);

/// What is watched. Of the other checks, one expects a 405, where GitHub answers with 404, and one
/// takes a 422 for a scoped token without a target amiss, which the spec can only say in words.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,ignored_auth";

/// A run: the spec, more to watch, and which operations. Pages for people are left out.
type Run = (&'static str, &'static str, &'static [&'static str]);

const RUNS: [Run; 4] = [
    // The deletion of the authorization kills the tokens that the other calls need.
    (
        "github",
        ",negative_data_rejection",
        &["--exclude-operation-id=delete_authorization"],
    ),
    (
        "github",
        ",negative_data_rejection",
        &["--include-operation-id=delete_authorization"],
    ),
    // Here, and often at OhMyGPT, a refusal has the status 200.
    (
        "github-login",
        "",
        &[
            "--exclude-operation-id=authorize",
            "--header=accept:application/json",
        ],
    ),
    ("ohmygpt", "", &["--exclude-operation-id=authorize"]),
];

#[tokio::test]
async fn sandbox_holds_up() {
    let folder = folder();
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
    for (number, (spec, more, operations)) in (1..).zip(RUNS) {
        let sandbox = Sandbox::start(0).await.unwrap();
        let configuration = folder.join(format!("schemathesis-{number}.toml"));
        std::fs::write(&configuration, values::configuration(&sandbox).await).unwrap();
        let before = sandbox.requests().len();

        let mut command = Command::new(folder.join("python/bin/schemathesis"));
        command
            .current_dir(&folder)
            .arg("--config-file")
            .arg(configuration)
            .arg("run")
            .arg(specs.join(format!("{spec}.yaml")))
            .args(["--url", &sandbox.url()])
            .args(["--checks", &format!("{CHECKS}{more}")])
            .args(["--generation-deterministic", "--max-examples=100"])
            .args([
                "--phases=examples,coverage,fuzzing",
                "--continue-on-failure",
            ])
            .args(["--warnings=off", "--no-color"])
            .args(operations);
        let log = folder.join(format!("logs/schemathesis-{number}.log"));
        let mut program = Program::start(command, log);
        let status = program.end(LIMIT).await;
        assert!(status.success(), "{}", program.printed());
        println!("fuzzed {spec} {}", sandbox.requests().len() - before);
    }
}
