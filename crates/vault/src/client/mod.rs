//! A client for the tokens of one app, whoever issues them.

mod calls;
mod providers;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokenturn::{CallError, NotSent, RotateError, Rotated, Secret};

use crate::app::App;
pub(crate) use calls::{Calls, Found, New};

/// What a vault asks of a provider, beside what [`rotate`](tokenturn::rotate) and
/// [`recover`](tokenturn::recover) do.
///
/// [`GitHub`](tokenturn::GitHub) and [`OhMyGpt`](tokenturn::OhMyGpt) have it. Implement it for a provider of
/// your own: a [`Client`] is made of it, and rotations, checks and fleets take that. The defaults are those
/// that destroy nothing where nothing is known of the provider. The example `gitlab` in the repository goes
/// all the way.
///
/// A vault believes what a provider returns. So [`replace`](tokenturn::Provider::replace) sends a call once,
/// and returns a token only where the answer is the provider's own; and
/// [`recover`](tokenturn::Provider::recover) says that the new token is lost only where the provider has said
/// that the old one is dead. A vault replaces no token before an earlier call in doubt is resolved so.
///
/// The new token may be in an answer that could not be read. The vault keeps that, and hands over what may be
/// the token in it: [`Candidates`](tokenturn::Candidates) are the values of `token` and `access_token`, and
/// what looks like a token of GitHub's. [`recover_with`](tokenturn::Provider::recover_with), which looks at
/// none of them by default, should ask the provider about each.
pub trait VaultProvider: tokenturn::Provider {
    /// The app whose tokens it can replace: always the same one.
    fn app(&self) -> App;

    /// Asks about a token, which changes nothing. Of a row whose rotations are authorized by another token
    /// than the one that they replace, it is that other one.
    ///
    /// An error says nothing about the token. Only the provider's own word makes it invalid.
    fn check(&self, token: &Secret) -> impl Future<Output = Result<Standing, CallError>> + Send;

    /// Replaces a token and its refresh token by means of that, in a call that is sent once. Needed where
    /// tokens come with a [`refresh_token`](Rotated::refresh_token).
    ///
    /// A refresh token that is dead is refused with [`InvalidToken`](tokenturn::RefusalReason::InvalidToken)
    /// and nothing else. Where another token authorizes rotations, none is refreshed.
    fn refresh(
        &self,
        refresh_token: &Secret,
    ) -> impl Future<Output = Result<Rotated<()>, RotateError>> + Send {
        let _ = refresh_token;
        let why = "this provider's tokens are not refreshed";
        async move { Err(RotateError::NotSent(NotSent::impossible(why))) }
    }

    /// Makes the token of a row invalid: the one that rotations replace. Needed where
    /// [`can_revoke`](Self::can_revoke) says so.
    fn revoke(&self, token: &Secret) -> impl Future<Output = Result<(), CallError>> + Send {
        let _ = token;
        let why = NotSent::impossible("this provider has no call that makes a token invalid");
        let error = CallError::new("the token was not revoked", RotateError::NotSent(why));
        async move { Err(error) }
    }

    /// The number of the user whose token it is, where the provider says so: a token of another user is not
    /// stored.
    fn user_id(details: &Self::Details) -> Option<i64> {
        let _ = details;
        None
    }

    /// The time between two calls of a fleet, unless [`FleetOptions`](crate::FleetOptions) say otherwise.
    fn interval(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// Whether [`check`](Self::check) and [`replace`](tokenturn::Provider::replace) can be called, and not
    /// only [`refresh`](Self::refresh), as by a client without its secret.
    fn can_ask(&self) -> bool {
        true
    }

    /// Whether the provider has a call that makes a token invalid: [`revoke`](Self::revoke).
    fn can_revoke(&self) -> bool {
        false
    }

    /// Whether what authorizes a rotation is another token than the one that is replaced, and stays, as at
    /// OhMyGPT ([`Tokens::oauth_token`](crate::Tokens::oauth_token)). A sign-in brings that one then, and an outcome that is unknown is
    /// followed by another rotation instead of a question.
    fn can_repeat(&self) -> bool {
        false
    }
}

/// What a provider says about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It works.
    Valid {
        /// The number of the user whose token it is, where the provider has said so.
        user_id: Option<i64>,
    },
    /// It does not, as the provider itself has said.
    Invalid,
}

/// A client for the tokens of one app: a [`VaultProvider`], whichever it is.
///
/// A clone is cheap.
#[derive(Clone)]
pub struct Client {
    app: Arc<App>,
    pub(crate) calls: Arc<dyn Calls>,
}

impl<P: VaultProvider> From<P> for Client {
    fn from(provider: P) -> Self {
        Self {
            app: Arc::new(provider.app()),
            calls: Arc::new(provider),
        }
    }
}

/// It shows the app alone: a provider may hold secrets.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.app).finish()
    }
}

impl Client {
    /// The app whose tokens it can replace.
    pub fn app(&self) -> App {
        App::clone(&self.app)
    }

    /// The provider that it was made of, if that is of this type.
    pub fn downcast_ref<P: VaultProvider>(&self) -> Option<&P> {
        self.calls.as_any().downcast_ref()
    }

    /// Whether that is this one.
    pub(crate) fn is_of(&self, app: &App) -> bool {
        *self.app == *app
    }

    /// Whether what authorizes a call is the token itself, and not a secret of the app's.
    pub(crate) fn is_bearer(&self) -> bool {
        self.app.client_id.is_empty()
    }
}
