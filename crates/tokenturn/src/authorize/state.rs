//! The `state` of a request: a random one, or the application's own.

use tokenturn_client::{Secret, check_secret};

use super::random;
use crate::error::BuildError;

/// RFC 6749, section 10.10, allows a probability of 2^-128 that a value is guessed. That takes 20
/// characters, each of them one of the 94 that a state can have.
const SHORTEST: usize = 20;

/// The state to send.
pub(super) fn state(own: Option<Secret>) -> Result<Secret, BuildError> {
    let Some(own) = own else {
        return random::secret();
    };
    if own.is_empty() {
        return Err(BuildError(
            "the state is empty; leave `state` out for a random one".into(),
        ));
    }
    check_secret("the state", &own)?;
    // One byte each.
    let length = own.expose().len();
    if length < SHORTEST {
        return Err(BuildError(format!(
            "the state has {length} characters, and fewer than {SHORTEST} can be guessed; make it of \
             16 random bytes or more, in hex or base64url, or leave `state` out for a random one"
        )));
    }
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_guessed_is_refused() {
        for (own, advice) in [
            ("", "the state is empty; leave `state` out"),
            ("canary", "has 6 characters, and fewer than 20"),
            ("canary-canary-canar", "has 19 characters"),
            (
                "canary canary canary canary",
                "a space in it, as character 7",
            ),
            ("canary-canary-canary-\u{e9}", "U+00E9 in it"),
            ("canary-canary-canary\n", "U+000A in it"),
        ] {
            let error = state(Some(own.into())).unwrap_err().to_string();
            assert!(error.contains(advice), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
        for own in ["canary-canary-canary", &"x".repeat(500)] {
            assert_eq!(state(Some(own.into())).unwrap().expose(), own);
        }
    }

    #[test]
    fn without_one_it_is_random() {
        let (first, second) = (state(None).unwrap(), state(None).unwrap());
        assert_ne!(first, second);
        assert_eq!(first.expose().len(), 43);
    }
}
