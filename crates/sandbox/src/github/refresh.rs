//! A refresh token is used: it works once.

use super::GitHub;
use super::fields::Refusal;
use super::store::{Issued, RefreshToken};
use crate::clock::Moment;
use crate::params::Params;
use crate::refreshes::Refresh;
use crate::world::World;

/// Kills the old pair, gives a new one with the same scopes, and notes it.
pub(super) fn refresh(world: &mut World, params: &Params, now: Moment) -> Result<Issued, Refusal> {
    let github = &mut world.github;
    github.authenticate(params)?;
    let value = params.get("refresh_token").unwrap_or_default();
    let Some(old) = github.take_refresh_token(value, params, now)? else {
        world.refused_refreshes += 1;
        return Err(Refusal::BAD_REFRESH_TOKEN);
    };
    github.tokens.remove(&old.token);
    let issued = github.issue(old.scopes, true, old.by_device, now);
    let new_refresh_token = issued.refresh_token.clone().unwrap_or_default();
    world.refreshes.note(Refresh::new(
        [old.token.into(), value.to_owned()],
        [issued.token.clone(), new_refresh_token],
    ));
    Ok(issued)
}

impl GitHub {
    /// A living refresh token, which is used up by it. Whoever does not know the secret uses up none.
    fn take_refresh_token(
        &mut self,
        value: &str,
        params: &Params,
        now: Moment,
    ) -> Result<Option<RefreshToken>, Refusal> {
        let Some(found) = self.find_refresh(value, now) else {
            return Ok(None);
        };
        if !found.by_device {
            Self::need_secret(params)?;
        }
        Ok(self.refresh_tokens.remove(value))
    }
}
