//! What waits to be handed on, while the tokens are replaced, revoked or in doubt.

use std::fs::File;
use std::io::Read;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};
use tokenturn_sandbox::{Calls, Fault, Sandbox};
use tokenturn_tests::postgres::Cluster;

use crate::fleet::Stage;
use crate::support::login::Waiting;
use crate::support::*;

/// Gives every token up at once.
const REFUSES: [&str; 4] = ["--deliver", "exit 1", "--deliver-within", "0s"];
/// Keeps what it is given.
const TAKES: [&str; 2] = ["--deliver", r#"cat > "$TOKENTURN_ID.got""#];

impl Stage {
    /// What the application holds for each row is what the vault has, and it lives.
    #[track_caller]
    fn assert_taken(&self, count: usize) {
        let stored = self.stored();
        assert_eq!(stored.len(), count);
        for (id, token) in stored {
            assert!(self.sandbox.is_alive(&token), "{id}");
            assert_eq!(self.read(&format!("{id}.got")), token, "{id}");
        }
    }

    /// Replaces all tokens, and hands none on.
    #[track_caller]
    fn leave_all(&self, count: usize) {
        let output = run(
            self.command(&[&["rotate", "--all", "--json"][..], &REFUSES].concat()),
            "",
        );
        assert_eq!(output.status.code(), Some(9), "{}", both(&output));
        assert_eq!(json(&output)["undelivered"], count);
        let message = "tokenturn deliver hands them on (exit status: 1)";
        assert_eq!(json(&output)["message"], message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_has_left_is_not_handed_on_after_newer_tokens() {
    old_and_new(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_has_left_in_postgres_is_not_handed_on_after_newer_tokens() {
    if let Some(cluster) = Cluster::shared() {
        old_and_new(Some(cluster)).await;
    }
}

/// The rows wait with their old tokens while a run replaces them, and are refused once more by then.
async fn old_and_new(cluster: Option<&Cluster>) {
    let sandbox = Sandbox::start(0).await.unwrap();
    let url = sandbox.url();
    let stage = Stage::new(&url, sandbox, 10, cluster.map(Cluster::new_database));
    stage.leave_all(10);
    let later = r#"
        if mkdir "$TOKENTURN_ID.tried" 2>/dev/null; then exit 7; fi
        cat > "$TOKENTURN_ID.got"
    "#;
    let arguments = ["rotate", "--all", "--deliver", later];
    succeed(stage.command(&arguments), "");
    assert_eq!(stage.sandbox.replacement_count(), 20);
    stage.assert_taken(10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_of_what_would_be_handed_on() {
    let stage = Stage::with(3).await;
    stage.leave_all(3);
    let arguments = ["rotate", "--all", "--dry-run", "--older-than", "30d"];
    let told = "3 tokens of an earlier run still have to be handed on: run tokenturn deliver";
    assert_ends(&run(stage.command(&arguments), ""), 9, told);
    let text = succeed(stage.command(&[&arguments[..], &TAKES].concat()), "");
    let told = "3 tokens of an earlier run are handed on\nnothing was changed\n";
    assert!(text.ends_with(told), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_that_waits_is_counted_once() {
    let stage = Stage::with(2).await;
    stage.leave_all(2);
    stage.execute("UPDATE token SET sealed = x'00' WHERE id = 't0'");
    let arguments = [
        "rotate",
        "--all",
        "--id",
        "t0",
        "--json",
        "--deliver",
        "true",
    ];
    let output = run(stage.command(&arguments), "");
    assert_eq!(output.status.code(), Some(7), "{}", both(&output));
    let line = json(&output);
    assert_eq!(
        (&line["damaged"], &line["without_client"]),
        (&json!(1), &json!(0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_recover_replaces_is_handed_on_or_told_of() {
    let stage = Stage::with(0).await;
    let users = stage.sandbox.new_ohmygpt_users(2);
    let mut csv = "id,provider,oauth_token,token\n".to_owned();
    for (number, user) in users.iter().enumerate() {
        csv.push_str(&format!(
            "u{number},ohmygpt,{},{}\n",
            user.oauth_token, user.admin_token
        ));
    }
    let url = stage.sandbox.url();
    let import = ["vault", "import", "-", "--format", "csv", "--server", &url];
    succeed(stage.command(&import), &csv);

    leave_in_doubt(&stage).await;
    let output = run(stage.command(&["recover"]), "");
    let text = both(&output);
    assert_eq!(output.status.code(), Some(9), "{text}");
    assert!(text.starts_with("resolved               2"), "{text}");
    assert!(text.contains("not handed on          2"), "{text}");
    assert!(text.contains("next: run tokenturn deliver"), "{text}");
    let text = succeed(stage.command(&[&["deliver"][..], &TAKES].concat()), "");
    assert!(text.contains("handed on              2"), "{text}");
    stage.assert_taken(2);

    leave_in_doubt(&stage).await;
    let text = succeed(stage.command(&[&["recover"][..], &TAKES].concat()), "");
    assert!(text.contains("handed on              2"), "{text}");
    stage.assert_taken(2);
}

/// Replaces all tokens, which are to be handed on, and gets no answers.
async fn leave_in_doubt(stage: &Stage) {
    stage.sandbox.set_fault(Fault::AfterChange);
    // The run itself finds nothing out, however soon it asks.
    stage.sandbox.add_fault(Fault::Outage, Calls::Every);
    let arguments = ["rotate", "--all", "--new-run", "--leave-alone", "100ms"];
    let child = start(stage.command(&[&arguments[..], &TAKES].concat()), "");
    until(|| {
        let list = ["vault", "list", "--state", "unknown", "--json"];
        // As long as there is none, that is the exit code, and a line.
        let output = run(stage.command(&list), "");
        output.status.success() && both(&output).lines().count() == 2
    });
    signal("TERM", child.id());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", both(&output));
    stage.sandbox.set_fault(None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_revoked_waits_for_nobody() {
    let stage = Stage::with(2).await;
    stage.leave_all(2);
    let (_, token) = stage.stored().remove(0);
    let (url, id) = (stage.sandbox.url(), stage.sandbox.client_id());
    let secret = stage.sandbox.client_secret();
    let revoke = github("revoke", stage.folder.path(), &url, &id, &secret, &[]);
    succeed(revoke, &token);

    let rotate = [&["rotate", "--all", "--json"][..], &TAKES].concat();
    for told in ["invalid", "dead"] {
        let output = run(stage.command(&rotate), "");
        let summary = json(&output);
        // Its user has to authorize the app again. Everything else is done.
        assert_eq!(output.status.code(), Some(1), "{summary}");
        assert_eq!(summary[told], 1, "{summary}");
        assert_eq!(
            (&summary["replaced"], &summary["delivered"]),
            (&1.into(), &1.into())
        );
        assert_eq!(
            (&summary["not_attempted"], &summary["undelivered"]),
            (&0.into(), &0.into())
        );
    }
    succeed(stage.command(&[&["deliver"][..], &TAKES].concat()), "");
    let alive = [&rotate[..], &["--id", "t1"]].concat();
    succeed(stage.command(&alive), "");
    let (id, token) = stage.stored().remove(1);
    assert_eq!(stage.read(&format!("{id}.got")), token);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_hands_on_means_a_token() {
    let stage = Stage::with(2).await;
    stage.leave_all(2);
    let arguments = [&["rotate", "--all", "--older-than", "1d"][..], &TAKES].concat();
    let text = succeed(stage.command(&arguments), "");
    assert!(text.contains("handed on              2"), "{text}");
    assert!(!text.contains("no token fits"), "{text}");
    stage.assert_taken(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_application_refuses_holds_nothing_up() {
    let stage = Stage::with(4).await;
    let but_one = r#"
        if [ "$TOKENTURN_ID" = t1 ]; then echo "no place for $(cat)" >&2; exit 7; fi
        cat > "$TOKENTURN_ID.got"
    "#;
    let within = ["--deliver-within", "1s", "--report", "report.jsonl"];
    let arguments = [&["rotate", "--all", "--deliver", but_one][..], &within].concat();
    let output = run(stage.command(&arguments), "");
    let text = both(&output);
    assert_eq!(output.status.code(), Some(9), "{text}");
    let why = "exit status: 7: no place for [token]";
    assert!(
        text.contains(&format!("t1: not handed on: {why}\n")),
        "{text}"
    );
    assert!(text.contains("replaced               4"), "{text}");
    assert!(text.contains("handed on              3"), "{text}");
    stage.assert_no_secret(&text);
    let report = stage.report();
    let refused: Vec<&Value> = report
        .iter()
        .filter(|line| line["outcome"] == "not_delivered")
        .collect();
    assert_eq!(refused.len(), 1, "{report:?}");
    assert_eq!(
        (&refused[0]["id"], &refused[0]["reason"]),
        (&json!("t1"), &json!(why))
    );

    let text = succeed(stage.command(&[&["deliver"][..], &TAKES].concat()), "");
    assert!(text.contains("handed on              1"), "{text}");
    stage.assert_taken(4);
}

/// Also the processes that it has started, whether they want to or not.
#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_twice_it_ends_a_command_that_hangs() {
    let stage = Stage::with(1).await;
    let pipe = stage.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let hangs = "trap '' TERM INT; exec 3> pipe; (while :; do sleep 1; done) & \
                 while :; do sleep 1; done";
    let arguments = ["rotate", "--all", "--deliver", hangs];
    let mut program = Waiting::new(stage.command(&arguments));
    // It is opened when somebody has it open for writing, and at its end when nobody has.
    let mut file = File::open(pipe).unwrap();
    let ended = thread::spawn(move || file.read(&mut [0]).unwrap());
    for told in [
        "stopping: waiting for the answers",
        "ending what hands tokens on",
    ] {
        signal("INT", program.child.id());
        program.line(|line| line.starts_with(told));
    }
    let output = program.end();
    let text = both(&output);
    assert_eq!(output.status.code(), Some(9), "{text}");
    assert!(text.contains("not handed on          1"), "{text}");
    // The same command would replace it once more.
    assert!(text.contains("next: run tokenturn deliver"), "{text}");
    assert_eq!(ended.join().unwrap(), 0);

    // What has hung waits until nobody can be at it any more, or is taken over by the next run.
    succeed(stage.command(&[&["deliver"][..], &TAKES].concat()), "");
    stage.assert_taken(1);
}
