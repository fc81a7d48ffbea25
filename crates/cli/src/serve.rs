//! `tokenturn sandbox`

use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Error, Result};
use serde_json::json;
use tokenturn_sandbox::{self as sandbox, Sandbox};

use crate::args::Fault;
use crate::client::OHMYGPT_SCOPE;
use crate::patience;

/// Serves the sandbox until Ctrl-C.
pub(crate) async fn run(port: u16, fault: Option<Fault>, json: bool) -> Result<()> {
    let ended = serve(port, fault, json).await;
    let io = |why: &Error| why.downcast_ref::<io::Error>().map(io::Error::kind);
    match ended {
        // Where nobody reads what it prints, nobody knows where it is.
        Err(why) if io(&why) == Some(ErrorKind::BrokenPipe) => Ok(()),
        ended => ended,
    }
}

async fn serve(port: u16, fault: Option<Fault>, json: bool) -> Result<()> {
    let sandbox = Sandbox::start(port)
        .await
        .with_context(|| format!("cannot listen on port {port}"))?;
    sandbox.set_fault(fault.map(|fault| match fault {
        Fault::Before => sandbox::Fault::BeforeChange,
        Fault::After => sandbox::Fault::AfterChange,
        Fault::Outage => sandbox::Fault::Outage,
    }));
    let user = sandbox.new_ohmygpt_user();
    // Whoever has read the first line may end it.
    let stop = patience::asked_to_stop();
    let mut out = io::stdout();
    if json {
        let line = json!({
            "url": sandbox.url(),
            "github": {
                "client_id": sandbox.client_id(),
                "client_secret": sandbox.client_secret(),
                "token": sandbox.new_github_token(),
            },
            "ohmygpt": {
                "client_id": sandbox.ohmygpt_client_id(),
                "client_secret": sandbox.ohmygpt_client_secret(),
                "scope": OHMYGPT_SCOPE,
                "oauth_token": user.oauth_token,
                "admin_token": user.admin_token,
            },
        });
        writeln!(out, "{line}")?;
        stop.await;
        return Ok(());
    }
    write!(
        out,
        "\
sandbox of GitHub and OhMyGPT, until Ctrl-C

GitHub
  base URL         {url}
  as Enterprise    {url}/api/v3
  client ID        {client_id}
  client secret    {client_secret}
  token            {github_token}

OhMyGPT
  base URL         {url}
  pages URL        {url}
  client ID        {ohmygpt_id}
  client secret    {ohmygpt_secret}
  scope            {OHMYGPT_SCOPE}
  OAuth token      {oauth_token}
  admin token      {admin_token}

to replace each token, in another terminal:

  printf %s {github_token} |
    TOKENTURN_GITHUB_CLIENT_SECRET={client_secret} \\
    tokenturn rotate github --client-id {client_id} --base-url {url} \\
    --token-file - --out github-token.txt

  printf %s {oauth_token} |
    tokenturn rotate ohmygpt --base-url {url} --token-file - --out ohmygpt-token.txt

to sign in at each:

  TOKENTURN_GITHUB_CLIENT_SECRET={client_secret} \\
    tokenturn login github --client-id {client_id} --base-url {url} --out github-token.txt

  TOKENTURN_OHMYGPT_CLIENT_SECRET={ohmygpt_secret} \\
    tokenturn login ohmygpt --client-id {ohmygpt_id} --base-url {url} --pages-url {url} \\
    --scope {OHMYGPT_SCOPE} --out oauth-token.txt
",
        url = sandbox.url(),
        client_id = sandbox.client_id(),
        client_secret = sandbox.client_secret(),
        github_token = sandbox.new_github_token(),
        ohmygpt_id = sandbox.ohmygpt_client_id(),
        ohmygpt_secret = sandbox.ohmygpt_client_secret(),
        oauth_token = user.oauth_token,
        admin_token = user.admin_token,
    )?;
    if let Some(fault) = fault {
        writeln!(out, "\n{}", describe(fault))?;
    }
    stop.await;
    Ok(())
}

fn describe(fault: Fault) -> &'static str {
    match fault {
        Fault::Before => "every change is answered with 502, and not made",
        Fault::After => "every change is made, and answered with 502",
        Fault::Outage => "every call is answered with 503",
    }
}
