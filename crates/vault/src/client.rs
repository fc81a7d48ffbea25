//! The providers, as a vault calls them.

use tokenturn::github::{Authorization, TokenCheck};
use tokenturn::{
    CallError, Candidates, GitHub, OhMyGpt, RateLimit, Receipt, RecoverError, Recovery,
    RefusalReason, RotateError, Rotated, Secret,
};

use crate::app::{App, Provider};
use crate::tokens::Tokens;

/// A client for the tokens of one app.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Client {
    /// For the tokens of an app at GitHub.
    GitHub(GitHub),
    /// For the tokens of users at OhMyGPT.
    OhMyGpt(OhMyGpt),
}

/// What a rotation has brought.
pub(crate) struct New {
    pub(crate) tokens: Tokens,
    /// Whether the answer contradicts itself about the token.
    pub(crate) is_doubtful: bool,
    pub(crate) request_id: Option<String>,
    pub(crate) rate_limit: Option<RateLimit>,
}

/// What became of a call that is in doubt.
pub(crate) enum Found {
    NotReplaced,
    /// The old token is dead, and no new one was found.
    Dead {
        request_id: Option<String>,
    },
    New(Box<New>),
}

/// What the provider says about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Valid,
    Invalid,
    /// It is valid, and of another user than the row's.
    OfAnother,
}

impl From<GitHub> for Client {
    fn from(github: GitHub) -> Self {
        Self::GitHub(github)
    }
}

impl From<OhMyGpt> for Client {
    fn from(ohmygpt: OhMyGpt) -> Self {
        Self::OhMyGpt(ohmygpt)
    }
}

impl Client {
    /// The app whose tokens it can replace.
    pub fn app(&self) -> App {
        match self {
            Self::GitHub(github) => App {
                provider: Provider::GitHub,
                server: github.base_url().to_owned(),
                client_id: github.client_id().to_owned(),
            },
            Self::OhMyGpt(ohmygpt) => App {
                provider: Provider::OhMyGpt,
                server: ohmygpt.base_url().to_owned(),
                client_id: String::new(),
            },
        }
    }

    /// Whether that is this one.
    pub(crate) fn is_of(&self, app: &App) -> bool {
        let (provider, server, client_id) = match self {
            Self::GitHub(github) => (Provider::GitHub, github.base_url(), github.client_id()),
            Self::OhMyGpt(ohmygpt) => (Provider::OhMyGpt, ohmygpt.base_url(), ""),
        };
        app.provider == provider && app.server == server && app.client_id == client_id
    }

    /// Whether the server is one for which GitHub advises a second between changes: all but
    /// Enterprise Server, whose limits are off at first.
    pub(crate) fn is_paced(&self) -> bool {
        match self {
            Self::GitHub(github) => {
                let host = github.base_url().strip_prefix("https://api.");
                host.is_some_and(|host| host == "github.com" || host.ends_with(".ghe.com"))
            }
            Self::OhMyGpt(_) => false,
        }
    }

    /// Whether a rotation with an unknown outcome can be followed by another one.
    pub(crate) fn can_repeat(&self) -> bool {
        matches!(self, Self::OhMyGpt(_))
    }

    /// Whether it can ask about tokens and reset them, and not only refresh them.
    pub(crate) fn can_ask(&self) -> bool {
        match self {
            Self::GitHub(github) => !github.is_public(),
            Self::OhMyGpt(_) => true,
        }
    }

    /// Replaces the token. `clock` is what the store's clock says when the answer is there.
    pub(crate) async fn replace(
        &self,
        tokens: &Tokens,
        clock: impl Fn() -> i64,
    ) -> Result<New, RotateError> {
        let old = authorizing(tokens);
        match self {
            Self::GitHub(github) => Ok(of_user(tokens, github.reset_token(&old).await?, clock())),
            Self::OhMyGpt(ohmygpt) => Ok(new(
                tokens,
                ohmygpt.rotate_admin_token(&old).await?,
                clock(),
            )),
        }
    }

