//! What came of one call, and whether that is right by the provider's log.

use serde_json::Value;
use tokenturn_client::decoded;

use crate::call::{Call, Is, Outcome, Prepared, Provider};
use crate::message::Answer;
use crate::origin::Seen;
use crate::tap::{Came, Tap};

/// In the words of the page.
#[derive(Clone, PartialEq)]
pub(crate) struct Cell {
    pub(crate) call: Call,
    /// What the provider saw.
    pub(crate) seen: String,
    /// What came back.
    pub(crate) came: String,
    /// What tokenturn made of it.
    pub(crate) outcome: String,
}

impl Cell {
    pub(crate) fn new(call: Call, seen: &Seen, tap: &Tap, outcome: &Outcome) -> Self {
        // The device flow polls once more before its code ends.
        let polls = match call {
            Call::Poll => tap.requests().max(1),
            _ => 1,
        };
        let times = match seen.times.div_ceil(polls) {
            times if seen.answers.iter().any(|answer| answer.status < 300) => {
                format!("{times}, changed")
            }
            times => times.to_string(),
        };
        Self {
            call,
            seen: times,
            came: came(seen, tap),
            outcome: outcome.words.clone(),
        }
    }
}

/// What is wrong with an outcome, if anything is.
pub(crate) async fn wrong(
    provider: &Provider,
    prepared: &Prepared,
    (seen, tap, outcome): (&Seen, &Tap, &Outcome),
) -> Option<String> {
    let new: Vec<String> = seen.answers.iter().flat_map(tokens).collect();
    let sandbox = &provider.sandbox;
    let is_alive = |token: &[u8]| sandbox.is_alive(&String::from_utf8_lossy(token));
    let old_lives = prepared.old.as_ref().map(|old| sandbox.is_alive(old));
    let sent = tap.requests();
    if sent > 1 && prepared.call != Call::Poll {
        return Some(format!("we sent it {sent} times"));
    }
    match outcome.is {
        Is::Done if seen.answers.is_empty() => return Some("the provider never said so".into()),
        Is::Done if !outcome.held.first().is_none_or(|token| is_alive(token)) => {
            return Some("the new token is dead".into());
        }
        Is::Done if outcome.held.is_empty() && old_lives != Some(false) => {
            return Some("the token is alive".into());
        }
        // The one lie that nobody can see: no answer of OhMyGPT's shows that a token arrived.
        Is::Dead if prepared.call == Call::Rotate && seen.was_bare => {}
        Is::Dead if old_lives == Some(true) => return Some("the token is alive".into()),
        Is::Refused if old_lives == Some(false) => return Some("the old token is dead".into()),
        Is::NotSent if seen.times > 0 => return Some("it was sent".into()),
        _ => {}
    }
    let body = match tap.came() {
        Came::Answer(answer) => plain(&answer),
        _ => Vec::new(),
    };
    let holds = |bytes: &[u8], token: &String| {
        bytes
            .windows(token.len())
            .any(|window| window == token.as_bytes())
    };
    let mut arrived = new.iter().filter(|token| holds(&body, token));
    if let Some(token) = arrived.find(|token| !outcome.held.iter().any(|held| holds(held, token))) {
        return Some(format!(
            "a token that arrived was dropped: {}...",
            &token[..4]
        ));
    }
    if outcome.is == Is::Unknown {
        match provider.recover(prepared, &outcome.candidates).await {
            Some(Ok(token)) if !sandbox.is_alive(token.expose()) => {
                return Some("recovery found a dead token".into());
            }
            Some(Err(is_dead)) if old_lives == Some(is_dead) => {
                return Some("recovery is wrong about the old token".into());
            }
            _ => {}
        }
    }
    None
}

/// The tokens in an answer of the provider's.
pub(crate) fn tokens(answer: &Answer) -> Vec<String> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let places = ["/token", "/access_token", "/refresh_token", "/data/token"];
    let tokens = places
        .iter()
        .filter_map(|place| body.pointer(place)?.as_str());
    tokens.map(str::to_owned).collect()
}

