//! The bytes of every call beside the first two.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokenturn::github::Scoping;
use tokenturn::ohmygpt::{ApiKeyUpdate, NewApiKey};
use tokenturn::{AuthorizationCode, GitHub, Secret};
use tokenturn_tests::{
    CLIENT_ID, CLIENT_SECRET, OAUTH_TOKEN, OLD_TOKEN, RawServer, github, json_answer, oauth_token,
    ohmygpt, old_token,
};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// What a call has to send, beside the headers that all calls have.
struct Wanted<'a> {
    line: &'a str,
    accept: &'a str,
    authorization: Option<&'a str>,
    content_type: &'a str,
    body: &'a str,
}

/// Makes a call at a server and looks at the bytes.
async fn assert_sent(wanted: Wanted<'_>, call: impl AsyncFnOnce(String)) {
    let answer = json_answer("400 Bad Request", "", "{}");
    let server = RawServer::start([answer]).await;
    call(server.url()).await;
    let request = server.only_request();
    assert_eq!(request.line, format!("{} HTTP/1.1", wanted.line));
    assert_eq!(String::from_utf8_lossy(&request.body), wanted.body);
    let (host, length) = (server.host(), wanted.body.len().to_string());
    let mut headers: BTreeMap<&str, &str> = [
        ("accept", wanted.accept),
        ("accept-encoding", "identity"),
        ("content-length", &length),
        ("content-type", wanted.content_type),
        ("host", &host),
        ("user-agent", "tokenturn/0.1.0"),
    ]
    .into();
    if let Some(authorization) = wanted.authorization {
        headers.insert("authorization", authorization);
    }
    if wanted.accept != JSON {
        headers.insert("x-github-api-version", "2022-11-28");
    }
    assert_eq!(request.headers(), headers, "{}", wanted.line);
}

/// A call of GitHub's REST API.
async fn assert_rest(line: &str, is_basic: bool, body: &str, call: impl AsyncFnOnce(GitHub)) {
    let pair = STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    let basic = format!("Basic {pair}");
    let wanted = Wanted {
        line,
        accept: "application/vnd.github+json",
        authorization: is_basic.then_some(&*basic),
        content_type: JSON,
        body,
    };
    assert_sent(wanted, async |url| call(github(&url)).await).await;
}

/// A form without credentials in its head.
async fn assert_form(line: &str, body: &str, call: impl AsyncFnOnce(String)) {
    let wanted = Wanted {
        line,
        accept: JSON,
        authorization: None,
        content_type: FORM,
        body,
    };
    assert_sent(wanted, call).await;
}

/// A call with a Bearer token at OhMyGPT.
async fn assert_bearer(line: &str, body: &str, call: impl AsyncFnOnce(String)) {
    let bearer = format!("Bearer {OAUTH_TOKEN}");
    let wanted = Wanted {
        line,
        accept: JSON,
        authorization: Some(&bearer),
        content_type: FORM,
        body,
    };
    assert_sent(wanted, call).await;
}

