//! What it prints for people.

use std::io::{self, Write};

use serde_json::json;
use tokenturn_sandbox::{ExpiringToken, Sandbox};

use super::{New, Token};
use crate::args::Fault;
use crate::client::OHMYGPT_SCOPE;

pub(super) fn write(
    out: &mut impl Write,
    sandbox: &Sandbox,
    new: &New,
    fault: Option<Fault>,
) -> io::Result<()> {
    let (tokens, replace) = match &new.github {
        Token::Lasting(token) => (format!("token            {token}"), rotate(sandbox, token)),
        Token::Expiring(new) => (list(new), refresh(sandbox, new)),
    };
    write!(
        out,
        "\
sandbox of GitHub and OhMyGPT, until Ctrl-C

GitHub
  base URL         {url}
  as Enterprise    {url}/api/v3
  client ID        {client_id}
  client secret    {client_secret}
  {tokens}

OhMyGPT
  base URL         {url}
  pages URL        {url}
  client ID        {ohmygpt_id}
  client secret    {ohmygpt_secret}
  scope            {OHMYGPT_SCOPE}
  OAuth token      {oauth_token}
  admin token      {admin_token}

to replace each token, in another terminal:

{replace}

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
        ohmygpt_id = sandbox.ohmygpt_client_id(),
        ohmygpt_secret = sandbox.ohmygpt_client_secret(),
        oauth_token = new.ohmygpt.oauth_token,
        admin_token = new.ohmygpt.admin_token,
    )?;
    if matches!(new.github, Token::Expiring(_)) {
        write!(
            out,
            "
to turn the clock of the sandbox, by which GitHub's tokens end:

  curl -d advance=9h {url}
  curl -d back=9h {url}
",
            url = sandbox.clock_url(),
        )?;
    }
    if let Some(fault) = fault {
        writeln!(out, "\n{}", describe(fault))?;
    }
    Ok(())
}

/// A token and what it comes with.
fn list(new: &ExpiringToken) -> String {
    format!(
        "\
token            {}
  until            {}
  refresh token    {}
  until            {}",
        new.token, new.expires_at, new.refresh_token, new.refresh_token_expires_at,
    )
}

fn rotate(sandbox: &Sandbox, token: &str) -> String {
    format!(
        "  printf %s {token} |
    TOKENTURN_GITHUB_CLIENT_SECRET={client_secret} \\
    tokenturn rotate github --client-id {client_id} --base-url {url} \\
    --token-file - --out github-token.txt",
        url = sandbox.url(),
        client_id = sandbox.client_id(),
        client_secret = sandbox.client_secret(),
    )
}

fn refresh(sandbox: &Sandbox, new: &ExpiringToken) -> String {
    let line = json!({
        "access_token": new.token,
        "expires_at": new.expires_at,
        "refresh_token": new.refresh_token,
        "refresh_token_expires_at": new.refresh_token_expires_at,
    });
    format!(
        "  echo '{line}' > github-token.json
  TOKENTURN_GITHUB_CLIENT_SECRET={client_secret} \\
    tokenturn refresh github --client-id {client_id} --base-url {url} \\
    --token-file github-token.json --out github-token.json",
        url = sandbox.url(),
        client_id = sandbox.client_id(),
        client_secret = sandbox.client_secret(),
    )
}

fn describe(fault: Fault) -> &'static str {
    match fault {
        Fault::Before => "every change is answered with 502, and not made",
        Fault::After => "every change is made, and answered with 502",
        Fault::Outage => "every call is answered with 503",
    }
}
