//! The fields of one line.

use tokenturn::Secret;

/// What import looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Provider,
    Server,
    ClientId,
    Label,
    Token,
    OauthToken,
    ExpiresAt,
    RefreshToken,
    RefreshTokenExpiresAt,
    UserId,
    Kept,
}

const FIELDS: [(Field, &str); 12] = [
    (Field::Id, "id"),
    (Field::Provider, "provider"),
    (Field::Server, "server"),
    (Field::ClientId, "client_id"),
    (Field::Label, "label"),
    (Field::Token, "token"),
    (Field::OauthToken, "oauth_token"),
    (Field::ExpiresAt, "expires_at"),
    (Field::RefreshToken, "refresh_token"),
    (Field::RefreshTokenExpiresAt, "refresh_token_expires_at"),
    (Field::UserId, "user_id"),
    (Field::Kept, "kept"),
];

/// What export writes beside that.
const NOT_LOOKED_AT: [&str; 4] = ["state", "generation", "created_at", "changed_at"];

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Of(Field),
    NotLookedAt,
}

impl Name {
    /// `None` for a name that is not known.
    pub(super) fn parse(name: &str) -> Option<Self> {
        if NOT_LOOKED_AT.contains(&name) {
            return Some(Self::NotLookedAt);
        }
        let known = FIELDS.iter().find(|(_, known)| *known == name);
        known.map(|(field, _)| Self::Of(*field))
    }

    /// All names that are known.
    pub(super) fn all() -> String {
        let names = FIELDS.iter().map(|(_, name)| *name).chain(NOT_LOOKED_AT);
        names.collect::<Vec<_>>().join(", ")
    }
}

impl Field {
    pub(super) fn as_str(self) -> &'static str {
        FIELDS[self as usize].1
    }
}

/// The fields of one line that are not empty. Any of them may be a secret.
#[derive(Default)]
pub(super) struct Fields([Option<Secret>; FIELDS.len()]);

impl Fields {
    /// Whether it was not there yet.
    pub(super) fn set(&mut self, field: Field, value: Option<Secret>) -> bool {
        let place = &mut self.0[field as usize];
        let was_empty = place.is_none();
        *place = value.filter(|value| !value.is_empty());
        was_empty
    }

    pub(super) fn take(&mut self, field: Field) -> Option<Secret> {
        self.0[field as usize].take()
    }

    /// A field that is no secret.
    pub(super) fn text(&mut self, field: Field) -> Option<String> {
        self.take(field).map(|value| value.expose().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_in_the_order_of_the_fields() {
        for (at, (field, name)) in FIELDS.into_iter().enumerate() {
            assert_eq!(field as usize, at);
            assert_eq!(Name::parse(name), Some(Name::Of(field)));
        }
    }
}
