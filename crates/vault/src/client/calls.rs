//! The calls of any provider, in terms of rows.

use std::any::Any;
use std::sync::LazyLock;
use std::time::Duration;

use futures_core::future::BoxFuture;
use tokenturn::{
    CallError, Candidates, RateLimit, Receipt, RecoverError, Recovery, RotateError, Rotated, Secret,
};

use super::{Standing, VaultProvider};
use crate::tokens::Tokens;

/// What the store's clock says, when the answer is there.
pub(crate) type Clock<'a> = &'a (dyn Fn() -> i64 + Sync);

/// A [`VaultProvider`] of which nobody has to know the type.
pub(crate) trait Calls: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn interval(&self) -> Duration;
    fn can_ask(&self) -> bool;
    fn can_repeat(&self) -> bool;
    fn can_revoke(&self) -> bool;

    /// Replaces the token.
    fn replace<'a>(
        &'a self,
        tokens: &'a Tokens,
        clock: Clock<'a>,
    ) -> BoxFuture<'a, Result<New, RotateError>>;

    /// Replaces the token, and the refresh token with it.
    fn refresh<'a>(
        &'a self,
        tokens: &'a Tokens,
        refresh_token: &'a Secret,
        clock: Clock<'a>,
    ) -> BoxFuture<'a, Result<New, RotateError>>;

    /// Finds out whether the old token lives, or one of the candidates does.
    fn recover<'a>(
        &'a self,
        tokens: &'a Tokens,
        answers: &'a [Candidates],
        clock: Clock<'a>,
    ) -> BoxFuture<'a, Result<Found, RecoverError>>;

    /// Asks the provider about the token that authorizes a call, which changes nothing.
    fn check<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<Standing, CallError>>;

    /// Makes the token invalid.
    fn revoke<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<(), CallError>>;
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

impl<P: VaultProvider> Calls for P {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn interval(&self) -> Duration {
        VaultProvider::interval(self)
    }

    fn can_ask(&self) -> bool {
        VaultProvider::can_ask(self)
    }

    fn can_repeat(&self) -> bool {
        VaultProvider::can_repeat(self)
    }

    fn can_revoke(&self) -> bool {
        VaultProvider::can_revoke(self)
    }

    fn replace<'a>(
        &'a self,
        tokens: &'a Tokens,
        clock: Clock<'a>,
    ) -> BoxFuture<'a, Result<New, RotateError>> {
        Box::pin(async move {
            let rotated = tokenturn::Provider::replace(self, authorizing(tokens)).await?;
            let replaced = tokens.replaced(&rotated, clock());
            Ok(of_user::<P>(replaced, rotated))
        })
    }

    fn refresh<'a>(
        &'a self,
        tokens: &'a Tokens,
        refresh_token: &'a Secret,
        clock: Clock<'a>,
    ) -> BoxFuture<'a, Result<New, RotateError>> {
        Box::pin(async move {
            let rotated = VaultProvider::refresh(self, refresh_token).await?;
            let refreshed = tokens.refreshed(&rotated, clock());
            Ok(new(refreshed, rotated))
        })
    }

    fn recover<'a>(
        &'a self,
        tokens: &'a Tokens,
        answers: &'a [Candidates],
        clock: Clock<'a>,
    ) -> BoxFuture<'a, Result<Found, RecoverError>> {
        Box::pin(async move {
            let old = authorizing(tokens);
            let mut recovery = tokenturn::Provider::recover(self, old).await?;
            for candidates in answers {
                if matches!(recovery, Recovery::Lost { .. }) {
                    recovery = self.recover_with(old, candidates).await?;
                }
            }
            Ok(match recovery {
                Recovery::Rotated(rotated) => {
                    let replaced = tokens.replaced(&rotated, clock());
                    Found::New(Box::new(of_user::<P>(replaced, rotated)))
                }
                Recovery::Lost { request_id } => Found::Dead { request_id },
                _ => Found::NotReplaced,
            })
        })
    }

    fn check<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<Standing, CallError>> {
        Box::pin(VaultProvider::check(self, authorizing(tokens)))
    }

    fn revoke<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<(), CallError>> {
        // Not what authorizes its rotations, where that is another one.
        let token = tokens.token.as_ref().unwrap_or(&NONE);
        Box::pin(VaultProvider::revoke(self, token))
    }
}

/// An empty token where there is none: the provider refuses it.
static NONE: LazyLock<Secret> = LazyLock::new(|| Secret::new(""));

fn authorizing(tokens: &Tokens) -> &Secret {
    tokens.authorizing().unwrap_or(&NONE)
}

fn new<D>(tokens: Tokens, rotated: Rotated<D>) -> New {
    New {
        tokens,
        is_doubtful: rotated.receipt == Receipt::Mismatch,
        request_id: rotated.request_id,
        rate_limit: rotated.rate_limit,
    }
}

/// The same, and the provider may say whose the token is.
fn of_user<P: VaultProvider>(mut tokens: Tokens, rotated: Rotated<P::Details>) -> New {
    let user_id = rotated.details.as_deref().and_then(P::user_id);
    tokens.user_id = user_id.or(tokens.user_id);
    new(tokens, rotated)
}

#[cfg(test)]
mod tests {
    use super::super::Client;
    use super::*;
    use crate::app::{App, Provider};

    /// One with a token beside the one that it replaces, as OhMyGPT, and a call that revokes.
    #[derive(Clone)]
    struct Beside;

    impl tokenturn::Provider for Beside {
        type Details = ();

        async fn replace(&self, _: &Secret) -> Result<Rotated<()>, RotateError> {
            unreachable!("nothing is replaced")
        }

        async fn recover(&self, _: &Secret) -> Result<Recovery<()>, RecoverError> {
            Ok(Recovery::NotReplaced)
        }
    }

    impl VaultProvider for Beside {
        fn app(&self) -> App {
            App {
                provider: Provider::from_static("beside"),
                server: "https://beside.example".into(),
                client_id: String::new(),
            }
        }

        async fn check(&self, token: &Secret) -> Result<Standing, CallError> {
            assert_eq!(token.expose(), "oauth");
            Ok(Standing::Invalid)
        }

        async fn revoke(&self, token: &Secret) -> Result<(), CallError> {
            assert_eq!(token.expose(), "admin");
            Ok(())
        }

        fn can_revoke(&self) -> bool {
            true
        }
    }

    #[tokio::test]
    async fn the_token_of_the_row_is_revoked_and_what_authorizes_calls_is_asked_about() {
        let tokens = Tokens::ohmygpt("oauth", Some("admin".into()));
        let calls = Client::from(Beside).calls;
        assert!(calls.revoke(&tokens).await.is_ok());
        assert_eq!(calls.check(&tokens).await.unwrap(), Standing::Invalid);
    }
}
