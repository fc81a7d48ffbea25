//! How the API describes an authorization.

use std::sync::LazyLock;

use axum::http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::GitHub;
use super::answer::{Answer, no_such_token};
use crate::clock::seconds;

/// The authorization of a known token, with the values of the documented example, which stay the
/// same on a server.
pub(super) fn describe(github: &GitHub, token: &str) -> Result<Answer, Answer> {
    Ok((StatusCode::OK, with(github, token, "")?))
}

/// The same, as that of a token that is good for an installation only.
pub(super) fn describe_scoped(
    github: &GitHub,
    token: &str,
    installation: &Value,
) -> Result<Answer, Answer> {
    let more = format!(",\"installation\":{installation}");
    Ok((StatusCode::OK, with(github, token, &more)?))
}

/// It is written as text: to build a tree of values takes as long as all the rest of a call.
fn with(github: &GitHub, value: &str, more: &str) -> Result<String, Answer> {
    static USER: LazyLock<String> = LazyLock::new(|| account("octocat", 1).to_string());
    let token = github.tokens.get(value).ok_or_else(no_such_token)?;
    Ok(format!(
        r#"{{
"id":{id},"url":"https://api.github.com/authorizations/{id}","scopes":{scopes},
"token":"{value}","token_last_eight":"{last_eight}","hashed_token":"{hash}",
"app":{{
"url":"http://my-github-app.com","name":"my github app","client_id":"{client_id}"
}},
"note":null,"note_url":null,"updated_at":"{updated_at}","created_at":"{created_at}",
"fingerprint":null,"expires_at":{expires_at},"user":{user}{more}
}}"#,
        id = token.id,
        scopes = json!(token.scopes[..]),
        last_eight = &value[value.len() - 8..],
        hash = hex(&Sha256::digest(value.as_bytes())),
        client_id = github.client_id,
        updated_at = seconds(token.updated_at),
        created_at = seconds(token.created_at),
        expires_at = json!(token.expires_at.map(seconds)),
        user = *USER,
    ))
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.filter_map(|digit| char::from_digit(digit.into(), 16));
    digits.collect()
}

pub(super) fn account(login: &str, id: u64) -> Value {
    let url = format!("https://api.github.com/users/{login}");
    json!({
        "login": login,
        "id": id,
        "node_id": "MDQ6VXNlcjE=",
        "avatar_url": "https://github.com/images/error/octocat_happy.gif",
        "gravatar_id": "",
        "url": url,
        "html_url": format!("https://github.com/{login}"),
        "followers_url": format!("{url}/followers"),
        "following_url": format!("{url}/following{{/other_user}}"),
        "gists_url": format!("{url}/gists{{/gist_id}}"),
        "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{url}/subscriptions"),
        "organizations_url": format!("{url}/orgs"),
        "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events{{/privacy}}"),
        "received_events_url": format!("{url}/received_events"),
        "type": "User",
        "site_admin": false,
    })
}
