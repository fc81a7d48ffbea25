//! Credentials and values that a sandbox knows, so that not every fuzzed call is refused.

use std::fmt::Write;

use tokenturn::ohmygpt::NewApiKey;
use tokenturn::{OhMyGpt, Secret};
use tokenturn_sandbox::Sandbox;

/// How many values of each kind are there to be used up.
const COUNT: usize = 200;

/// A configuration of schemathesis.
pub async fn configuration(sandbox: &Sandbox) -> String {
    let oauth_token = sandbox.new_ohmygpt_user().oauth_token;
    // Another user: a rotation replaces this token.
    let admin_token = sandbox.new_ohmygpt_user().admin_token;
    let (client_id, client_secret) = (sandbox.client_id(), sandbox.client_secret());
    let mut toml = format!(
        "[auth.openapi.clientCredentials]\n\
         username = {client_id:?}\n\
         password = {client_secret:?}\n\
         [auth.openapi.oauthToken]\n\
         bearer = {oauth_token:?}\n\
         [auth.openapi.adminToken]\n\
         bearer = {admin_token:?}\n\
         [parameters]\n\
         \"path.client_id\" = {client_id:?}\n"
    );
    let fields = [
        ("client_id", vec![client_id, sandbox.ohmygpt_client_id()]),
        (
            "client_secret",
            vec![client_secret, sandbox.ohmygpt_client_secret()],
        ),
        ("access_token", repeat(|| sandbox.new_github_token())),
        ("code", codes(sandbox)),
        ("key", keys(sandbox, admin_token).await),
        ("expired_at", vec!["2030-01-01T00:00:00Z".into()]),
        ("max_fee", vec!["3500000".into()]),
        ("permissions", vec!["[]".into()]),
        ("is_disabled", vec!["true".into(), "false".into()]),
    ];
    for (field, _) in &fields {
        let dictionary = format!("{{ dictionary = {field:?}, probability = 0.8 }}");
        writeln!(toml, "\"body.{field}\" = {dictionary}").unwrap();
    }
    for (field, values) in fields {
        writeln!(toml, "[dictionaries.{field}]\nvalues = {values:?}").unwrap();
    }
    toml
}

fn repeat(value: impl Fn() -> String) -> Vec<String> {
    (0..COUNT).map(|_| value()).collect()
}

/// For which an app gets a token, of both providers.
fn codes(sandbox: &Sandbox) -> Vec<String> {
    let github = format!("login/oauth/authorize?client_id={}", sandbox.client_id());
    let ohmygpt = format!(
        "next/v1/oauth?response_type=code&scope=trusted_full_access&client_id={}",
        sandbox.ohmygpt_client_id()
    );
    let code = |page: &str| {
        let page = format!("{}/{page}&redirect_uri=http://127.0.0.1/", sandbox.url());
        let sent_to = sandbox.approve(&page).unwrap();
        sent_to.split_once("code=").unwrap().1.to_owned()
    };
    [repeat(|| code(&github)), repeat(|| code(&ohmygpt))].concat()
}

async fn keys(sandbox: &Sandbox, admin_token: String) -> Vec<String> {
    let ohmygpt = OhMyGpt::builder().base_url(sandbox.url()).build().unwrap();
    let admin_token = Secret::new(admin_token);
    let key = NewApiKey {
        remark: None,
        expired_at: "2030-01-01T00:00:00Z".parse().unwrap(),
        max_fee: 0.into(),
        permissions: Vec::new(),
    };
    let mut keys = Vec::new();
    for _ in 0..COUNT {
        let key = ohmygpt.create_api_key(&admin_token, &key).await.unwrap();
        keys.push(key.expose().to_owned());
    }
    keys
}