#[tokio::test]
async fn the_rest_api() {
    let token = format!("/applications/{CLIENT_ID}/token");
    let body = format!(r#"{{"access_token":"{OLD_TOKEN}"}}"#);
    assert_rest(&format!("DELETE {token}"), true, &body, async |github| {
        let _ = github.delete_token(&old_token()).await;
    })
    .await;
    let grant = format!("DELETE /applications/{CLIENT_ID}/grant");
    assert_rest(&grant, true, &body, async |github| {
        let _ = github.delete_authorization(&old_token()).await;
    })
    .await;

    let scoped = format!("POST {token}/scoped");
    for (scoping, more) in [
        (Scoping::new("octocat"), r#","target":"octocat""#),
        (Scoping::new(1), r#","target_id":1"#),
        (
            Scoping::new(1).repositories(["a", "b"]),
            r#","target_id":1,"repositories":["a","b"]"#,
        ),
        (
            Scoping::new("octocat")
                .repositories(["a"])
                .repository_ids([7])
                .permission("contents", "read"),
            r#","target":"octocat","repository_ids":[7],"permissions":{"contents":"read"}"#,
        ),
    ] {
        let body = format!(r#"{{"access_token":"{OLD_TOKEN}"{more}}}"#);
        assert_rest(&scoped, true, &body, async |github| {
            let _ = github.scope_token(&old_token(), scoping).await;
        })
        .await;
    }

    let body = format!(r#"{{"credentials":["{OLD_TOKEN}","ghp_a"]}}"#);
    assert_rest("POST /credentials/revoke", false, &body, async |github| {
        let credentials = [old_token(), "ghp_a".into()];
        let _ = github.revoke_credentials(credentials).await;
    })
    .await;
}

#[tokio::test]
async fn the_login_host() {
    let line = "POST /login/oauth/access_token";
    let mut code = AuthorizationCode::new("a b&c");
    let body = format!("client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&code=a+b%26c");
    let bare = code.clone();
    assert_form(line, &body, async |url| {
        let _ = github(&url).exchange_code(bare).await;
    })
    .await;
    code.code_verifier = Some("v".into());
    code.redirect_uri = Some("https://app.example/cb".into());
    let body = format!("{body}&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&code_verifier=v");
    assert_form(line, &body, async |url| {
        let _ = github(&url).exchange_code(code).await;
    })
    .await;

    let body = format!(
        "client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&grant_type=refresh_token\
         &refresh_token=ghr_a"
    );
    assert_form(line, &body, async |url| {
        let _ = github(&url).refresh_token(&Secret::new("ghr_a")).await;
    })
    .await;
    let body = format!("client_id={CLIENT_ID}&grant_type=refresh_token&refresh_token=ghr_a");
    assert_form(line, &body, async |url| {
        let public = GitHub::public_client(CLIENT_ID)
            .base_url(url)
            .build()
            .unwrap();
        let _ = public.refresh_token(&Secret::new("ghr_a")).await;
    })
    .await;

    let line = "POST /login/device/code";
    let body = format!("client_id={CLIENT_ID}&scope=repo+gist");
    assert_form(line, &body, async |url| {
        let _ = github(&url).device_code(["repo", "gist"]).await;
    })
    .await;
    let body = format!("client_id={CLIENT_ID}");
    assert_form(line, &body, async |url| {
        let _ = github(&url).device_code(Vec::<String>::new()).await;
    })
    .await;
}

#[tokio::test]
async fn a_poll_of_the_device_flow() {
    let codes = r#"{"device_code":"d1","user_code":"A-B","verification_uri":"v","expires_in":9,"interval":1e-3}"#;
    let server = RawServer::start([
        json_answer("200 OK", "", codes),
        json_answer("200 OK", "", r#"{"access_token":"gho_a"}"#),
    ])
    .await;
    let github = github(&server.url());
    let device = github.device_code(["repo"]).await.unwrap();
    let _ = github.wait_for_device(device).await.unwrap();
    let poll = server.requests().pop().unwrap();
    assert_eq!(poll.line, "POST /login/oauth/access_token HTTP/1.1");
    assert_eq!(poll.headers()["accept"], JSON);
    let grant_type = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
    assert_eq!(
        String::from_utf8(poll.body).unwrap(),
        format!("client_id={CLIENT_ID}&device_code=d1&grant_type={grant_type}")
    );
}

#[tokio::test]
async fn ohmygpts_oauth_api() {
    let line = "POST /api/v1/user/oauth/issue-token";
    let body = format!("client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&code=c");
    assert_form(line, &body, async |url| {
        let _ = ohmygpt(&url).issue_token(AuthorizationCode::new("c")).await;
    })
    .await;
    let line = "POST /api/v1/user/oauth/app/query-user-basic-info";
    assert_bearer(line, "", async |url| {
        let _ = ohmygpt(&url).user_basic_info(&oauth_token()).await;
    })
    .await;
}

#[tokio::test]
async fn ohmygpts_keys() {
    let path = "POST /api/v1/user/admin";
    let key = NewApiKey {
        remark: Some("key 01".into()),
        expired_at: "2024-08-17T08:44:47.886Z".parse().unwrap(),
        max_fee: 3_500_000.into(),
        permissions: vec!["gpt-3.5-turbo".into(), "gpt-4".into()],
    };
    let new = "remark=key+01&expired_at=2024-08-17T08%3A44%3A47.886Z&max_fee=3500000\
               &permissions=%5B%22gpt-3.5-turbo%22%2C%22gpt-4%22%5D";
    let update = ApiKeyUpdate {
        remark: "keyu02".into(),
        expired_at: "2024-12-31T15:59:59Z".parse().unwrap(),
        max_fee: "0.50".parse().unwrap(),
        permissions: vec![],
        is_disabled: false,
    };
    let (admin, old) = (oauth_token(), old_token());
    assert_bearer(&format!("{path}/new-api-token"), new, async |url| {
        let _ = ohmygpt(&url).create_api_key(&admin, &key).await;
    })
    .await;
    let body = format!("key={OLD_TOKEN}");
    assert_bearer(&format!("{path}/del-api-token"), &body, async |url| {
        let _ = ohmygpt(&url).delete_api_key(&admin, &old).await;
    })
    .await;
    let body = format!(
        "key={OLD_TOKEN}&remark=keyu02&expired_at=2024-12-31T15%3A59%3A59Z&max_fee=0.50\
         &permissions=%5B%5D&is_disabled=false"
    );
    assert_bearer(&format!("{path}/update-api-token"), &body, async |url| {
        let _ = ohmygpt(&url).update_api_key(&admin, &old, &update).await;
    })
    .await;
    assert_bearer(&format!("{path}/get-api-tokens"), "", async |url| {
        let _ = ohmygpt(&url).api_keys(&admin).await;
    })
    .await;
    assert_bearer(&format!("{path}/balance"), "", async |url| {
        let _ = ohmygpt(&url).balance(&admin).await;
    })
    .await;
}
