//! Secrets: where they must not stand, and what looks like one and is not marked.

use heck::ToSnakeCase;
use serde_json::json;

use super::Lint;
use super::formats::meant;
use super::schemas::MAX_PARTS;
use crate::keywords;
use crate::prepare::choice_of;
use crate::report::quoted;
use crate::tree::Node;

/// What a secret is called. More words may come before.
const NAMES: [&str; 26] = [
    "password",
    "passwd",
    "passphrase",
    "password_confirmation",
    "secret",
    "client_secret",
    "secret_key",
    "private_key",
    "api_key",
    "access_key",
    "encryption_key",
    "account_key",
    "master_key",
    "license_key",
    "access_token",
    "refresh_token",
    "id_token",
    "auth_token",
    "bearer_token",
    "api_token",
    "session_token",
    "security_token",
    "secret_token",
    "personal_access_token",
    "recovery_code",
    "code_verifier",
];

/// What is not the secret itself.
const HARMLESS: [&str; 6] = ["hashed", "masked", "encrypted", "redacted", "has", "is"];

impl<'a> Lint<'a> {
    /// Warns of a string that its name says to be a secret, and its format does not.
    pub(super) fn secret_name(&mut self, name: &str, node: Node<'a>, schema: Node<'a>, help: &str) {
        if is_secret_name(name) && self.is_unmarked(schema) {
            let message = format!(
                "{} looks like a secret, and becomes a string, which prints",
                quoted(name)
            );
            self.warn("secret-name", node, message, help);
        }
    }

    /// Whether it is a string, or a list of them, that may be anything.
    fn is_unmarked(&self, schema: Node<'a>) -> bool {
        let Some(resolved) = self.resolve(schema, "schemas") else {
            return false;
        };
        if let Some(items) = resolved.get("items") {
            return self.is_unmarked_text(items);
        }
        self.is_unmarked_text(resolved)
    }

    fn is_unmarked_text(&self, schema: Node<'a>) -> bool {
        let kind = self.word(schema, "type");
        let format = self.word(schema, "format");
        let has_values = self.resolve(schema, "schemas");
        let has_values = has_values.is_some_and(|schema| schema.value.get("enum").is_some());
        // A misspelt format has its own warning.
        let is_marked =
            format.is_some_and(|format| format == "password" || meant(format) == Some("password"));
        kind == Some("string") && !is_marked && !has_values
    }

