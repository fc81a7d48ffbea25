//! `tokenturn sandbox`

mod text;

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use anyhow::{Context, Error, Result};
use serde_json::{Value, json};
use tokenturn_sandbox::{self as sandbox, ExpiringToken, OhMyGptUser, Sandbox};

use crate::args::{Fault, SandboxOptions};
use crate::client::OHMYGPT_SCOPE;
use crate::patience;

/// The 184 days of GitHub's.
const REFRESH_TOKEN_LIFETIME: Duration = Duration::from_secs(15_897_600);

/// What there is to try it with.
struct New {
    github: Token,
    ohmygpt: OhMyGptUser,
}

enum Token {
    Lasting(String),
    Expiring(ExpiringToken),
}

/// Serves the sandbox until Ctrl-C.
pub(crate) async fn run(options: &SandboxOptions, json: bool) -> Result<()> {
    let ended = serve(options, json).await;
    let io = |why: &Error| why.downcast_ref::<io::Error>().map(io::Error::kind);
    match ended {
        // Where nobody reads what it prints, nobody knows where it is.
        Err(why) if io(&why) == Some(ErrorKind::BrokenPipe) => Ok(()),
        ended => ended,
    }
}

async fn serve(options: &SandboxOptions, json: bool) -> Result<()> {
    let port = options.port;
    let sandbox = Sandbox::start(port)
        .await
        .with_context(|| format!("cannot listen on port {port}"))?;
    let new = prepare(&sandbox, options);
    // Whoever has read the first line may end it.
    let stop = patience::asked_to_stop();
    let mut out = io::stdout();
    if json {
        writeln!(out, "{}", describe(&sandbox, &new))?;
    } else {
        text::write(&mut out, &sandbox, &new, options.fault)?;
    }
    stop.await;
    Ok(())
}

fn prepare(sandbox: &Sandbox, options: &SandboxOptions) -> New {
    sandbox.set_fault(options.fault.map(|fault| match fault {
        Fault::Before => sandbox::Fault::BeforeChange,
        Fault::After => sandbox::Fault::AfterChange,
        Fault::Outage => sandbox::Fault::Outage,
    }));
    sandbox.set_expiring_tokens(options.expiring);
    if let Some(lifetime) = options.token_lifetime {
        sandbox.set_lifetimes(lifetime, REFRESH_TOKEN_LIFETIME);
    }
    let github = if options.expiring {
        Token::Expiring(sandbox.new_expiring_github_token())
    } else {
        Token::Lasting(sandbox.new_github_token())
    };
    New {
        github,
        ohmygpt: sandbox.new_ohmygpt_user(),
    }
}

fn describe(sandbox: &Sandbox, new: &New) -> Value {
    let mut github = json!({
        "client_id": sandbox.client_id(),
        "client_secret": sandbox.client_secret(),
    });
    match &new.github {
        Token::Lasting(token) => github["token"] = json!(token),
        Token::Expiring(new) => {
            github["token"] = json!(new.token);
            github["expires_at"] = json!(new.expires_at);
            github["refresh_token"] = json!(new.refresh_token);
            github["refresh_token_expires_at"] = json!(new.refresh_token_expires_at);
        }
    }
    json!({
        "url": sandbox.url(),
        "clock_url": sandbox.clock_url(),
        "github": github,
        "ohmygpt": {
            "client_id": sandbox.ohmygpt_client_id(),
            "client_secret": sandbox.ohmygpt_client_secret(),
            "scope": OHMYGPT_SCOPE,
            "oauth_token": new.ohmygpt.oauth_token,
            "admin_token": new.ohmygpt.admin_token,
        },
    })
}
