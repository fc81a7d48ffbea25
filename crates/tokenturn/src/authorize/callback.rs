//! The query that a user comes back with.

use tokenturn_client::Secret;

use crate::error::RefusalReason;
use crate::outcome;

/// Why a callback brings no code.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct CallbackError(Why);

#[derive(Clone, Debug, thiserror::Error)]
enum Why {
    #[error(
        "the state is not the one of this request: another site may have sent the user here, so \
         begin again"
    )]
    State,
    #[error("the callback has {0}")]
    Malformed(&'static str),
    #[error("refused: {reason} ({})", description.as_ref().unwrap_or(code))]
    Refused {
        reason: RefusalReason,
        code: String,
        description: Option<String>,
    },
}

impl CallbackError {
    /// Whether the `state` was missing or another one.
    pub fn is_state_mismatch(&self) -> bool {
        matches!(self.0, Why::State)
    }

    /// Why the user or the provider said no, if they did.
    pub fn reason(&self) -> Option<RefusalReason> {
        match &self.0 {
            Why::Refused { reason, .. } => Some(*reason),
            _ => None,
        }
    }

    /// The provider's own word for that (`error`), such as `access_denied`.
    pub fn code(&self) -> Option<&str> {
        match &self.0 {
            Why::Refused { code, .. } => Some(code),
            _ => None,
        }
    }
}

/// The code in a URL, in its path and query, or in its query alone.
pub(super) fn code(url: &str, state: &Secret) -> Result<Secret, CallbackError> {
    let parameter = |name| parameter(url, name);
    // First of all: without the right state, nothing else in it is the provider's word.
    if self::state(url)?.as_ref() != Some(state) {
        return Err(CallbackError(Why::State));
    }
    if let Some(code) = parameter("error")? {
        let description = parameter("error_description")?;
        let shown = |text: &Secret| outcome::presentable(text.expose(), &[state]);
        return Err(CallbackError(Why::Refused {
            reason: RefusalReason::of_oauth(code.expose()),
            code: shown(&code),
            description: description.as_ref().map(shown),
        }));
    }
    parameter("code")?
        .filter(|code| !code.is_empty())
        .ok_or(CallbackError(Why::Malformed("neither a code nor an error")))
}

/// The state in it, where there is one.
pub(super) fn state(url: &str) -> Result<Option<Secret>, CallbackError> {
    let state = parameter(url, "state")?;
    Ok(state.filter(|state| !state.is_empty()))
}

fn parameter(url: &str, name: &str) -> Result<Option<Secret>, CallbackError> {
    let url = url.split('#').next().unwrap_or_default();
    let query = url.split_once('?').map_or(url, |(_, query)| query);
    let mut values = form_urlencoded::parse(query.as_bytes())
        .filter(|(found, _)| found == name)
        .map(|(_, value)| Secret::new(value));
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(CallbackError(Why::Malformed("a parameter more than once"))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    #[test]
    fn reads_every_form_of_callback() {
        let state = Secret::new("s+t");
        for url in [
            "https://app.example/callback?code=abc&state=s%2Bt",
            "http://127.0.0.1:8080/?state=s%2Bt&code=abc#fragment",
            "/callback?x=1&code=abc&state=s%2bt",
            "?code=abc&state=s%2Bt",
            "code=abc&state=s%2Bt",
        ] {
            assert_eq!(code(url, &state).unwrap().expose(), "abc", "{url}");
        }
    }

    #[test]
    fn the_state_comes_first() {
        let state = Secret::new("right");
        for url in [
            "",
            "?code=abc",
            "?code=abc&state=",
            "?code=abc&state=wrong",
            "?code=abc&state=right2",
            "?code=abc&state=Right",
            "?error=access_denied",
            "?error=access_denied&state=wrong",
            "#code=abc&state=right",
        ] {
            let error = code(url, &state).unwrap_err();
            assert!(error.is_state_mismatch(), "{url}: {error}");
            assert_eq!((error.reason(), error.code()), (None, None));
        }
    }

    #[test]
    fn a_state_is_read_as_it_is_compared() {
        let read = |url| state(url).ok().flatten();
        for url in [
            "/cb?code=abc&state=s%2Bt",
            "state=s%2Bt",
            "?error=a&state=s%2bt#x",
        ] {
            let found = read(url).unwrap();
            assert_eq!(found.expose(), "s+t", "{url}");
            assert!(!code(url, &found).is_err_and(|error| error.is_state_mismatch()));
        }
        for url in [
            "",
            "?code=abc",
            "?state=",
            "?state",
            "#state=a",
            "?state=a&state=a",
        ] {
            assert!(read(url).is_none(), "{url}");
        }
    }

    #[test]
    fn no_state_is_not_the_right_state() {
        // An app whose session was lost must not take anybody's callback.
        for url in [
            "?code=abc&state=",
            "?code=abc",
            "?error=access_denied&state=",
        ] {
            let error = code(url, &Secret::new("")).unwrap_err();
            assert!(error.is_state_mismatch(), "{url}: {error}");
        }
    }

    #[test]
    fn every_documented_error_has_its_reason() {
        let state = Secret::new("right");
        for (name, reason) in [
            ("access_denied", RefusalReason::AccessDenied),
            ("redirect_uri_mismatch", RefusalReason::RedirectUriMismatch),
            ("application_suspended", RefusalReason::ApplicationSuspended),
            ("server_on_fire", RefusalReason::Other),
        ] {
            let url = format!("/cb?error={name}&error_description=Said+no.&state=right");
            let error = code(&url, &state).unwrap_err();
            assert_eq!(error.reason(), Some(reason), "{name}");
            assert_eq!(error.code(), Some(name));
            assert!(error.to_string().contains("Said no."), "{error}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let state = Secret::new("right");
        for (url, advice) in [
            ("?state=right", "neither a code nor an error"),
            ("?state=right&code=", "neither a code nor an error"),
            ("?state=right&code=a&code=b", "more than once"),
            ("?state=right&state=right&code=a", "more than once"),
        ] {
            let error = code(url, &state).unwrap_err();
            assert!(error.to_string().contains(advice), "{url}: {error}");
            assert!(!error.is_state_mismatch());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn only_the_right_state_brings_a_code(before in ".*", given in ".*", after in ".*") {
            let state = Secret::new("right");
            let url = format!("{before}?state={given}&code=abc&{after}");
            if code(&url, &state).is_ok() {
                prop_assert!(given.contains("right") || after.contains("right") || before.contains("right"));
            }
        }

        #[test]
        fn nothing_shows_the_state(text in ".*") {
            let state = Secret::new("canary0123456789");
            let url = format!("?state=canary0123456789&error=a&error_description=canary0123456789{text}");
            if let Err(error) = code(&url, &state) {
                let shown = format!("{error} {error:?}");
                prop_assert!(!shown.contains("canary0123456789"));
            }
        }
    }
}
