//! The calls of the REST API.

use tokenturn_client::Secret;

use super::scoping::Scoping;
use super::{Authorization, Deletion, Feature, GitHub, TokenCheck, answer, sendable};
use crate::answered::Answered;
use crate::error::{CallError, NotSent, RecoverError, Refusal, RefusalReason, RotateError};
use crate::evidence::{Candidates, can_be_a_users, is_alphabet};
use crate::rotated::{Recovery, Rotated};

/// How many credentials one call can revoke.
const MOST_CREDENTIALS: usize = 1000;

impl GitHub {
    /// Asks whether a token of this app is valid.
    ///
    /// A failure that may pass is tried again, three times in all.
    ///
    /// Source: [Check a token](https://docs.github.com/en/rest/apps/oauth-applications#check-a-token).
    ///
    /// ```no_run
    /// # async fn run(github: tokenturn::GitHub, token: tokenturn::Secret) -> Result<(), tokenturn::CallError> {
    /// if !github.check_token(&token).await?.is_valid() {
    ///     println!("ask the user to authorize the app again");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Whenever GitHub did not answer the question: an outage never makes a token invalid.
    pub async fn check_token(&self, token: &Secret) -> Result<Answered<TokenCheck>, CallError> {
        let failed = |why| CallError::new("the token could not be checked", why);
        self.client_secret().map_err(failed)?;
        sendable("the token", token).map_err(failed)?;
        let call = self.rest.check_token().client_id(&self.app.client_id);
        let call = call.body_map(|body| body.access_token(token.clone()));
        let answer = self.app.calls.make(call.send()).await;
        answer
            .and_then(|answer| answer::checked(answer, token, &self.app))
            .map_err(failed)
    }

    /// Replaces a token. The old one is dead at once; the new one is in the result and nowhere
    /// else.
    ///
    /// The call is sent exactly once. It does not protect against this process ending, or this
    /// future being dropped, between GitHub's answer and your saving the token: for that,
    /// [`rotate`](crate::rotate) is there.
    ///
    /// Source: [Reset a token](https://docs.github.com/en/rest/apps/oauth-applications#reset-a-token).
    ///
    /// ```no_run
    /// # async fn run(github: tokenturn::GitHub, old: tokenturn::Secret) -> Result<(), Box<dyn std::error::Error>> {
    /// use tokenturn::{NotSaved, Sink, sink::FileSink};
    ///
    /// let rotated = github.reset_token(&old).await?;
    /// if let Err(error) = FileSink::new("token.txt").save(&rotated).await {
    ///     return Err(NotSaved::new(&rotated, error).into()); // with the new token
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RotateError`] tells whether the token may have been replaced all the same.
    pub async fn reset_token(&self, old: &Secret) -> Result<Rotated<Authorization>, RotateError> {
        self.client_secret()?;
        sendable("the token", old)?;
        let call = self.rest.reset_token().client_id(&self.app.client_id);
        let call = call.body_map(|body| body.access_token(old.clone()));
        answer::rotated(self.app.calls.make(call.send()).await?, old, &self.app)
    }

    /// Revokes one token of a user.
    ///
    /// Source: [Delete an app token](https://docs.github.com/en/rest/apps/oauth-applications#delete-an-app-token).
    ///
    /// # Errors
    ///
    /// When the token may still be alive.
    pub async fn delete_token(&self, token: &Secret) -> Result<Answered<Deletion>, CallError> {
        let failed = |why| CallError::new("the token could not be deleted", why);
        self.client_secret().map_err(failed)?;
        sendable("the token", token).map_err(failed)?;
        let call = self.rest.delete_token().client_id(&self.app.client_id);
        let call = call.body_map(|body| body.access_token(token.clone()));
        let answer = self.app.calls.make(call.send()).await;
        answer
            .and_then(|answer| answer::deleted(answer, token, &self.app))
            .map_err(failed)
    }

    /// Revokes the authorization that a user gave to this app, and with it every token of that user
    /// for the app. `token` is any one of them.
    ///
    /// Source: [Delete an app authorization](https://docs.github.com/en/rest/apps/oauth-applications#delete-an-app-authorization).
    ///
    /// # Errors
    ///
    /// When the authorization may still be there.
    pub async fn delete_authorization(
        &self,
        token: &Secret,
    ) -> Result<Answered<Deletion>, CallError> {
        let failed = |why| CallError::new("the authorization could not be deleted", why);
        self.client_secret().map_err(failed)?;
        sendable("the token", token).map_err(failed)?;
        let call = self.rest.delete_authorization();
        let call = call.client_id(&self.app.client_id);
        let call = call.body_map(|body| body.access_token(token.clone()));
        let answer = self.app.calls.make(call.send()).await;
        answer
            .and_then(|answer| answer::deleted(answer, token, &self.app))
            .map_err(failed)
    }

    /// Makes a token that can do less, from a user token of a GitHub App, which lives on.
    ///
    /// Source: [Create a scoped access token](https://docs.github.com/en/rest/apps/apps#create-a-scoped-access-token).
    ///
    /// ```no_run
    /// # async fn run(github: tokenturn::GitHub, token: tokenturn::Secret) -> Result<(), Box<dyn std::error::Error>> {
    /// use tokenturn::{NotSaved, Sink, github::Scoping, sink::FileSink};
    ///
    /// let scoping = Scoping::new("octocat").permission("contents", "read");
    /// let scoped = github.scope_token(&token, scoping).await?;
    /// if let Err(error) = FileSink::new("token.txt").save(&scoped).await {
    ///     return Err(NotSaved::new(&scoped, error).into()); // with the new token
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Without sending anything, when the server does not have it (Enterprise Server before 3.4).
    /// After an unknown outcome there may be a scoped token that nobody knows; it dies with the
    /// token that it was made from.
    pub fn scope_token(
        &self,
        token: &Secret,
        scoping: Scoping,
    ) -> impl Future<Output = Result<Rotated<Authorization>, RotateError>> + Send + use<> {
        let (github, token) = (self.clone(), token.clone());
        async move {
            github.require(Feature::ScopeToken)?;
            github.client_secret()?;
            sendable("the token", &token)?;
            let call = github.rest.scope_token().client_id(&github.app.client_id);
            let call = call.body_map(|body| scoping.fill(body.access_token(token.clone())));
            let answer = github.app.calls.make(call.send()).await?;
            answer::rotated(answer, &token, &github.app)
        }
    }

