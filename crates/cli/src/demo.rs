//! `tokenturn demo`

use std::io::Write;

use anyhow::{Result, ensure};
use serde_json::json;
use tokenturn::{GitHub, OhMyGpt, Secret};
use tokenturn_sandbox::Sandbox;

use crate::output::output;

/// Replaces a token at each provider and shows what became of both tokens.
pub(crate) async fn run(json: bool) -> Result<()> {
    let sandbox = Sandbox::start(0).await?;
    if !json {
        let url = sandbox.url();
        writeln!(output(), "a sandbox of both providers runs at {url}")?;
    }
    github(&sandbox, json).await?;
    ohmygpt(&sandbox, json).await
}

async fn github(sandbox: &Sandbox, json: bool) -> Result<()> {
    let github = GitHub::builder(sandbox.client_id(), sandbox.client_secret())
        .base_url(sandbox.url())
        .build()?;
    let old = Secret::new(sandbox.new_github_token());
    let rotated = github.reset_token(&old).await?;
    let old_works = github.check_token(&old).await?.is_valid();
    let new_works = github.check_token(&rotated.token).await?.is_valid();

    Shown {
        provider: "GitHub",
        call: "PATCH /applications/{client_id}/token",
        receipt: rotated.receipt.to_string(),
        old: &old,
        old_works,
        new: &rotated.token,
        new_works,
    }
    .print(json)
}

async fn ohmygpt(sandbox: &Sandbox, json: bool) -> Result<()> {
    let ohmygpt = OhMyGpt::builder().base_url(sandbox.url()).build()?;
    let user = sandbox.new_ohmygpt_user();
    let old = Secret::new(user.admin_token);
    let rotated = ohmygpt
        .rotate_admin_token(&Secret::new(user.oauth_token))
        .await?;
    // The API has no call that checks an admin token, so the sandbox is asked.
    let old_works = sandbox.is_alive(old.expose());
    let new_works = sandbox.is_alive(rotated.token.expose());

    Shown {
        provider: "OhMyGPT",
        call: "POST /api/v1/user/oauth/app/rotate-user-admin-token",
        receipt: format!("{} (OhMyGPT sends none)", rotated.receipt),
        old: &old,
        old_works,
        new: &rotated.token,
        new_works,
    }
    .print(json)
}

struct Shown<'a> {
    provider: &'a str,
    call: &'a str,
    receipt: String,
    old: &'a Secret,
    old_works: bool,
    new: &'a Secret,
    new_works: bool,
}

impl Shown<'_> {
    fn print(&self, json: bool) -> Result<()> {
        let life = |works| if works { "alive" } else { "dead" };
        let (old, new) = (self.old.fingerprint(), self.new.fingerprint());
        let mut out = output();
        if json {
            let line = json!({
                "provider": self.provider.to_lowercase(),
                "call": self.call,
                "receipt": self.receipt,
                "fingerprint": old.to_string(),
                "is_alive": self.old_works,
                "new_fingerprint": new.to_string(),
                "new_is_alive": self.new_works,
            });
            writeln!(out, "{line}")?;
            return self.check();
        }
        let (old, new) = (old.short(), new.short());
        writeln!(out, "\n{}", self.provider)?;
        writeln!(out, "  token      {old}")?;
        writeln!(out, "  call       {}", self.call)?;
        writeln!(out, "  new token  {new}")?;
        writeln!(out, "  receipt    {}", self.receipt)?;
        writeln!(out, "  {old}   {}", life(self.old_works))?;
        writeln!(out, "  {new}   {}", life(self.new_works))?;
        self.check()
    }

    fn check(&self) -> Result<()> {
        ensure!(
            !self.old_works && self.new_works,
            "the token was not replaced"
        );
        Ok(())
    }
}
