//! What a scoped token may do.

use std::collections::HashMap;

use tokenturn_client::github::types::AppPermissions;
use tokenturn_client::github::types::builder::ScopeTokenRequest;

/// What a scoped token may do: for one account, some of its repositories, some permissions.
///
/// ```
/// use tokenturn::github::Scoping;
///
/// let scoping = Scoping::new("octocat")
///     .repositories(["hello-world"])
///     .permission("contents", "read");
/// println!("{scoping:?}");
/// ```
#[derive(Clone, Debug)]
pub struct Scoping {
    target: Target,
    repositories: Repositories,
    permissions: HashMap<String, String>,
}

/// The account that a scoped token is for: its name, or its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The name of a user or an organization.
    Name(String),
    /// Its number.
    Id(i64),
}

impl From<&str> for Target {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for Target {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<i64> for Target {
    fn from(id: i64) -> Self {
        Self::Id(id)
    }
}

#[derive(Clone, Debug)]
enum Repositories {
    All,
    Names(Vec<String>),
    Ids(Vec<i64>),
}

impl Scoping {
    /// All repositories of the account and all permissions, unless more is said.
    pub fn new(target: impl Into<Target>) -> Self {
        Self {
            target: target.into(),
            repositories: Repositories::All,
            permissions: HashMap::new(),
        }
    }

    /// Only these repositories, by name. It takes the place of
    /// [`repository_ids`](Self::repository_ids).
    pub fn repositories(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.repositories = Repositories::Names(names.into_iter().map(Into::into).collect());
        self
    }

    /// Only these repositories, by number. It takes the place of
    /// [`repositories`](Self::repositories).
    pub fn repository_ids(mut self, ids: impl IntoIterator<Item = i64>) -> Self {
        self.repositories = Repositories::Ids(ids.into_iter().collect());
        self
    }

    /// Only this permission, and others named so, such as `contents` with `read`.
    pub fn permission(mut self, name: impl Into<String>, level: impl Into<String>) -> Self {
        self.permissions.insert(name.into(), level.into());
        self
    }

    pub(super) fn fill(self, body: ScopeTokenRequest) -> ScopeTokenRequest {
        let body = match self.target {
            Target::Name(name) => body.target(name),
            Target::Id(id) => body.target_id(id),
        };
        let body = match self.repositories {
            Repositories::All => body,
            Repositories::Names(names) => body.repositories(names),
            Repositories::Ids(ids) => body.repository_ids(ids),
        };
        if self.permissions.is_empty() {
            return body;
        }
        body.permissions(AppPermissions(self.permissions))
    }
}
