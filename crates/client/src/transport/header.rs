//! Headers of the caller's: they are sent as they are, or refused.

use reqwest::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    TRANSFER_ENCODING,
};

use super::ConfigError;

pub(super) fn read(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), ConfigError> {
    let name = HeaderName::try_from(name)
        .map_err(|_| ConfigError::new(format!("{name:?} is not a header name")))?;
    let value = HeaderValue::from_str(value).ok();
    let value = value.filter(|value| value.to_str().is_ok()).ok_or_else(|| {
        ConfigError::new(format!(
            "the header {name} has a character in its value that cannot be sent: only visible ASCII, \
             spaces and tabs can"
        ))
    })?;
    Ok((name, value))
}

/// Refuses those that a call has of its own, which one of the two would hide.
pub(super) fn check(headers: &HeaderMap, has_credentials: bool) -> Result<(), ConfigError> {
    let mut names = headers.keys();
    let ours = names.find(|name| match **name {
        CONTENT_LENGTH | CONTENT_TYPE | TRANSFER_ENCODING => true,
        AUTHORIZATION => has_credentials,
        _ => false,
    });
    match ours {
        Some(name) => Err(ConfigError::new(format!(
            "the header {name} is set by each call, so leave it out"
        ))),
        None => Ok(()),
    }
}
