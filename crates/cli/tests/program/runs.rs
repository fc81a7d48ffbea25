//! `rotate --all` after runs that have not come to their end, or have nothing left.

use std::collections::HashSet;

use tokenturn_sandbox::Sandbox;
use tokenturn_tests::crash::{Gate, Point};
use tokenturn_tests::postgres::Cluster;

use crate::fleet::Stage;
use crate::support::login::Waiting;
use crate::support::*;

const GOES_ON: &str = "going on with a run";
/// In milliseconds.
const DAYS_35: i64 = 35 * 24 * 60 * 60 * 1000;

/// Vaults of so many tokens with the label "vip", as many without, and a run over `meant` that was
/// stopped when it had replaced its first token.
async fn interrupted(count: usize, cluster: Option<&Cluster>, meant: &[&str]) -> (Stage, Gate) {
    let sandbox = Sandbox::start(0).await.unwrap();
    let gate = Gate::start(&sandbox.url()).await;
    let (url, database) = (gate.url(), cluster.map(Cluster::new_database));
    let stage = Stage::new(&url, sandbox, count, database);
    let id = stage.sandbox.client_id();
    let import = ["vault", "import", "-", "--format", "csv", "--label", "vip"];
    let app = ["--server", &url, "--client-id", &id];
    let mut csv = "id,token\n".to_owned();
    for (number, token) in (0..).zip(stage.sandbox.new_github_tokens(count)) {
        csv.push_str(&format!("vip{number},{token}\n"));
    }
    succeed(stage.command(&[&import[..], &app].concat()), &csv);

    let call = gate.hold("PATCH", Point::Answer);
    let mut program = Waiting::new(stage.command(&[&["rotate", "--all"], meant].concat()));
    call.is_there().await;
    signal("INT", program.child.id());
    program.line(|line| line.starts_with("stopping: waiting for the answers"));
    call.release().await;
    let output = program.end();
    assert_eq!(output.status.code(), Some(4), "{}", both(&output));
    assert_eq!(stage.sandbox.replacement_count(), 1);
    (stage, gate)
}

impl Stage {
    /// Runs to its end. Says how many tokens were replaced, and what was said.
    #[track_caller]
    fn rotates(&self, more: &[&str]) -> (u64, String) {
        let output = run(
            self.command(&[&["rotate", "--all", "--json"], more].concat()),
            "",
        );
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        (json(&output)["replaced"].as_u64().unwrap(), both(&output))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_too_old_is_begun_anew() {
    is_begun_anew(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_in_postgres_that_is_too_old_is_begun_anew() {
    if let Some(cluster) = Cluster::shared() {
        is_begun_anew(Some(cluster)).await;
    }
}

async fn is_begun_anew(cluster: Option<&Cluster>) {
    let (stage, _gate) = interrupted(5, cluster, &[]).await;
    let tokens = || -> HashSet<_> { stage.stored().into_iter().collect() };
    let before = tokens();
    // By then it was over a month ago.
    stage.execute(&format!("UPDATE run SET began_at = began_at - {DAYS_35}"));
    stage.execute(&format!(
        "UPDATE token SET changed_at = changed_at - {DAYS_35}"
    ));

    // Whoever wants it so goes on with it.
    let plan = ["rotate", "--all", "--dry-run", "--resume-within", "36d"];
    let text = succeed(stage.command(&plan), "");
    assert!(text.contains("tokens    9"), "{text}");

    let (replaced, said) = stage.rotates(&[]);
    assert_eq!(replaced, 10, "{said}");
    let too_old =
        " had not come to its end: it is ended, and another one begun; --resume-within says";
    assert!(said.contains(too_old) && !said.contains(GOES_ON), "{said}");
    assert!(before.is_disjoint(&tokens()));
    let (replaced, said) = stage.rotates(&[]);
    assert_eq!(replaced, 10, "{said}");
    assert!(!said.contains(too_old) && !said.contains(GOES_ON), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_over_all_leaves_nothing_of_one_over_some() {
    let (stage, _gate) = interrupted(3, None, &["--label", "vip"]).await;
    let (replaced, _) = stage.rotates(&[]);
    assert_eq!(replaced, 6);
    // What had begun before has nothing left, so it is another one that does them all.
    let (replaced, said) = stage.rotates(&["--label", "vip"]);
    assert_eq!(replaced, 3, "{said}");
    assert!(!said.contains(GOES_ON), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_nothing_left_is_not_gone_on_with() {
    let (stage, _gate) = interrupted(1, None, &[]).await;
    let (done, _) = stage.done();
    for id in ["t0", "vip0"] {
        if id != done {
            succeed(stage.command(&["vault", "remove", id]), "");
        }
    }
    let (replaced, said) = stage.rotates(&[]);
    assert_eq!(replaced, 1, "{said}");
    assert!(!said.contains(GOES_ON), "{said}");
}

/// As if the provider had said no to it, or nothing that could be understood.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_ends_as_the_run_that_is_gone_on_with() {
    for (state, exit, line) in [
        (
            "active",
            3,
            "refused   1 of those, which --new-run tries again",
        ),
        (
            "unknown",
            5,
            "unknown   1 of those, which tokenturn recover finds out about",
        ),
    ] {
        let (stage, _gate) = interrupted(2, None, &[]).await;
        let (done, _) = stage.done();
        stage.execute(&format!(
            "UPDATE token SET state = '{state}', run = 1 WHERE id = \
             (SELECT id FROM token WHERE id <> '{done}' LIMIT 1)"
        ));
        let plan = run(stage.command(&["rotate", "--all", "--dry-run"]), "");
        assert_eq!(plan.status.code(), Some(exit), "{}", both(&plan));
        assert!(both(&plan).contains(line), "{}", both(&plan));
        let output = run(stage.command(&["rotate", "--all"]), "");
        assert_eq!(output.status.code(), Some(exit), "{}", both(&output));
    }
}

impl Stage {
    /// The row that was replaced.
    fn done(&self) -> (String, String) {
        let stored = self.stored().into_iter();
        let new = &self.sandbox.replacements()[0].new;
        let mut done = stored.filter(|(_, token)| token == new);
        done.next().unwrap()
    }
}
