//! tokenturn by its front doors.

use reads::{CLIENT_ID, CLIENT_SECRET, CODE, Failure, OLD_TOKEN};
use tokenturn::sink::MemorySink;
use tokenturn::{AuthorizationCode, GitHub, RotateError, Rotated, Secret};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let (url, call) = reads::arguments()?;
    let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET);
    let github = github.base_url(&url).login_url(&url).build()?;
    let sink = MemorySink::new();
    if call == "reset" {
        let new = tokenturn::rotate(&github, &Secret::new(OLD_TOKEN), sink).await;
        print(new, |details| details.scopes);
    } else {
        let code = AuthorizationCode::new(CODE);
        let new = tokenturn::obtain(github.exchange_code(code), sink).await;
        print(new, |details| details.scopes);
    }
    Ok(())
}

fn print<D>(new: Result<Rotated<D>, RotateError>, scopes: impl FnOnce(D) -> Option<Vec<String>>) {
    match new {
        Ok(new) => {
            let lifetime = new.expires_at.map(|at| reads::until(at.into()));
            let scopes = new.details.and_then(|details| scopes(*details));
            reads::token(new.token.expose(), lifetime, scopes);
        }
        Err(RotateError::Unknown(unknown)) => {
            reads::none("error", unknown.body());
        }
        Err(RotateError::Refused(refusal)) => {
            let word = refusal
                .code
                .unwrap_or_else(|| refusal.reason.as_str().into());
            reads::none(format!("refused: {word}"), None);
        }
        Err(_) => reads::none("error", None),
    }
}
