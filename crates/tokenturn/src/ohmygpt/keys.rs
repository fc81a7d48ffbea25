//! The API keys of a user, which the user's admin token opens.

use tokenturn_client::ohmygpt::types::{
    ApiToken, ApiTokensResponse, BalanceResponse, ErrorEnvelope, NewApiTokenResponse, UserBalance,
};
use tokenturn_client::{Amount, Secret, Timestamp};

use super::OhMyGpt;
use super::answer::{self, Envelope};
use crate::error::CallError;

/// An API key to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApiKey {
    /// A note.
    pub remark: Option<String>,
    /// When the key stops working.
    pub expired_at: Timestamp,
    /// How many units of the balance it may use at most; 0 means any number.
    pub max_fee: Amount,
    /// The names of the models that it may use.
    pub permissions: Vec<String>,
}

/// What an API key is to be from now on. The call replaces all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyUpdate {
    /// A note.
    pub remark: String,
    /// When the key stops working.
    pub expired_at: Timestamp,
    /// How many units of the balance it may use at most; 0 means any number.
    pub max_fee: Amount,
    /// The names of the models that it may use.
    pub permissions: Vec<String>,
    /// Whether it is switched off.
    pub is_disabled: bool,
}

impl OhMyGpt {
    /// Creates an API key. A user has 5,000 of them at most; 10 calls a second are allowed.
    ///
    /// After a failure whose outcome is unknown the key may be there all the same:
    /// [`api_keys`](Self::api_keys) lists it, and shows it whole.
    ///
    /// Source: the provider's page [Create API key](https://ohmygptdocs.apifox.cn/api-118666583).
    ///
    /// ```no_run
    /// # async fn run(ohmygpt: tokenturn::OhMyGpt, admin_token: tokenturn::Secret) -> Result<(), Box<dyn std::error::Error>> {
    /// use tokenturn::ohmygpt::NewApiKey;
    ///
    /// let key = NewApiKey {
    ///     remark: Some("ci".into()),
    ///     expired_at: "2027-01-01T00:00:00Z".parse()?,
    ///     max_fee: 3_500_000.into(),
    ///     permissions: vec!["gpt-4".into()],
    /// };
    /// let key = ohmygpt.create_api_key(&admin_token, &key).await?;
    /// println!("{}", key.fingerprint());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When no key came.
    pub async fn create_api_key(
        &self,
        admin_token: &Secret,
        key: &NewApiKey,
    ) -> Result<Secret, CallError> {
        let failed = |why| CallError::new("no API key came", why);
        let client = self.with_bearer(admin_token).map_err(failed)?;
        let call = client.new_api_token().body_map(|body| {
            body.remark(key.remark.clone())
                .expired_at(key.expired_at.to_string())
                .max_fee(key.max_fee.clone())
                .permissions(list(&key.permissions))
        });
        let answer = self.set_up.calls.make(call.send()).await;
        answer::data(answer, &[admin_token]).map_err(failed)
    }

    /// Changes an API key. 10 calls a second are allowed.
    ///
    /// Source: the provider's page [Update API key](https://ohmygptdocs.apifox.cn/api-118666584).
    ///
    /// # Errors
    ///
    /// When the key may be as it was.
    pub async fn update_api_key(
        &self,
        admin_token: &Secret,
        key: &Secret,
        update: &ApiKeyUpdate,
    ) -> Result<(), CallError> {
        let failed = |why| CallError::new("the API key could not be changed", why);
        let client = self.with_bearer(admin_token).map_err(failed)?;
        let call = client.update_api_token().body_map(|body| {
            body.key(key.clone())
                .remark(&update.remark)
                .expired_at(update.expired_at.to_string())
                .max_fee(update.max_fee.clone())
                .permissions(list(&update.permissions))
                .is_disabled(update.is_disabled.to_string())
        });
        let answer = self.set_up.calls.make(call.send()).await;
        answer::data(answer, &[admin_token, key]).map_err(failed)
    }

    /// Lists all API keys of the user, whole, the admin token among them. One call a second is
    /// allowed.
    ///
    /// Source: the provider's page [List all API keys](https://ohmygptdocs.apifox.cn/api-118666585).
    ///
    /// # Errors
    ///
    /// When no list came.
    pub async fn api_keys(&self, admin_token: &Secret) -> Result<Vec<ApiToken>, CallError> {
        let failed = |why| CallError::new("the API keys could not be listed", why);
        let client = self.with_bearer(admin_token).map_err(failed)?;
        let call = client.get_api_tokens();
        let answer = self.set_up.calls.make(call.send()).await;
        answer::data(answer, &[admin_token]).map_err(failed)
    }

    /// Deletes an API key.
    ///
    /// Source: the provider's page [Delete API key](https://ohmygptdocs.apifox.cn/api-118666586).
    ///
    /// # Errors
    ///
    /// When the key may still work.
    pub async fn delete_api_key(
        &self,
        admin_token: &Secret,
        key: &Secret,
    ) -> Result<(), CallError> {
        let failed = |why| CallError::new("the API key could not be deleted", why);
        let client = self.with_bearer(admin_token).map_err(failed)?;
        let call = client
            .del_api_token()
            .body_map(|body| body.key(key.clone()));
        let answer = self.set_up.calls.make(call.send()).await;
        answer::data(answer, &[admin_token, key]).map_err(failed)
    }

    /// Reads what the user has left, exact to the last digit.
    ///
    /// Source: the provider's page "User balance query", modified 2023-08-23.
    ///
    /// # Errors
    ///
    /// When OhMyGPT did not say.
    pub async fn balance(&self, admin_token: &Secret) -> Result<UserBalance, CallError> {
        let failed = |why| CallError::new("the balance could not be read", why);
        let client = self.with_bearer(admin_token).map_err(failed)?;
        let call = client.balance();
        let answer = self.set_up.calls.make(call.send()).await;
        answer::data(answer, &[admin_token]).map_err(failed)
    }
}

/// A JSON array as text, which is how a form holds a list here.
fn list(names: &[String]) -> String {
    serde_json::Value::from(names).to_string()
}

impl Envelope for NewApiTokenResponse {
    type Data = Secret;

    fn into_data(self) -> Option<Secret> {
        let key = self.data.filter(|key| !key.is_empty());
        key.filter(|_| self.status_code == Some(200))
    }
}

impl Envelope for ApiTokensResponse {
    type Data = Vec<ApiToken>;

    fn into_data(self) -> Option<Vec<ApiToken>> {
        self.data.filter(|_| self.status_code == Some(200))
    }
}

impl Envelope for BalanceResponse {
    type Data = UserBalance;

    fn into_data(self) -> Option<UserBalance> {
        let data = self.data.filter(|data| data.balance.is_some());
        data.filter(|_| self.status_code == Some(200))
    }
}

/// An update and a deletion bring nothing but the word that they were done.
impl Envelope for ErrorEnvelope {
    type Data = ();

    fn into_data(self) -> Option<()> {
        (self.status_code == Some(200)).then_some(())
    }
}