    /// The type or the format of a schema, or of the first that it narrows.
    pub(super) fn word(&self, schema: Node<'a>, key: &str) -> Option<&'a str> {
        self.first_word(schema, key, &mut { MAX_PARTS })
    }

    fn first_word(&self, schema: Node<'a>, key: &str, left: &mut usize) -> Option<&'a str> {
        let schema = self.resolve(schema, "schemas").filter(|_| *left > 0)?;
        *left -= 1;
        let mut parts = schema.get("allOf").into_iter().flat_map(Node::items);
        let own = schema.text(key);
        own.or_else(|| parts.find_map(|part| self.first_word(part, key, left)))
    }

    /// Warns of an alternative that anything fits: what lacks a property of the one with a secret in it is
    /// read as this one.
    pub(super) fn shown(&mut self, node: Node<'a>) {
        let schema = node.value.as_object();
        if schema.is_none_or(|schema| choice_of(self.root.value, schema).is_none()) {
            return;
        }
        let lists = ["oneOf", "anyOf"].into_iter();
        let list: Vec<_> = lists
            .filter_map(|key| node.get(key))
            .flat_map(Node::items)
            .collect();
        let holders: Vec<_> = list
            .iter()
            .filter(|part| self.holds_secret(**part))
            .collect();
        let mut left = MAX_PARTS;
        let mut pairs = list.iter().flat_map(|open| {
            let others = holders.iter().filter(|other| other.id() != open.id());
            others.map(|other| (*open, **other))
        });
        let open = pairs.find_map(|(open, other)| self.open_to(open, other, &mut left));
        if let Some(open) = open {
            let message = "what fits no other alternative is read as this one, which prints, and one of \
                           them has a secret in it";
            let help = "say what else it can be, or leave it out";
            self.warn("secret-shown", open, message, help);
        }
    }

    /// The place in a schema that takes in, and prints, what has a secret in it in another one.
    fn open_to(&self, part: Node<'a>, other: Node<'a>, left: &mut usize) -> Option<Node<'a>> {
        *left = left.checked_sub(1)?;
        let other = self.resolve(other, "schemas")?;
        let own = self.resolve(part, "schemas")?;
        let kind = |schema: Node<'a>| schema.value.as_object().and_then(keywords::kind);
        // A secret by itself is a string, and read before what can be anything.
        if kind(other) == Some("string") || !self.holds_secret(other) {
            return None;
        }
        let are_alike = kind(own).is_none() || kind(other).is_none() || kind(own) == kind(other);
        if self.is_open(own) {
            return are_alike.then_some(part);
        }
        if let (Some(own), Some(other)) = (own.get("items"), other.get("items")) {
            return self.open_to(own, other, left);
        }
        let properties =
            |schema: Node<'a>| schema.get("properties").into_iter().flat_map(Node::members);
        let rest = own.get("additionalProperties");
        let mut others = properties(other);
        let found = others.find_map(|(name, other)| {
            let mut own = properties(own).filter(|(own, _)| *own == name);
            match (own.next(), rest) {
                (Some((_, own)), _) => self.open_to(own, other, left),
                (None, Some(rest)) if self.takes_text(rest) && self.holds_secret(other) => {
                    Some(rest)
                }
                (None, Some(rest)) => self.open_to(rest, other, left),
                (None, None) => None,
            }
        });
        found.or_else(|| {
            let secret = other.get("additionalProperties")?;
            let is_named = |name: &str| properties(other).any(|(other, _)| other == name);
            let mut more = properties(own).filter(|(name, _)| !is_named(name));
            more.find_map(
                |(_, own)| match self.takes_text(own) && self.holds_secret(secret) {
                    true => Some(own),
                    false => self.open_to(own, secret, left),
                },
            )
        })
    }

    /// Whether what is in it may be a text that prints.
    fn takes_text(&self, rest: Node<'a>) -> bool {
        if rest.value.as_bool() == Some(true) {
            return true;
        }
        let resolved = self.resolve(rest, "schemas");
        resolved.is_some_and(
            |rest| match rest.value.as_object().and_then(keywords::kind) {
                Some(kind) => kind == "string" && rest.text("format") != Some("password"),
                None => !["allOf", "oneOf", "anyOf", "enum"]
                    .iter()
                    .any(|key| rest.get(key).is_some()),
            },
        )
    }

    /// Whether a schema says nothing of its values, of what is in its objects, or of what is in its lists.
    fn is_open(&self, part: Node<'a>) -> bool {
        let Some(resolved) = self.resolve(part, "schemas") else {
            return false;
        };
        let says = |key: &str| {
            let value = resolved.value.get(key);
            value.is_some_and(|value| *value != json!({}) && *value != json!(true))
        };
        const SAYS: [&str; 7] = [
            "properties",
            "items",
            "additionalProperties",
            "allOf",
            "oneOf",
            "anyOf",
            "enum",
        ];
        let kind = resolved.value.as_object().and_then(keywords::kind);
        matches!(kind, None | Some("object" | "array"))
            && !SAYS.iter().any(|key| says(key))
            && !resolved.is_true("nullable")
    }

    /// Whether a secret is somewhere in it.
    pub(super) fn holds_secret(&self, schema: Node<'a>) -> bool {
        self.has_secret(schema, &mut { MAX_PARTS })
    }

    fn has_secret(&self, schema: Node<'a>, left: &mut usize) -> bool {
        let Some(schema) = self.resolve(schema, "schemas").filter(|_| *left > 0) else {
            return false;
        };
        *left -= 1;
        let lists = ["allOf", "oneOf", "anyOf"].into_iter();
        let lists = lists
            .filter_map(|key| schema.get(key))
            .flat_map(Node::items);
        let properties = schema.get("properties").into_iter().flat_map(Node::members);
        let parts = ["items", "additionalProperties"].into_iter();
        let parts = parts.filter_map(|key| schema.get(key));
        let mut parts = parts
            .chain(lists)
            .chain(properties.map(|(_, property)| property));
        schema.text("format") == Some("password") || parts.any(|part| self.has_secret(part, left))
    }
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_snake_case();
    let words: Vec<&str> = name.split('_').collect();
    if words.iter().any(|word| HARMLESS.contains(word)) {
        return false;
    }
    let one = name.strip_suffix('s').filter(|_| !name.ends_with("ss"));
    [Some(name.as_str()), one]
        .into_iter()
        .flatten()
        .any(|name| {
            let is = |known: &str| {
                let before = name.strip_suffix(known);
                before.is_some_and(|before| before.is_empty() || before.ends_with('_'))
                    || name == known.replace('_', "")
            };
            name == "token" && one != Some("token") || NAMES.iter().any(|known| is(known))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in [
            "password",
            "newPassword",
            "access_token",
            "accessToken",
            "accesstoken",
            "X-Api-Key",
            "APIKey",
            "apikey",
            "client-secret",
            "webhook_secret",
            "refresh_token",
            "private_key",
            "privateKey",
            "aws_secret_access_key",
            "recovery_codes",
            "token",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "",
            "token_type",
            "tokens",
            "next_page_token",
            "hashed_password",
            "password_hint",
            "passwordless",
            "secret_name",
            "has_secret",
            "expires_in",
            "refresh_token_expires_in",
            "access_token_url",
            "public_key",
            "commit_signing_keys",
            "key",
            "key_id",
            "access_key_id",
            "secretary",
            "nonsecret",
            "api_access",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