    /// Replaces the token, and the refresh token with it.
    pub(crate) async fn refresh(
        &self,
        tokens: &Tokens,
        refresh_token: &Secret,
        clock: impl Fn() -> i64,
    ) -> Result<New, RotateError> {
        match self {
            Self::GitHub(github) => {
                let rotated = github.refresh_token(refresh_token).await?;
                let refreshed = tokens.refreshed(&rotated, clock());
                let mut new = new(tokens, rotated, clock());
                new.tokens = refreshed;
                Ok(new)
            }
            // Its tokens have no refresh token, and no row of it is refreshed.
            Self::OhMyGpt(_) => self.replace(tokens, clock).await,
        }
    }

    /// Finds out whether the old token lives and, at GitHub, whether one of the candidates does. At OhMyGPT
    /// the token is replaced once more.
    pub(crate) async fn recover(
        &self,
        tokens: &Tokens,
        answers: &[Candidates],
        clock: impl Fn() -> i64,
    ) -> Result<Found, RecoverError> {
        let old = authorizing(tokens);
        let github = match self {
            Self::GitHub(github) => github,
            Self::OhMyGpt(ohmygpt) => {
                let recovery = ohmygpt.recover(&old).await?;
                return Ok(found(recovery, |rotated| new(tokens, rotated, clock())));
            }
        };
        let mut recovery = github.recover(&old).await?;
        for candidates in answers {
            if matches!(recovery, Recovery::Lost { .. }) {
                recovery = github.recover_with(&old, candidates).await?;
            }
        }
        Ok(found(recovery, |rotated| of_user(tokens, rotated, clock())))
    }

    /// Asks the provider about the token, which changes nothing. At OhMyGPT that is the OAuth token:
    /// there is no call that tells about an admin token.
    pub(crate) async fn check(&self, tokens: &Tokens) -> Result<Standing, CallError> {
        let token = authorizing(tokens);
        match self {
            Self::GitHub(github) => Ok(match github.check_token(&token).await?.value {
                TokenCheck::Valid(found) => {
                    let user_id = found.and_then(|found| found.user?.id);
                    match tokens.are_of(user_id) {
                        true => Standing::Valid,
                        false => Standing::OfAnother,
                    }
                }
                _ => Standing::Invalid,
            }),
            Self::OhMyGpt(ohmygpt) => match ohmygpt.user_basic_info(&token).await {
                Ok(_) => Ok(Standing::Valid),
                Err(error) if is_invalid_token(&error) => Ok(Standing::Invalid),
                Err(error) => Err(error),
            },
        }
    }

    /// Whether the provider has a call that makes a token invalid.
    pub(crate) fn can_revoke(&self) -> bool {
        matches!(self, Self::GitHub(_))
    }

    /// Makes the token invalid. `None` when the provider has no call for that.
    pub(crate) async fn revoke(&self, tokens: &Tokens) -> Option<Result<(), CallError>> {
        match self {
            Self::GitHub(github) => {
                let deleted = github.delete_token(&authorizing(tokens)).await;
                Some(deleted.map(drop))
            }
            Self::OhMyGpt(_) => None,
        }
    }
}

/// An empty token where there is none: the provider refuses it.
fn authorizing(tokens: &Tokens) -> Secret {
    tokens
        .authorizing()
        .cloned()
        .unwrap_or_else(|| Secret::new(""))
}

fn is_invalid_token(error: &CallError) -> bool {
    let reason = error.refusal().map(|refusal| refusal.reason);
    reason == Some(RefusalReason::InvalidToken)
}

fn new<D>(tokens: &Tokens, rotated: Rotated<D>, clock: i64) -> New {
    New {
        tokens: tokens.replaced(&rotated, clock),
        is_doubtful: rotated.receipt == Receipt::Mismatch,
        request_id: rotated.request_id,
        rate_limit: rotated.rate_limit,
    }
}

/// The same, and GitHub may say whose the token is.
fn of_user(tokens: &Tokens, rotated: Rotated<Authorization>, clock: i64) -> New {
    let details = rotated.details.as_ref();
    let user_id = details.and_then(|details| details.user.as_ref()?.id);
    let mut new = new(tokens, rotated, clock);
    new.tokens.user_id = user_id.or(new.tokens.user_id);
    new
}

fn found<D>(recovery: Recovery<D>, new: impl FnOnce(Rotated<D>) -> New) -> Found {
    match recovery {
        Recovery::Rotated(rotated) => Found::New(Box::new(new(rotated))),
        Recovery::Lost { request_id } => Found::Dead { request_id },
        _ => Found::NotReplaced,
    }
}
