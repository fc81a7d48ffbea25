//! What a provider says of a token beside it.

use serde::Serialize;
use tokenturn::Candidates;
use tokenturn::github::{Authorization, UserToken};
use tokenturn::ohmygpt::{OAuthToken, UserAdminToken, UserBasicInfo};

/// Whom a token is of, and what it may do. What looks like a token is left out.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Learned {
    /// The user's name, or else their number.
    user: Option<String>,
    scopes: Option<Vec<String>>,
    note: Option<String>,
}

impl Learned {
    /// The lines of a report, for what is known.
    pub(super) fn lines(&self) -> [(&'static str, Option<String>); 3] {
        let scopes = self.scopes.as_ref().map(|scopes| match &scopes[..] {
            [] => "none".to_owned(),
            scopes => scopes.join(", "),
        });
        [
            ("user", self.user.clone()),
            ("scopes", scopes),
            ("note", self.note.clone()),
        ]
    }
}

/// The details of an answer.
pub(crate) trait Details {
    fn learned(&self) -> Learned;
}

impl Details for Authorization {
    fn learned(&self) -> Learned {
        let user = self.user.as_ref();
        let number = || Some(user?.id?.to_string());
        Learned {
            user: user
                .and_then(|user| shown(user.login.as_ref()?))
                .or_else(number),
            scopes: self.scopes.as_deref().map(all_shown),
            note: self.note.as_ref().and_then(shown),
        }
    }
}

impl Details for UserToken {
    fn learned(&self) -> Learned {
        Learned {
            scopes: self.scopes.as_deref().map(all_shown),
            ..Learned::default()
        }
    }
}

impl Details for UserBasicInfo {
    fn learned(&self) -> Learned {
        Learned {
            user: self.user_id.as_ref().map(ToString::to_string),
            ..Learned::default()
        }
    }
}

impl Details for OAuthToken {
    fn learned(&self) -> Learned {
        Learned {
            user: self.user_id.as_ref().map(ToString::to_string),
            ..Learned::default()
        }
    }
}

impl Details for UserAdminToken {
    fn learned(&self) -> Learned {
        Learned {
            user: self.user_id.as_ref().map(ToString::to_string),
            ..Learned::default()
        }
    }
}

impl Details for () {
    fn learned(&self) -> Learned {
        Learned::default()
    }
}

/// An answer may repeat the token anywhere.
fn shown(text: impl AsRef<str>) -> Option<String> {
    let text = text.as_ref();
    let candidates = Candidates::in_body(format!("{text} ").as_bytes());
    candidates.is_empty().then(|| text.to_owned())
}

fn all_shown(texts: &[String]) -> Vec<String> {
    texts.iter().filter_map(shown).collect()
}
