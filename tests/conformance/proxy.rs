//! The sandbox behind Prism, which turns everything into an error that GitHub's descriptions do
//! not allow.

use tokenturn::Secret;
use tokenturn_client::{Transport, github};
use tokenturn_sandbox::{Sandbox, SecondaryLimit};

use crate::calls::{call, expected};
use crate::descriptions::Description;
use crate::folder;
use crate::program::Prism;

/// How each status is brought about.
const STATUSES: [&str; 6] = ["200", "202", "204", "401", "403", "404"];

#[tokio::test]
async fn sandbox_conforms() {
    let folder = folder();
    for description in Description::all(&folder) {
        let name = &description.name;
        let sandbox = Sandbox::start(0).await.unwrap();
        let upstream = match name.starts_with("ghes-") {
            true => format!("{}/api/v3", sandbox.url()),
            false => sandbox.url(),
        };
        let prism = Prism::proxy(&folder, name, &upstream).await;
        for (operation, _) in description.operations() {
            for status in STATUSES {
                if !description.declares(operation, status) {
                    continue;
                }
                let token = match status {
                    "404" => "gho_never".into(),
                    _ => sandbox.new_github_token(),
                };
                let client_secret = match status {
                    "401" => "wrong".into(),
                    _ => sandbox.client_secret(),
                };
                sandbox.set_secondary_limit((status == "403").then_some(SecondaryLimit {
                    status: 403,
                    retry_after: None,
                }));
                let client_id = sandbox.client_id();
                let github = description.client(&prism.url, &client_id, &client_secret, |t| t);
                let outcome = call(&github, operation, &Secret::new(token)).await;
                let what = format!("{name} {operation} {status}");
                let expected = match status {
                    "403" => "rate_limited",
                    _ => expected(operation, status),
                };
                assert_eq!(outcome.words, expected, "{what}");
                println!("exchanged proxy {what}");
            }
        }
        if description.declares("scope_token", "422") {
            without_a_target(&sandbox, &prism).await;
            println!("exchanged proxy {name} scope_token 422");
        }
        assert_eq!(prism.violations(), [""; 0], "{name}");

        // Prism is awake: the descriptions do not declare this answer.
        let (client_id, client_secret) = (sandbox.client_id(), sandbox.client_secret());
        let github = description.client(&prism.url, &client_id, &client_secret, |t| t);
        call(&github, "reset_token", &Secret::new("gho_never")).await;
        assert!(!prism.violations().is_empty(), "{name}");
    }
}

/// The one request that the descriptions allow and the sandbox refuses. Our front door cannot send
/// it.
async fn without_a_target(sandbox: &Sandbox, prism: &Prism) {
    let transport = Transport::builder(&prism.url)
        .basic(sandbox.client_id(), sandbox.client_secret())
        .build();
    let client = github::Client::new(transport.unwrap());
    let call = client
        .scope_token()
        .client_id(sandbox.client_id())
        .body_map(|body| body.access_token(sandbox.new_github_token()));
    let error = call.send().await.unwrap_err();
    let status = error.into_response().unwrap().status();
    assert_eq!(status, 422);
}
