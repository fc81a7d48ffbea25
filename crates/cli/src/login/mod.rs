//! `tokenturn login`

mod browser;
mod device;
mod loopback;
mod page;
mod paste;
mod place;
mod trouble;
mod web;

use std::time::Duration;

use anyhow::Result;

use crate::args::{GitHubLogin, LoginTarget, OhMyGptLogin};
use crate::client::{self, ClientSecret, OHMYGPT_SCOPE};
use crate::exit::Exit;
use crate::report::{self, Command, Report, Subject};

use place::Place;

pub(crate) use trouble::POLLING;

/// How long to wait for a user: that is how long GitHub's codes work.
const PATIENCE: Duration = Duration::from_secs(600);

/// `tokenturn login`
pub(crate) async fn run(target: LoginTarget) -> Exit {
    match target {
        LoginTarget::Github(args) => {
            let subject = Subject::github(Command::Login);
            report::finish(subject, github(subject, &args).await, args.app.common.json)
        }
        LoginTarget::Ohmygpt(args) => {
            let subject = Subject::ohmygpt(Command::Login);
            let result = ohmygpt(subject, &args).await;
            report::finish(subject, result, args.server.common.json)
        }
    }
}

async fn github(subject: Subject, args: &GitHubLogin) -> Result<Report> {
    let sandbox = client::sandbox(&args.app.common).await?;
    let secret = match args.device {
        true => ClientSecret::Unused,
        false => ClientSecret::Needed,
    };
    let github = client::github(&args.app, secret, sandbox.as_ref())?;
    let client_secret = args.app.client_secret_file.as_ref();
    let place = Place::of(&args.how, github.clone(), &args.app.common, client_secret).await?;
    if args.device {
        return Ok(device::login(subject, &args.how, place, &github, &args.scopes).await);
    }
    let authorize = |redirect_uri: &str| {
        let mut request = github.authorize().redirect_uri(redirect_uri);
        for scope in &args.scopes {
            request = request.scope(scope);
        }
        if let Some(login) = &args.login {
            request = request.login(login);
        }
        request.build()
    };
    web::login(subject, &args.how, &place, authorize, |code| {
        github.exchange_code(code)
    })
    .await
}

async fn ohmygpt(subject: Subject, args: &OhMyGptLogin) -> Result<Report> {
    let sandbox = client::sandbox(&args.server.common).await?;
    let ohmygpt = client::ohmygpt_app(args, sandbox.as_ref())?;
    let client_secret = args.client_secret_file.as_ref();
    let place = Place::of(
        &args.how,
        ohmygpt.clone(),
        &args.server.common,
        client_secret,
    )
    .await?;
    let scope = args.scope.as_deref().unwrap_or(OHMYGPT_SCOPE);
    let authorize = |redirect_uri: &str| ohmygpt.authorize(redirect_uri, scope).build();
    let exchange = |code| ohmygpt.issue_token(code);
    if args.paste {
        let request = authorize(&client::ohmygpt_code_page(args, sandbox.as_ref()))?;
        return paste::login(subject, &args.how, &place, &request.url, exchange).await;
    }
    web::login(subject, &args.how, &place, authorize, exchange).await
}
