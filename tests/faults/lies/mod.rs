//! Every lie in `lies.txt`, told to every call: whatever is said, no living token is overwritten,
//! none is called dead, and none that came is dropped.

mod call;
mod row;
mod said;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tokenturn::sink::MemorySink;
use tokenturn::{Recovery, Secret};
use tokenturn_tests::{RawRequest, RawServer, Reply, github, json_answer};

use crate::clock;
use call::{Call, Outcome};
use row::{Made, Row};
use said::{NEW, OLD, Said};

#[tokio::test]
async fn no_lie_costs_a_token() {
    let _alone = crate::ALONE.lock().await;
    let _clock = clock::stop();
    let (mut problems, mut cases) = (Vec::new(), 0);
    println!("{}", row::head());
    for row in row::rows() {
        let mut cells = Vec::new();
        let mut found = Vec::new();
        for (calls, wanted) in Call::COLUMNS.into_iter().zip(&row.outcomes) {
            let mut words = Vec::new();
            for call in calls.iter().filter(|_| *wanted != "-") {
                cases += 1;
                let (outcome, problems) = tell(&row, *call).await;
                found.extend(problems.into_iter().map(|what| format!("{call:?}: {what}")));
                if !words.contains(&outcome.words) {
                    words.push(outcome.words);
                }
            }
            let words = if words.is_empty() {
                "-".into()
            } else {
                words.join(", ")
            };
            if words != *wanted {
                found.push(format!("{calls:?}: wanted {wanted:?}"));
            }
            cells.push(words);
        }
        println!("{}", row.line(&cells));
        for problem in found {
            println!("    {problem}");
            problems.push(format!("{}: {problem}", row.lie));
        }
    }
    println!("{cases} lies, {} problems", problems.len());
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(cases > 500, "only {cases} lies");
    println!("no living token overwritten, none called dead, none dropped");
}

/// Makes one call to a server that lies, and tells what is wrong with what comes of it.
async fn tell(row: &Row, call: Call) -> (Outcome, Vec<&'static str>) {
    let said = said::said(row.said, call);
    let (bytes, sink) = (said.bytes.clone(), MemorySink::new());
    let is_true = Arc::new(AtomicBool::new(false));
    let (tells_the_truth, made) = (Arc::clone(&is_true), row.made);
    let server =
        RawServer::start_with(
            move |request| match tells_the_truth.load(Ordering::SeqCst) {
                true => Reply::from(truth(request, made)),
                false if request.line.starts_with("POST /login/device/code ") => {
                    device_code().into()
                }
                false => Reply::from(bytes.clone()),
            },
        )
        .await;
    let outcome = clock::passes(call.make(&server.url(), sink.clone())).await;

    let mut problems = Vec::new();
    if call.brings_token() && call != Call::Poll && server.requests().len() != 1 {
        problems.push("not sent once");
    }
    let was_issued = |token: &Secret| row.made == Made::Yes && call.issues(token);
    let saved = sink.saved();
    let refresh_tokens = saved.iter().filter_map(|new| new.refresh_token.as_ref());
    if !sink.tokens().iter().chain(refresh_tokens).all(was_issued) {
        problems.push("overwritten by what the provider has not issued");
    }
    if outcome.calls_dead() && !call.is_dead(row.made) {
        problems.push("called dead while it lives");
    }
    if outcome.calls_alive() && call.is_dead(row.made) {
        problems.push("called alive while it is dead");
    }
    let came = call.brings_token() && row.made == Made::Yes && said.has_new;
    if came && !is_in_hand(&outcome, &sink, call, &said) {
        problems.push("dropped");
    }
    if call == Call::Reset && outcome.unknown.is_some() {
        is_true.store(true, Ordering::SeqCst);
        problems.extend(recovers(&server.url(), row, &outcome).await);
    }
    (outcome, problems)
}

/// Whether the caller has the new token, or the bytes that it is in.
fn is_in_hand(outcome: &Outcome, sink: &MemorySink, call: Call, said: &Said) -> bool {
    if sink.tokens().iter().any(|token| call.issues(token)) {
        return true;
    }
    let Some((body, candidates)) = &outcome.unknown else {
        return false;
    };
    match said::holds(body, call.new_token()) {
        true if call.is_at_github() => candidates.tokens().iter().any(|token| call.issues(token)),
        // OhMyGPT is asked for another token instead.
        true => true,
        false => *body == said.payload,
    }
}

/// Whether the truth comes to light when the provider is asked.
async fn recovers(url: &str, row: &Row, outcome: &Outcome) -> Option<&'static str> {
    let (body, candidates) = outcome.unknown.as_ref().expect("an unknown outcome");
    let recovery = github(url).recover_with(&OLD.into(), candidates).await;
    let is_right = match recovery {
        Ok(Recovery::Rotated(new)) => row.made == Made::Yes && new.token.expose() == NEW,
        Ok(Recovery::NotReplaced) => row.made == Made::No,
        Ok(Recovery::Lost { .. }) => row.made != Made::No && !said::holds(body, NEW),
        _ => false,
    };
    (!is_right).then_some("recover_with does not find out")
}

/// What GitHub in good order says about a token.
fn truth(request: &RawRequest, made: Made) -> String {
    let is_about = |token: &str| said::holds(&request.body, token);
    let living = match made {
        Made::No => OLD,
        Made::Yes | Made::Dead => NEW,
    };
    if is_about(living) {
        return json_answer("200 OK", "", &said::authorization(living, 1));
    }
    let url = "https://docs.github.com/rest/apps/oauth-applications#check-a-token";
    let body = json!({ "message": "Not Found", "documentation_url": url, "status": "404" });
    json_answer("404 Not Found", "", &body.to_string())
}

/// A code that is polled for once.
fn device_code() -> String {
    let body = json!({
        "device_code": said::CODE, "user_code": "u", "verification_uri": "v",
        "expires_in": 1, "interval": 1,
    });
    json_answer("200 OK", "", &body.to_string())
}