fn came(seen: &Seen, tap: &Tap) -> String {
    let answer = match tap.came() {
        Came::Answer(answer) => answer,
        Came::PartOfHeaders => return "a part of the headers".into(),
        Came::Close => return "closed".into(),
        Came::Nothing => return "nothing".into(),
    };
    let body = plain(&answer);
    let mark = "x-github-request-id";
    let is_it = |real: &&Answer| real.body == body && real.status == answer.status;
    // Empty ones are the same when a gateway has made the call twice.
    let real = seen.answers.iter().filter(is_it);
    let real = real.max_by_key(|real| real.header(mark) == answer.header(mark));
    let is_page = String::from_utf8_lossy(&body).contains("from the provider");
    let begun = seen.answers.iter().any(|real| real.body.starts_with(&body));
    let mut words = match real {
        Some(_) => vec!["its answer".to_owned()],
        None => vec![answer.status.to_string()],
    };
    words.extend(answer.hints.iter().map(|status| format!("after {status}")));
    let coding = answer.header("content-encoding");
    words.extend(coding.map(|coding| format!("in {coding}")));
    match real {
        Some(real) => {
            if real.header(mark) != answer.header(mark) {
                words.push("without the request ID".into());
            }
            if !answer.is_whole {
                words.push("cut off".into());
            }
        }
        None if is_page => {
            words.push("the provider's page".into());
            if answer.status == 503 && answer.header("retry-after").is_none() {
                words.push("without its `Retry-After`".into());
            }
        }
        None if begun && answer.status < 300 => words.push("cut off".into()),
        None => {
            let kind = answer.header("content-type").unwrap_or("no type");
            let kind = kind.split(';').next().unwrap_or_default();
            words.push(format!(
                "its own page ({})",
                if body.is_empty() { "empty" } else { kind }
            ));
            let after = answer.header("retry-after");
            words.extend(after.map(|after| format!("`Retry-After: {after}`")));
        }
    }
    if answer.header("age").is_some_and(|age| age != "0") {
        words.push("with an `Age` above 0".into());
    }
    words.join(", ")
}

/// The body without its coding.
fn plain(answer: &Answer) -> Vec<u8> {
    match answer.header("content-encoding") {
        Some(_) => decoded(&answer.body).to_vec(),
        None => answer.body.clone(),
    }
}

/// What became of the headers of an answer that came through.
pub(crate) fn headers(seen: &Seen, tap: &Tap) -> String {
    let (Some(real), Came::Answer(answer)) = (seen.answers.first(), tap.came()) else {
        return "no answer came through".into();
    };
    // Which of the two says where the body ends is up to how much of it is there in time.
    let is_frame = |name: &str| ["content-length", "transfer-encoding"].contains(&name);
    let names = |headers: &[(String, String)]| {
        let names = headers.iter().map(|(name, _)| name);
        let mut names: Vec<_> = names.filter(|name| !is_frame(name)).cloned().collect();
        names.sort();
        names.dedup();
        names
    };
    let (before, after) = (names(&real.headers), names(&answer.headers));
    let list = |what: &str, names: Vec<String>| {
        (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
    };
    let quoted = |name: &String| format!("`{name}`");
    let added = after
        .iter()
        .filter(|name| !before.contains(name))
        .map(quoted)
        .collect();
    let removed = before
        .iter()
        .filter(|name| !after.contains(name))
        .map(quoted)
        .collect();
    let changed = before
        .iter()
        .filter(|name| after.contains(name) && real.header(name) != answer.header(name));
    let changed = changed.map(quoted).collect();
    let said = [
        list("adds", added),
        list("removes", removed),
        list("changes", changed),
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    match said.is_empty() {
        true => "leaves the headers as they are".into(),
        false => said.join("; "),
    }
}
