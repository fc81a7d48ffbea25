//! Rotates the tokens of a few users: one, and then all. See the library for how.

use std::process::ExitCode;

use anyhow::Context;
use deadpool_postgres::{Manager, Pool};
use tokenturn::GitHub;
use tokenturn_sandbox::Sandbox;
use tokenturn_vault::{Client, Filter, FleetOptions, Vault};
use tokio_postgres::{Config, NoTls};
use users_example::{APPLICATION_SCHEMA, Users};

const USAGE: &str = "\
Set DATABASE_URL to a PostgreSQL database, such as postgres://user@localhost/database. In it, this
makes the schema `users_example`, anew each time, and touches nothing else. The provider is a
sandbox inside this program.";

/// In a schema of its own: the database may have another table `users`.
const BEGIN: &str = "DROP SCHEMA IF EXISTS users_example CASCADE; CREATE SCHEMA users_example";

#[tokio::main]
async fn main() -> ExitCode {
    let Ok(url) = std::env::var("DATABASE_URL") else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&url).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(url: &str) -> anyhow::Result<()> {
    let mut config: Config = url.parse().ok().context("DATABASE_URL is no such URL")?;
    config.options("-c search_path=users_example -c client_min_messages=warning");
    let pool = Pool::builder(Manager::new(config, NoTls)).build()?;
    let sandbox = Sandbox::start(0).await?;
    let github = GitHub::builder(sandbox.client_id(), sandbox.client_secret())
        .base_url(sandbox.url())
        .build()?;
    let client = Client::from(github);

    let database = pool.get().await.context("no connection to the database")?;
    database.batch_execute(BEGIN).await?;
    database.batch_execute(APPLICATION_SCHEMA).await?;
    for login in ["mona", "hubot", "octocat", "defunkt"] {
        let sql = "INSERT INTO users (login, github_token) VALUES ($1, $2)";
        let token = sandbox.new_github_token();
        database.execute(sql, &[&login, &token]).await?;
    }
    println!("four users have a token each");

    let users = Users::new(pool.clone(), client.app());
    users.migrate().await?;
    let vault = Vault::builder().actor("the example").store(users);

    let held = vault.list(Filter::new().label("mona")).next().await;
    let held = held.context("mona is gone")??;
    let rotation = vault.rotate(&client, &held).await?;
    let new = rotation.entry().tokens.fingerprint();
    let new = new.context("there is no token")?;
    println!("mona's token was replaced: {new} is its fingerprint");

    // The application reads what it always read.
    let sql = "SELECT github_token FROM users WHERE login = 'mona'";
    let token: String = database.query_one(sql, &[]).await?.get(0);
    let works = sandbox.is_alive(&token);
    println!("the application's own query finds one that works: {works}");

    let options = FleetOptions::new();
    let mut fleet = vault.rotate_all([client], Filter::new(), options).await?;
    while let Some(settled) = fleet.next().await {
        let login = settled.label.unwrap_or_default();
        println!("{login}: {}", settled.outcome);
    }
    println!("all: {} replaced", fleet.summary().replaced);

    let mut history = vault.history(Some(&held.id));
    while let Some(event) = history.next().await {
        let event = event?;
        println!(
            "mona, {}: {}, generation {}",
            event.at, event.what, event.generation
        );
    }
    Ok(())
}
