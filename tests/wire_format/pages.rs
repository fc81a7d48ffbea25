//! The pages to which users are sent take every parameter that they are given.

use std::collections::BTreeMap;

use serde_json::Value;
use tokenturn::{GitHub, OhMyGpt};

/// The names of the query parameters that a spec gives the page, with those that it requires.
fn declared(spec: &str, path: &str) -> BTreeMap<String, bool> {
    let spec: Value = serde_norway::from_str(spec).unwrap();
    let page = &spec["paths"][path]["get"];
    assert_eq!(page["x-browser"], true);
    let parameters = page["parameters"].as_array().unwrap();
    let parameters = parameters.iter().map(|parameter| {
        assert_eq!(parameter["in"], "query");
        let name = parameter["name"].as_str().unwrap().to_owned();
        (name, parameter["required"] == true)
    });
    parameters.collect()
}

fn sent(url: &str) -> BTreeMap<String, String> {
    let (_, query) = url.split_once('?').unwrap();
    serde_urlencoded::from_str(query).unwrap()
}

#[test]
fn githubs_page() {
    let declared = declared(
        include_str!("../../specs/github-login.yaml"),
        "/login/oauth/authorize",
    );
    let github = GitHub::builder("id", "secret").build().unwrap();
    let authorize = github.authorize();
    let bare = sent(&authorize.clone().build().unwrap().url);
    let full = authorize
        .redirect_uri("https://app.example/cb?a=b&c=d")
        .scope("repo")
        .scope("read:org")
        .login("octo cat")
        .allow_signup(true)
        .select_account();
    let full = sent(&full.build().unwrap().url);
    assert!(full.keys().eq(declared.keys()), "{full:?}");
    assert!(
        declared
            .iter()
            .all(|(n, required)| !required || bare.contains_key(n))
    );
    assert_eq!(full["redirect_uri"], "https://app.example/cb?a=b&c=d");
    assert_eq!(full["scope"], "repo read:org");
    assert_eq!(full["login"], "octo cat");
    assert_eq!(full["allow_signup"], "true");
    assert_eq!(full["prompt"], "select_account");
    assert_eq!(full["code_challenge_method"], "S256");
    assert_eq!(full["code_challenge"].len(), 43);
}

#[test]
fn ohmygpts_page() {
    let declared = declared(include_str!("../../specs/ohmygpt.yaml"), "/next/v1/oauth");
    let client = OhMyGpt::builder().app("id", "secret").build().unwrap();
    let authorize = client.authorize("https://app.example/cb", "general_api_access");
    let bare = sent(&authorize.clone().build().unwrap().url);
    // The example of the provider's page.
    let template = "?code={code}&state={state}&tgid=114514";
    let full = sent(&authorize.redirect_template(template).build().unwrap().url);
    assert!(full.keys().eq(declared.keys()), "{full:?}");
    assert!(
        declared
            .iter()
            .all(|(n, required)| !required || bare.contains_key(n))
    );
    assert_eq!(full["response_type"], "code");
    assert_eq!(full["scope"], "general_api_access");
    assert_eq!(
        full["redirect_template"],
        "P2NvZGU9e2NvZGV9JnN0YXRlPXtzdGF0ZX0mdGdpZD0xMTQ1MTQ="
    );
}
