//! GitHub and OhMyGPT.

use std::time::Duration;

use tokenturn::github::{Authorization, TokenCheck};
use tokenturn::{CallError, GitHub, OhMyGpt, RefusalReason, RotateError, Rotated, Secret};

use super::{Standing, VaultProvider};
use crate::app::{App, Provider};

impl VaultProvider for GitHub {
    fn app(&self) -> App {
        App {
            provider: Provider::GITHUB,
            server: self.base_url().to_owned(),
            client_id: self.client_id().to_owned(),
        }
    }

    async fn check(&self, token: &Secret) -> Result<Standing, CallError> {
        Ok(match self.check_token(token).await?.value {
            TokenCheck::Valid(found) => Standing::Valid {
                user_id: found.and_then(|found| found.user?.id),
            },
            _ => Standing::Invalid,
        })
    }

    async fn refresh(&self, refresh_token: &Secret) -> Result<Rotated<()>, RotateError> {
        let rotated = self.refresh_token(refresh_token).await?;
        Ok(rotated.without_details())
    }

    async fn revoke(&self, token: &Secret) -> Result<(), CallError> {
        self.delete_token(token).await.map(drop)
    }

    fn can_revoke(&self) -> bool {
        true
    }

    fn user_id(details: &Authorization) -> Option<i64> {
        details.user.as_ref()?.id
    }

    /// GitHub advises a second between changes, but for Enterprise Server, whose limits are off at first.
    fn interval(&self) -> Duration {
        let host = self.base_url().strip_prefix("https://api.");
        let is_advised =
            host.is_some_and(|host| host == "github.com" || host.ends_with(".ghe.com"));
        Duration::from_secs(is_advised.into())
    }

    fn can_ask(&self) -> bool {
        !self.is_public()
    }
}

impl VaultProvider for OhMyGpt {
    fn app(&self) -> App {
        App {
            provider: Provider::OHMYGPT,
            server: self.base_url().to_owned(),
            client_id: String::new(),
        }
    }

    /// There is no call that tells about an admin token, but one about the OAuth token.
    async fn check(&self, oauth_token: &Secret) -> Result<Standing, CallError> {
        match self.user_basic_info(oauth_token).await {
            Ok(_) => Ok(Standing::Valid { user_id: None }),
            Err(error) => match error.refusal().map(|refusal| refusal.reason) {
                Some(RefusalReason::InvalidToken) => Ok(Standing::Invalid),
                _ => Err(error),
            },
        }
    }

    fn interval(&self) -> Duration {
        Duration::ZERO
    }

    fn can_repeat(&self) -> bool {
        true
    }
}
