//! A [`PendingAuthorization`] in a session or a database.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokenturn_client::Secret;

use super::PendingAuthorization;
use crate::stored;

/// With the feature `serde`. An object with `state` and, where there are any, `code_verifier` and
/// `redirect_uri`.
///
/// The secrets in it are plain text, since that is what storing them takes: keep it on the server,
/// or in a cookie that is encrypted, and only until the callback is there. Later versions of this
/// crate read it.
///
/// ```
/// use tokenturn::{GitHub, PendingAuthorization};
///
/// # let github = GitHub::builder("abcde12345fghij67890", "secret").build()?;
/// // The request that sends the user away:
/// let request = github.authorize().build()?;
/// let stored = serde_json::to_string(&request.pending)?;
///
/// // The request that they come back with, maybe in another process:
/// let pending: PendingAuthorization = serde_json::from_str(&stored)?;
/// # let callback = format!("/callback?code=0123456789abcdef&state={}", pending.state.expose());
/// println!("{:?} can be exchanged", pending.callback(&callback)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Serialize for PendingAuthorization {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let verifier = self.code_verifier.as_ref().map(Secret::expose);
        let optional = [
            ("code_verifier", verifier),
            ("redirect_uri", self.redirect_uri.as_deref()),
        ];
        let optional = optional.into_iter().filter_map(|(k, v)| Some((k, v?)));
        let fields = [("state", self.state.expose())].into_iter().chain(optional);
        serializer.collect_map(fields)
    }
}

/// With the feature `serde`, from a format that names fields and types, such as JSON, CBOR or
/// MessagePack. Fields that are not known are skipped, and no error shows what is in one.
impl<'de> Deserialize<'de> for PendingAuthorization {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Stored {
            state: Secret,
            code_verifier: Option<Secret>,
            redirect_uri: Option<String>,
        }

        let stored: Stored = stored::object(deserializer, "PendingAuthorization")?;
        Ok(Self {
            state: stored.state,
            code_verifier: stored.code_verifier,
            redirect_uri: stored.redirect_uri,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(stored: serde_json::Value) -> PendingAuthorization {
        serde_json::from_value(stored).unwrap()
    }

    #[test]
    fn the_form_stays() {
        for stored in [
            json!({ "state": "s\u{e9}\"", "code_verifier": "v", "redirect_uri": "https://h/cb?a=b" }),
            json!({ "state": "s", "code_verifier": "v" }),
            json!({ "state": "s", "redirect_uri": "" }),
            json!({ "state": "s" }),
        ] {
            let pending = read(stored.clone());
            assert_eq!(pending.state.expose(), stored["state"]);
            assert_eq!(
                pending.code_verifier.as_ref().map(Secret::expose),
                stored["code_verifier"].as_str()
            );
            assert_eq!(
                pending.redirect_uri.as_deref(),
                stored["redirect_uri"].as_str()
            );
            assert_eq!(serde_json::to_value(&pending).unwrap(), stored);
        }
    }

    #[test]
    fn what_is_missing_or_unknown_is_no_error() {
        let pending = read(json!({
            "new_in_2030": { "a": [1, "b"] }, "state": "s", "code_verifier": null,
        }));
        assert_eq!(pending.state.expose(), "s");
        assert_eq!((pending.code_verifier, pending.redirect_uri), (None, None));
    }

    #[test]
    fn an_empty_state_accepts_no_callback() {
        let pending = read(json!({ "state": "" }));
        for url in ["?code=a&state=", "?code=a", "?code=a&state=x"] {
            assert!(pending.callback(url).unwrap_err().is_state_mismatch());
        }
    }

    #[test]
    fn no_error_shows_a_secret() {
        let twice = json!(json!({ "state": "canary" }).to_string());
        for (stored, advice) in [
            (twice, "serialized twice"),
            (
                json!({ "code_verifier": "canary" }),
                "missing field `state`",
            ),
            (json!({ "state": { "s": "canary" } }), "expected a string"),
            (
                json!({ "state": null, "redirect_uri": "canary" }),
                "expected a string",
            ),
            (
                json!({ "state": "canary", "code_verifier": ["canary"] }),
                "expected a string",
            ),
            (
                json!(["canary"]),
                "the object that a PendingAuthorization is stored as",
            ),
            (
                json!(null),
                "the object that a PendingAuthorization is stored as",
            ),
        ] {
            let text = stored.to_string();
            for error in [
                serde_json::from_value::<PendingAuthorization>(stored).unwrap_err(),
                serde_json::from_str::<PendingAuthorization>(&text).unwrap_err(),
            ] {
                let shown = format!("{error} {error:?}");
                assert!(shown.contains(advice), "{shown}");
                assert!(!shown.contains("canary"), "{shown}");
            }
        }
    }
}