    /// Revokes credentials that leaked, whoever's they are: tokens of apps (`gho_`, `ghu_`, `ghr_`)
    /// and personal access tokens (`ghp_`, `github_pat_`). It needs no client secret, so it is there
    /// when that has leaked, too. The owners are told by mail.
    ///
    /// GitHub does not say which of the credentials were valid. It allows 60 calls an hour.
    ///
    /// Source: [Revoke a list of credentials](https://docs.github.com/en/rest/credentials/revoke).
    ///
    /// # Errors
    ///
    /// Without sending anything, when there is no credential, when there are more than 1000, when one
    /// of them has what no credential has in it (it would be accepted, and stay alive), or on
    /// Enterprise Server, which does not have it.
    pub async fn revoke_credentials(
        &self,
        credentials: impl IntoIterator<Item = Secret>,
    ) -> Result<Answered<()>, CallError> {
        let failed = |why| CallError::new("the credentials could not be revoked", why);
        self.require(Feature::RevokeCredentials).map_err(failed)?;
        let credentials: Vec<Secret> = credentials.into_iter().collect();
        let count = credentials.len();
        if !(1..=MOST_CREDENTIALS).contains(&count) {
            let why = format!("one call revokes 1 to {MOST_CREDENTIALS} credentials, not {count}");
            return Err(failed(RotateError::NotSent(NotSent::impossible(why))));
        }
        for (credential, number) in credentials.iter().zip(1..) {
            let what = format!("credential {number}");
            sendable(&what, credential).map_err(failed)?;
            if !is_alphabet(credential) {
                let why = format!(
                    "{what} has more in it than the letters, digits and `_` of GitHub's; take that off, \
                     or GitHub accepts it and revokes nothing"
                );
                return Err(failed(RotateError::NotSent(NotSent::impossible(why))));
            }
        }
        let call = self.rest.revoke_credentials();
        let call = call.body_map(|body| body.credentials(credentials.clone()));
        let sent: Vec<&Secret> = credentials.iter().collect();
        let answer = self.app.calls.make(call.send()).await;
        answer
            .and_then(|answer| answer::revoked(answer, &sent))
            .map_err(failed)
    }

    /// Finds out what became of a reset whose outcome is unknown, by a check of the old token.
    ///
    /// Nothing but GitHub's own 404 makes a token [`Lost`](Recovery::Lost). Where the unknown outcome
    /// had [candidates](crate::Unknown::candidates), give them to
    /// [`recover_with`](Self::recover_with).
    ///
    /// # Errors
    ///
    /// Whenever GitHub did not answer the question: the outcome is as unknown as before, so keep
    /// the old token and ask again later.
    pub async fn recover(&self, old: &Secret) -> Result<Recovery<Authorization>, RecoverError> {
        self.recover_with(old, &Candidates::default()).await
    }

    /// The same, and when the old token is dead, asks about the candidates: the one that GitHub calls
    /// a valid token of this app is the new one.
    ///
    /// # Errors
    ///
    /// As [`recover`](Self::recover).
    pub async fn recover_with(
        &self,
        old: &Secret,
        candidates: &Candidates,
    ) -> Result<Recovery<Authorization>, RecoverError> {
        let failed = |error: CallError| RecoverError(error.into_why());
        let check = self.check_token(old).await.map_err(failed)?;
        if check.is_valid() {
            return Ok(Recovery::NotReplaced);
        }
        let request_id = check.request_id;
        let mut in_doubt = None;
        for token in candidates.tokens().iter().filter(|token| *token != old) {
            match self.check_token(token).await.map(|check| check.value) {
                Ok(TokenCheck::Valid(found)) if candidates.fits(found.as_deref()) => {
                    let mut rotated = answer::found(token, found);
                    rotated.refresh_token = candidates.refresh_token().cloned();
                    return Ok(Recovery::Rotated(rotated));
                }
                Ok(_) => {}
                // GitHub cannot even read it as a token, or does not know it, and it cannot be one.
                Err(error) if error.refusal().is_some_and(|no| is_no_token(no, token)) => {}
                // Another may be the token all the same.
                Err(error) if error.refusal().is_some_and(is_about_one) => in_doubt = Some(error),
                Err(error) => return Err(failed(error)),
            }
        }
        in_doubt.map_or(Ok(Recovery::Lost { request_id }), |e| Err(failed(e)))
    }
}

/// Whether GitHub itself says so: whatever stands before it may dislike a living token, too.
fn is_no_token(refusal: &Refusal, candidate: &Secret) -> bool {
    let is_unreadable = refusal.reason == RefusalReason::Invalid && refusal.request_id.is_some();
    is_unreadable || refusal.status == 404 && !can_be_a_users(candidate)
}

fn is_about_one(refusal: &Refusal) -> bool {
    matches!(
        refusal.reason,
        RefusalReason::Invalid | RefusalReason::MissingPermission | RefusalReason::Other
    )
}
