//! Credentials in a header.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

use super::ConfigError;
use crate::Secret;

/// RFC 7617: the first colon ends the user name, and neither part has control characters.
pub(super) fn basic(user: &str, password: &Secret) -> Result<HeaderValue, ConfigError> {
    if user.contains(':') {
        return Err(ConfigError::new("a client ID cannot contain a colon"));
    }
    if user.contains(char::is_control) || password.expose().contains(char::is_control) {
        return Err(ConfigError::new(
            "the client ID or the client secret has a control character in it, perhaps a line \
             break at its end",
        ));
    }
    let pair = Zeroizing::new(format!("{user}:{}", password.expose()));
    sensitive("Basic", &Zeroizing::new(STANDARD.encode(pair.as_bytes())))
}

pub(super) fn bearer(token: &Secret) -> Result<HeaderValue, ConfigError> {
    check_secret("the token", token)?;
    sensitive("Bearer", token.expose())
}

/// Checks a token or a client secret before it is used: those of both providers are printable ASCII
/// without spaces. `what` is its name in the message.
///
/// Others would be sent as they are, and the provider would say that there is no such token.
///
/// # Errors
///
/// When it is empty, or has another character in it, such as a byte order mark or a zero-width
/// space. The message names that character and its position, and nothing else of the secret.
pub fn check_secret(what: &str, secret: &Secret) -> Result<(), ConfigError> {
    if !secret.is_empty() && secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let mut characters = secret.expose().chars().zip(1..);
    let wrong = characters.find(|(character, _)| !character.is_ascii_graphic());
    let why = match wrong {
        None => format!("{what} is empty"),
        Some((' ', at)) => format!("{what} has a space in it, as character {at}; take it out"),
        Some((character, at)) => {
            let code = u32::from(character);
            format!(
                "{what} has U+{code:04X} in it, as character {at}, and can only have printable \
                 ASCII; take it out"
            )
        }
    };
    Err(ConfigError::new(why))
}

fn sensitive(scheme: &str, value: &str) -> Result<HeaderValue, ConfigError> {
    let header = Zeroizing::new(format!("{scheme} {value}").into_bytes());
    let mut header = HeaderValue::from_maybe_shared(Bytes::from_owner(header))
        .map_err(|_| ConfigError::new("the credentials cannot stand in a header"))?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_the_pair_in_base64() {
        let header = basic("Aladdin", &"open sesame".into()).unwrap();
        assert_eq!(header, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert!(header.is_sensitive());
    }
}
