//! The wrapper against the sandbox: each operation, and each thing that a provider can say to it.

pub(crate) mod clock;
mod device;
mod faults;
mod fleet;
mod github;
mod keys;
mod limits;
mod login;
mod ohmygpt;
mod refreshes;
mod replacements;
mod web_application;

use tokenturn::{CallError, GitHub, OhMyGpt, Refusal, RotateError, Rotated, Secret};
use tokenturn_sandbox::Sandbox;

async fn start() -> (Sandbox, GitHub) {
    let sandbox = Sandbox::start(0).await.unwrap();
    let github = github(&sandbox, &sandbox.client_secret());
    (sandbox, github)
}

fn github(sandbox: &Sandbox, secret: &str) -> GitHub {
    GitHub::builder(sandbox.client_id(), secret)
        .base_url(sandbox.url())
        .build()
        .unwrap()
}

/// A client of the sandbox that speaks as to this Enterprise Server.
fn enterprise(sandbox: &Sandbox, version: &str) -> GitHub {
    GitHub::builder(sandbox.client_id(), sandbox.client_secret())
        .enterprise_server("ghe.example.com", version)
        .base_url(format!("{}/api/v3", sandbox.url()))
        .build()
        .unwrap()
}

fn ohmygpt(sandbox: &Sandbox, secret: &str) -> OhMyGpt {
    OhMyGpt::builder()
        .app(sandbox.ohmygpt_client_id(), secret)
        .base_url(sandbox.url())
        .pages_url(sandbox.url())
        .build()
        .unwrap()
}

fn new_token(sandbox: &Sandbox) -> Secret {
    Secret::new(sandbox.new_github_token())
}

#[track_caller]
fn refused<D: std::fmt::Debug>(result: Result<Rotated<D>, RotateError>) -> Refusal {
    match result.unwrap_err() {
        RotateError::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn call_refused<T: std::fmt::Debug>(result: Result<T, CallError>) -> Refusal {
    let error = result.unwrap_err();
    match error.refusal() {
        Some(refusal) => refusal.clone(),
        None => panic!("{error:?}"),
    }
}
