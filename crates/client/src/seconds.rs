//! Spans of time, as GitHub's login host writes them.

use std::num::ParseFloatError;
use std::str::FromStr;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of seconds, from an answer that is worth more than this number: it is read from
/// `28800`, `28800.0` and `"28800"`, and what is no span of time spoils nothing else.
///
/// ```
/// use std::time::Duration;
/// use tokenturn_client::Seconds;
///
/// let expires_in: Seconds = "28800".parse()?;
/// assert_eq!(expires_in.duration(), Some(Duration::from_secs(28800)));
/// let expires_in: Seconds = "-1".parse()?;
/// assert_eq!(expires_in.duration(), None);
/// # Ok::<(), std::num::ParseFloatError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seconds(Option<Duration>);

impl Seconds {
    /// The span of time; `None` when it was written as no number, as a negative or an absurd one.
    pub fn duration(self) -> Option<Duration> {
        self.0
    }
}

impl From<Duration> for Seconds {
    fn from(duration: Duration) -> Self {
        Self(Some(duration))
    }
}

impl FromStr for Seconds {
    type Err = ParseFloatError;

    fn from_str(text: &str) -> Result<Self, ParseFloatError> {
        let number: f64 = text.trim_ascii().parse()?;
        Ok(Self(Duration::try_from_secs_f64(number).ok()))
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(duration) if duration.subsec_nanos() > 0 => {
                serializer.serialize_f64(duration.as_secs_f64())
            }
            Some(duration) => serializer.serialize_u64(duration.as_secs()),
            None => serializer.serialize_none(),
        }
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
            Else(IgnoredAny),
        }

        Ok(match Written::deserialize(deserializer)? {
            Written::Number(number) => Self(Duration::try_from_secs_f64(number).ok()),
            Written::Text(text) => text.parse().unwrap_or(Self(None)),
            Written::Else(_) => Self(None),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_whatever_is_a_number_of_seconds() {
        for (written, milliseconds) in [
            ("28800", Some(28_800_000)),
            ("28800.0", Some(28_800_000)),
            ("2.88e4", Some(28_800_000)),
            (r#""28800""#, Some(28_800_000)),
            (r#"" 28800.0\n""#, Some(28_800_000)),
            ("1.5", Some(1500)),
            ("0", Some(0)),
            ("-1", None),
            ("-0.5", None),
            ("1e300", None),
            ("99999999999999999999999999", None),
            (r#""NaN""#, None),
            (r#""inf""#, None),
            (r#""soon""#, None),
            (r#""""#, None),
            ("true", None),
            ("[1]", None),
            (r#"{"seconds":[1]}"#, None),
        ] {
            let seconds: Seconds = serde_json::from_str(written).unwrap();
            let wanted = milliseconds.map(Duration::from_millis);
            assert_eq!(seconds.duration(), wanted, "{written}");
        }
        // A number that no JSON library can hold is no JSON for ours.
        serde_json::from_str::<Seconds>("1e400").unwrap_err();
    }

    #[test]
    fn writes_a_number() {
        for (milliseconds, written) in [(5000, "5"), (1500, "1.5"), (0, "0")] {
            let seconds = Seconds::from(Duration::from_millis(milliseconds));
            assert_eq!(serde_json::to_string(&seconds).unwrap(), written);
        }
        let none: Seconds = serde_json::from_str("[]").unwrap();
        assert_eq!(serde_json::to_string(&none).unwrap(), "null");
    }
}
