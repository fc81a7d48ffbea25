//! What the fields of a line stand for.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as NotKept;
use tokenturn::github::api_url;
use tokenturn::ohmygpt::hosts;
use tokenturn::{Secret, Timestamp, normal_base_url};
use tokenturn_vault::{App, Entry, Kept, Provider, Tokens};

use super::fields::{Field, Fields};
use crate::args::{self, Defaults};
use crate::input::{Flaw, bare, bare_for_github};

const GITHUB: &str = "https://api.github.com";
/// The longest name or label.
const LONGEST_WORD: usize = 255;
/// How many digits of a fingerprint are a name.
const DIGITS: usize = 16;

/// The row, or what is wrong with the line.
pub(super) fn entry(mut fields: Fields, defaults: &Defaults) -> Result<Entry, String> {
    let provider = provider(&mut fields, defaults)?;
    let tokens = match provider == Provider::OHMYGPT {
        true => ohmygpt(&mut fields)?,
        false => github(&mut fields)?,
    };
    let app = App {
        server: server(&mut fields, defaults, &provider)?,
        client_id: client_id(&mut fields, defaults, &provider)?,
        provider,
    };
    let label = fields.text(Field::Label).or(defaults.label.clone());
    let id = match fields.text(Field::Id) {
        Some(id) => id,
        None => name(&tokens).ok_or("no token")?,
    };
    check("id", &id)?;
    let entry = Entry::new(id, app, timed(&mut fields, tokens)?);
    match label {
        Some(label) => {
            check("label", &label)?;
            Ok(entry.with_label(label))
        }
        None => Ok(entry),
    }
}

fn provider(fields: &mut Fields, defaults: &Defaults) -> Result<Provider, String> {
    match fields.text(Field::Provider) {
        Some(word) => args::provider(&word)
            .map_err(|_| "the provider is neither github nor ohmygpt".to_owned()),
        None => Ok(defaults.provider.clone().unwrap_or(Provider::GITHUB)),
    }
}

fn github(fields: &mut Fields) -> Result<Tokens, String> {
    if fields.take(Field::OauthToken).is_some() {
        return Err("oauth_token is for ohmygpt; a github token is a token".to_owned());
    }
    let token = fields.take(Field::Token);
    let token = token.ok_or("no token; the field is named token")?;
    Ok(Tokens::github(word(bare_for_github, Field::Token, token)?))
}

fn ohmygpt(fields: &mut Fields) -> Result<Tokens, String> {
    let token = fields.take(Field::OauthToken);
    let token = token.ok_or("no OAuth token; the field is named oauth_token")?;
    let admin_token = fields.take(Field::Token);
    let admin_token = admin_token.map(|token| word(bare, Field::Token, token));
    Ok(Tokens::ohmygpt(
        word(bare, Field::OauthToken, token)?,
        admin_token.transpose()?,
    ))
}

fn server(fields: &mut Fields, defaults: &Defaults, provider: &Provider) -> Result<String, String> {
    let server = fields.text(Field::Server).or(defaults.server.clone());
    let server = match server {
        Some(server) => server,
        None if *provider == Provider::OHMYGPT => hosts::LINE1.to_owned(),
        None => GITHUB.to_owned(),
    };
    let server = server.trim();
    let is_url = ["https://", "http://"]
        .iter()
        .any(|s| normal_base_url(server).starts_with(s));
    if !is_url || server.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(format!("server is not a URL; it looks like {GITHUB}"));
    }
    if server.contains('@') {
        return Err("server has a user name in it, and shall have none".to_owned());
    }
    match *provider == Provider::GITHUB {
        true => api_url(server).map_err(|why| format!("server: {why}")),
        false => Ok(normal_base_url(server)),
    }
}

fn client_id(
    fields: &mut Fields,
    defaults: &Defaults,
    provider: &Provider,
) -> Result<String, String> {
    let client_id = fields.text(Field::ClientId);
    if *provider == Provider::OHMYGPT {
        return match client_id {
            Some(_) => Err("client_id is for github; ohmygpt does without".to_owned()),
            None => Ok(String::new()),
        };
    }
    let client_id = client_id.or(defaults.client_id.clone());
    let client_id = client_id.ok_or("no client_id; --client-id can stand for it")?;
    check("client_id", &client_id)?;
    Ok(client_id)
}

fn timed(fields: &mut Fields, mut tokens: Tokens) -> Result<Tokens, String> {
    tokens.expires_at = time(fields, Field::ExpiresAt)?;
    let refresh_token = fields.take(Field::RefreshToken);
    // Only GitHub has them.
    let refresh_token =
        refresh_token.map(|token| word(bare_for_github, Field::RefreshToken, token));
    tokens.refresh_token = refresh_token.transpose()?;
    tokens.refresh_token_expires_at = time(fields, Field::RefreshTokenExpiresAt)?;
    tokens.user_id = user_id(fields)?;
    tokens.kept = kept(fields)?;
    Ok(tokens)
}

fn user_id(fields: &mut Fields) -> Result<Option<i64>, String> {
    let number = fields.text(Field::UserId).map(|text| text.trim().parse());
    number
        .transpose()
        .map_err(|_| "user_id is not a whole number".to_owned())
}

/// The answers that may have the new token in them.
fn kept(fields: &mut Fields) -> Result<Vec<Kept>, String> {
    let Some(words) = fields.take(Field::Kept) else {
        return Ok(Vec::new());
    };
    let words = words.expose().split_ascii_whitespace();
    let answers: Result<_, NotKept> = words
        .map(|word| Kept::deserialize(word.into_deserializer()))
        .collect();
    answers.map_err(|_| "kept is not base64, as export writes it".to_owned())
}

fn time(fields: &mut Fields, field: Field) -> Result<Option<Timestamp>, String> {
    let time = fields.text(field).map(|text| text.trim().parse());
    time.transpose()
        .map_err(|_| format!("{} does not look like 2026-11-22T10:00:00Z", field.as_str()))
}

/// A token is one word, which `bare` takes out of a text.
fn word(
    bare: fn(&str) -> Result<&str, Flaw>,
    field: Field,
    token: Secret,
) -> Result<Secret, String> {
    bare(token.expose())
        .map(Secret::new)
        .map_err(|flaw| format!("{} {flaw}", field.as_str()))
}

/// What is shown on terminals is one short line, and two that look alike are the same.
pub(super) fn check(name: &str, text: &str) -> Result<(), String> {
    if text.len() > LONGEST_WORD {
        return Err(format!("{name} is longer than {LONGEST_WORD} bytes"));
    }
    match text.chars().find(|c| c.is_control() || is_invisible(*c)) {
        Some(character) => {
            let code = u32::from(character);
            Err(format!("{name} has U+{code:04X} in it, which nobody sees"))
        }
        None => Ok(()),
    }
}

/// Spaces without width or that look like others, marks of direction, and the byte order mark.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{a0}'
            | '\u{ad}'
            | '\u{180e}'
            | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}'
            | '\u{3000}'
            | '\u{feff}'
    )
}

/// Who puts the same token in twice without a name for it is told so.
fn name(tokens: &Tokens) -> Option<String> {
    let lasting = tokens.oauth_token.as_ref().or(tokens.token.as_ref())?;
    let mut digits = lasting.fingerprint().to_string();
    digits.truncate(DIGITS);
    Some(digits)
}
