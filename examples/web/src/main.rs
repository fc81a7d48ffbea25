//! A web application whose users sign in with GitHub. What it holds of theirs, their tokens, is in a
//! vault, which keeps them alive. `README.md` beside this is a tutorial.

mod admin;
mod app;
mod config;
mod failure;
mod guard;
mod home;
mod html;
mod session;
mod shutdown;
mod sign_in;
mod sign_out;
mod sweep;

use std::process::ExitCode;

use anyhow::Context;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use clap::Parser;
use tokio::net::TcpListener;

use app::App;
use config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    match run(Config::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.listen).await;
    let listener =
        listener.with_context(|| format!("cannot listen at {}: say --listen", config.listen))?;
    let app = App::open(&config, listener.local_addr()?).await?;
    let sweeping = tokio::spawn(sweep::sweep(app.clone()));
    println!("listening at {}", listener.local_addr()?);
    println!("open {}", app.public_url);
    let served = shutdown::serve(listener, routes(app.clone())).await;
    sweeping.abort();
    shutdown::drain(&app).await;
    Ok(served?)
}

fn routes(app: App) -> Router {
    Router::new()
        .route("/", get(home::page))
        .route("/sign-in", get(sign_in::begin))
        .route(sign_in::CALLBACK, get(sign_in::callback))
        .route("/sign-out", post(sign_out::sign_out))
        .route("/admin", get(admin::page))
        .route("/admin/reset", post(admin::reset))
        .route("/admin/reset-all", post(admin::reset_all))
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .with_state(app)
}
