//! What a peer has printed, in the words of a table.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::answers::{FIRST, NEW};

/// The words for one call, which the server has got so often.
pub(super) fn cell(printed: &str, call: &str, calls: usize) -> Result<String> {
    let lines = printed.lines().rev();
    let mut values = lines.flat_map(serde_json::from_str::<Value>);
    let value = values.next().context("nothing that can be read")?;
    let mut words = match value["none"].as_str() {
        Some("error") => match value["held"].as_str() {
            Some(held) if held.contains(NEW) => "error, with the token".to_owned(),
            Some(_) => "error, with the answer".to_owned(),
            None => "error".to_owned(),
        },
        // What was taken for the provider's words.
        Some(none) if none.contains('<') => "refused, with the page".to_owned(),
        Some(none) => none.to_owned(),
        None => token(&value, call)?,
    };
    match calls {
        1 => {}
        0 => bail!("nothing was sent"),
        calls => words += &format!("; sent {calls} times"),
    }
    Ok(words)
}

fn token(value: &Value, call: &str) -> Result<String> {
    let token = match value["token"].as_str() {
        Some(NEW) => "token",
        Some(FIRST) => "the first token",
        Some(_) => bail!("another token"),
        None => return Ok("success without a token".to_owned()),
    };
    let more = match (call, &value["scopes"]) {
        ("exchange", _) => lifetime(&value["seconds"]),
        (_, Value::Array(scopes)) => {
            let scopes: Vec<_> = scopes.iter().map(|scope| format!("`{scope}`")).collect();
            match scopes.len() {
                0 => "no scopes".to_owned(),
                _ => scopes.join(", "),
            }
        }
        // JavaScript has no types that would say otherwise.
        (_, Value::String(scopes)) => format!("the text `\"{scopes}\"`"),
        _ => "scopes unknown".to_owned(),
    };
    Ok(format!("{token}; {more}"))
}

/// To the hour: some seconds are between an answer and its reader.
fn lifetime(seconds: &Value) -> String {
    match seconds.as_f64() {
        None => "no end".to_owned(),
        Some(seconds) if seconds < 1.0 => "ends at once".to_owned(),
        Some(seconds) => format!("{} h", (seconds / 3600.0).round()),
    }
}
