//! What a provider could say.

use tokenturn_tests::{CLIENT_SECRET, OAUTH_TOKEN, json_answer};

use crate::seen::{CODE, NEW, OLD, REFRESH};

/// Answers of every kind, each with canaries wherever a provider could put them.
pub(crate) fn answers() -> Vec<String> {
    let authorization = format!(
        r#"{{"token":"{NEW}","hashed_token":"0","scopes":null,"note":"n","app":{{"url":""}}}}"#
    );
    let strange = format!(r#"{{"token":"{NEW}","id":"{NEW}","scopes":"{OLD}"}}"#);
    let hidden = format!(r#"{{"tokens":["{NEW}"]}}"#);
    let login = format!(
        r#"{{"access_token":"{NEW}","refresh_token":"{REFRESH}","expires_in":5,"scope":""}}"#
    );
    let form = format!("access_token={NEW}&refresh_token={REFRESH}&scope=repo");
    let denied = format!(
        r#"{{"error":"{OLD}","error_description":"{CODE} and {CLIENT_SECRET} and {REFRESH}"}}"#
    );
    let device = format!(
        r#"{{"device_code":"{CODE}","user_code":"WDJB-MJHT","verification_uri":"v","expires_in":9}}"#
    );
    let key = format!(r#"{{"statusCode":200,"message":"m","data":"{NEW}"}}"#);
    let keys = format!(r#"{{"statusCode":200,"data":[{{"key":"{NEW}"}},{{"key":"{OLD}"}}]}}"#);
    let envelope = format!(r#"{{"statusCode":200,"message":"m","data":{{"token":"{NEW}"}}}}"#);
    let wrong =
        format!(r#"{{"statusCode":"{NEW}","data":{{"token":"{NEW}","user_id":["{NEW}"]}}}}"#);
    let echo = format!(
        r#"{{"message":"cannot use {OLD}, {CODE}, {REFRESH} or {OAUTH_TOKEN}","statusCode":401,"errors":["{OLD}"]}}"#
    );
    let cookie = format!("set-cookie: session={NEW}\r\nlocation: https://e.example/?t={OLD}\r\n");
    let mut answers = vec![
        String::new(),
        json_answer("200 OK", &cookie, &authorization),
        json_answer("200 OK", &cookie, &strange),
        json_answer("200 OK", &cookie, &hidden),
        json_answer("200 OK", &cookie, &envelope),
        json_answer("200 OK", &cookie, &login),
        json_answer("200 OK", &cookie, &login[..login.len() - 1]),
        json_answer("200 OK", &cookie, &form),
        json_answer("200 OK", &cookie, &device),
        json_answer("200 OK", &cookie, &key),
        json_answer("200 OK", &cookie, &keys),
        json_answer("200 OK", &cookie, &wrong),
        json_answer("200 OK", &cookie, &format!("<html>{NEW}</html>")),
        format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{{\"token\":\"{NEW}"),
        format!("{NEW}\r\n\r\n"),
    ];
    for status in [302, 400, 401, 402, 403, 404, 410, 422, 429, 500, 502] {
        answers.push(json_answer(&format!("{status} X"), &cookie, &echo));
        answers.push(json_answer(&format!("{status} X"), &cookie, NEW));
        answers.push(json_answer(&format!("{status} X"), &cookie, &denied));
    }
    answers
}
