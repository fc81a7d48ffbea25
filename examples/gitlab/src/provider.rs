//! GitLab, as the front door and a vault call it.

use tokenturn::{
    BuildError, CallError, Candidates, NotSent, RecoverError, Recovery, RotateError, Rotated,
    Secret, normal_base_url,
};
use tokenturn_client::Transport;
use tokenturn_vault::{App, Provider, Standing, VaultProvider};

use crate::answer::{self, is_dead};
use crate::client::Client;
use crate::client::types::Token;

/// The word for it in a vault.
const GITLAB: Provider = Provider::from_static("gitlab");

/// The personal access tokens of a GitLab.
///
/// A token needs the scope `api` or `self_rotate`.
#[derive(Clone, Debug)]
pub struct GitLab {
    client: Client,
    expires_at: Option<String>,
}

impl GitLab {
    /// A client of the API with this base URL, such as `https://gitlab.com/api/v4`.
    ///
    /// # Errors
    ///
    /// When it is no such URL.
    pub fn new(base_url: &str) -> Result<Self, BuildError> {
        let transport = Transport::builder(normal_base_url(base_url)).build()?;
        Ok(Self {
            client: Client::new(transport),
            expires_at: None,
        })
    }

    /// When new tokens die, as `YYYY-MM-DD`, at midnight UTC. GitLab gives them a week unless told.
    #[must_use]
    pub fn expires_at(mut self, date: impl Into<String>) -> Self {
        self.expires_at = Some(date.into());
        self
    }

    /// What the token is. It revokes nothing, also when the token is dead.
    async fn ask(&self, token: &Secret) -> Result<Token, RotateError> {
        let call = self.client.get_token().private_token(token.clone());
        answer::described(call.send().await)
    }
}

impl tokenturn::Provider for GitLab {
    type Details = Token;

    /// Asks first: a rotation of a dead token would take the living one with it. So nothing happens where
    /// somebody else has replaced it meanwhile.
    async fn replace(&self, old: &Secret) -> Result<Rotated<Token>, RotateError> {
        match self.ask(old).await {
            Ok(_) => {}
            Err(error) if error.is_refused() => return Err(error),
            // The rotation was not, whatever became of the question.
            Err(error) => return Err(RotateError::NotSent(NotSent::unasked(error))),
        }
        let mut call = self.client.rotate_token().private_token(old.clone());
        if let Some(date) = &self.expires_at {
            call = call.expires_at(date.clone());
        }
        answer::rotated(call.send().await, old)
    }

    /// Asks about the old token, and nothing more.
    async fn recover(&self, old: &Secret) -> Result<Recovery<Token>, RecoverError> {
        match self.ask(old).await {
            Ok(_) => Ok(Recovery::NotReplaced),
            Err(error) if is_dead(&error) => Ok(Recovery::Lost {
                request_id: error.request_id().map(str::to_owned),
            }),
            Err(error) => Err(RecoverError(error)),
        }
    }

    /// The same, and then about what may be the new one in an answer that could not be read.
    async fn recover_with(
        &self,
        old: &Secret,
        candidates: &Candidates,
    ) -> Result<Recovery<Token>, RecoverError> {
        let recovery = self.recover(old).await?;
        if matches!(recovery, Recovery::Lost { .. }) {
            for token in candidates.tokens() {
                match self.ask(token).await {
                    Ok(details) => {
                        return Ok(Recovery::Rotated(answer::found(token.clone(), details)));
                    }
                    // It is dead, or no token.
                    Err(error) if error.status() == Some(401) => {}
                    Err(error) => return Err(RecoverError(error)),
                }
            }
        }
        Ok(recovery)
    }
}

impl VaultProvider for GitLab {
    fn app(&self) -> App {
        App {
            provider: GITLAB,
            server: self.client.transport().base_url().to_owned(),
            client_id: String::new(),
        }
    }

    async fn check(&self, token: &Secret) -> Result<Standing, CallError> {
        match self.ask(token).await {
            Ok(found) => Ok(Standing::Valid {
                user_id: found.user_id,
            }),
            Err(error) if is_dead(&error) => Ok(Standing::Invalid),
            Err(error) => Err(CallError::new("the token could not be checked", error)),
        }
    }

    async fn revoke(&self, token: &Secret) -> Result<(), CallError> {
        let call = self.client.revoke_token().private_token(token.clone());
        let revoked = answer::revoked(call.send().await);
        revoked.map_err(|why| CallError::new("the token could not be revoked", why))
    }

    fn can_revoke(&self) -> bool {
        true
    }

    fn user_id(details: &Token) -> Option<i64> {
        details.user_id
    }
}
