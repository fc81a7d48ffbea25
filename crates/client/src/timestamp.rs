//! Moments, as both providers write them.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment: RFC 3339 on the wire, [`SystemTime`] in Rust.
///
/// Every time crate converts from [`SystemTime`], so none of them is part of this API.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tokenturn_client::Timestamp;
///
/// let expires_at: Timestamp = "2026-11-22T18:00:00+08:00".parse()?;
/// assert_eq!(expires_at.to_string(), "2026-11-22T10:00:00Z");
/// assert!(SystemTime::from(expires_at) > SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
/// # Ok::<(), tokenturn_client::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(SystemTime);

/// The text is not a moment in the form of RFC 3339, or lies outside the years 1970 to 9999.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not a timestamp; it looks like 2026-11-22T10:00:00Z")]
pub struct InvalidTimestamp;

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(time: SystemTime) -> Result<Self, InvalidTimestamp> {
        is_printable(&time)
            .then_some(Self(time))
            .ok_or(InvalidTimestamp)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let parse = |utc: &str| humantime::parse_rfc3339(utc).map_err(|_| InvalidTimestamp);
        // humantime reads UTC only.
        let Some(at) = text.len().checked_sub("+08:00".len()) else {
            return Err(InvalidTimestamp);
        };
        let Some((local, offset)) = text.split_at_checked(at) else {
            return Err(InvalidTimestamp);
        };
        let moved = match offset.as_bytes()[0] {
            b'+' => parse(&format!("{local}Z"))?.checked_sub(length(offset)?),
            b'-' => parse(&format!("{local}Z"))?.checked_add(length(offset)?),
            _ => Some(parse(text)?),
        };
        moved.filter(is_printable).map(Self).ok_or(InvalidTimestamp)
    }
}

/// humantime prints the years 1970 to 9999; an offset can lead out of them.
fn is_printable(time: &SystemTime) -> bool {
    const YEAR_10000: u64 = 253_402_300_800;
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.is_ok_and(|since| since.as_secs() < YEAR_10000)
}

/// The length of an offset such as `+08:00`.
fn length(offset: &str) -> Result<Duration, InvalidTimestamp> {
    let (hours, minutes) = offset[1..].split_once(':').ok_or(InvalidTimestamp)?;
    let number = |digits: &str| digits.parse::<u8>().map_err(|_| InvalidTimestamp);
    let minutes = u64::from(number(hours)?) * 60 + u64::from(number(minutes)?);
    Ok(Duration::from_secs(minutes * 60))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.0.duration_since(SystemTime::UNIX_EPOCH);
        match since.unwrap_or_default().subsec_nanos() {
            0 => humantime::format_rfc3339_seconds(self.0).fmt(f),
            // As OhMyGPT writes it.
            nanos if nanos % 1_000_000 == 0 => humantime::format_rfc3339_millis(self.0).fmt(f),
            _ => humantime::format_rfc3339_nanos(self.0).fmt(f),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_offset() {
        for text in [
            "2026-11-22T10:00:00Z",
            "2026-11-22T18:00:00+08:00",
            "2026-11-22T04:30:00-05:30",
            "2026-11-22T10:00:00+00:00",
        ] {
            let timestamp: Timestamp = text.parse().unwrap();
            assert_eq!(timestamp.to_string(), "2026-11-22T10:00:00Z", "{text}");
        }
        let precise: Timestamp = "2023-08-17T10:12:53.125Z".parse().unwrap();
        assert_eq!(precise.to_string(), "2023-08-17T10:12:53.125Z");
        let precise: Timestamp = "2023-08-17T10:12:53.125000001Z".parse().unwrap();
        assert_eq!(precise.to_string(), "2023-08-17T10:12:53.125000001Z");
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "yesterday",
            "2026-11-22",
            "2026-13-22T10:00:00Z",
            "2026-11-22T10:00:00",
            "2026-11-22T10:00:00+8",
            "2026-11-22T10:00:00+0x:00",
            "1970-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "\u{e9}\u{e9}\u{e9}\u{e9}",
            "x\u{e9}00:00",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
