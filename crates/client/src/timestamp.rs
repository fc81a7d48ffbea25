//! Moments, as both providers write them.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::civil;

/// The seconds of a day.
const DAY: i64 = 86_400;

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

/// The text is not a moment in the form of RFC 3339, or lies outside the years 0 to 9999.
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
        let (seconds, nanos) = parse(text).ok_or(InvalidTimestamp)?;
        let nanos = Duration::from_nanos(nanos);
        let time = at(seconds).and_then(|time| time.checked_add(nanos));
        time.ok_or(InvalidTimestamp)?.try_into()
    }
}

/// The seconds since 1970, and the nanoseconds after them.
fn parse(text: &str) -> Option<(i64, u64)> {
    let number = |range| digits(text.get(range)?);
    let is = |at: usize, marks: &[u8]| text.as_bytes().get(at).is_some_and(|b| marks.contains(b));
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let has_marks = is(4, b"-") && is(7, b"-") && is(13, b":") && is(16, b":");
    // RFC 3339 allows small letters, and a space for the first of them.
    let has_marks = has_marks && is(10, b"Tt ");
    let is_date = (1..=12).contains(&month) && (1..=civil::length(year, month)).contains(&day);
    // A leap second is the second before it.
    let is_time = hour < 24 && minute < 60 && second <= 60;
    if !has_marks || !is_date || !is_time {
        return None;
    }
    let (nanos, offset) = match text.get(19..)?.strip_prefix('.') {
        Some(rest) => fraction(rest)?,
        None => (0, text.get(19..)?),
    };
    let seconds = hour * 3600 + minute * 60 + second.min(59) - length(offset)?;
    Some((civil::number(year, month, day) * DAY + seconds, nanos))
}

fn digits(text: &str) -> Option<i64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// Nanoseconds, and what follows them. More digits than nine are finer than any clock.
fn fraction(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, rest) = text.split_at(end);
    let nine = digits.get(..9).unwrap_or(digits);
    let nanos = format!("{nine:0<9}").parse().ok();
    nanos.filter(|_| end > 0).map(|nanos| (nanos, rest))
}

/// The seconds of an offset such as `+08:00`.
fn length(offset: &str) -> Option<i64> {
    if matches!(offset, "Z" | "z") {
        return Some(0);
    }
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let number = |text: &str| digits(text).filter(|_| text.len() == 2);
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let seconds = hours * 3600 + minutes * 60;
    match offset.as_bytes()[0] {
        _ if hours > 23 || minutes > 59 => None,
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// A moment by its seconds since 1970, unless the platform knows no such moment.
fn at(seconds: i64) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    match seconds {
        0.. => SystemTime::UNIX_EPOCH.checked_add(distance),
        _ => SystemTime::UNIX_EPOCH.checked_sub(distance),
    }
}

/// The seconds since 1970, and the nanoseconds after them.
fn since_1970(time: SystemTime) -> Option<(i64, u32)> {
    let (distance, is_before) = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => (since, false),
        Err(error) => (error.duration(), true),
    };
    let seconds = i64::try_from(distance.as_secs()).ok()?;
    Some(match (is_before, distance.subsec_nanos()) {
        (false, nanos) => (seconds, nanos),
        (true, 0) => (-seconds, 0),
        (true, nanos) => (-seconds - 1, 1_000_000_000 - nanos),
    })
}

/// RFC 3339 has years of four digits; an offset can lead out of them.
fn is_printable(time: &SystemTime) -> bool {
    let years = civil::number(0, 1, 1) * DAY..civil::number(10_000, 1, 1) * DAY;
    since_1970(*time).is_some_and(|(seconds, _)| years.contains(&seconds))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = since_1970(self.0).unwrap_or_default();
        let (year, month, day) = civil::date(seconds.div_euclid(DAY));
        let of_day = seconds.rem_euclid(DAY);
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        match nanos {
            0 => f.write_str("Z"),
            // As OhMyGPT writes it.
            nanos if nanos % 1_000_000 == 0 => write!(f, ".{:03}Z", nanos / 1_000_000),
            nanos => write!(f, ".{nanos:09}Z"),
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
    fn reads_every_form() {
        for (text, written) in [
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("1965-05-05T23:59:59Z", "1965-05-05T23:59:59Z"),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"),
            (
                "1969-12-31T23:59:59.999999999Z",
                "1969-12-31T23:59:59.999999999Z",
            ),
            ("1970-01-01T00:00:00+00:01", "1969-12-31T23:59:00Z"),
            ("2020-02-29t00:00:00z", "2020-02-29T00:00:00Z"),
            ("2020-01-01 00:00:00-00:00", "2020-01-01T00:00:00Z"),
            (
                "2020-01-01T00:00:00.1234567891Z",
                "2020-01-01T00:00:00.123456789Z",
            ),
            ("2020-01-01t00:00:00.000+01:00", "2019-12-31T23:00:00Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("9999-12-31T23:59:59.9Z", "9999-12-31T23:59:59.900Z"),
        ] {
            let timestamp: Timestamp = text.parse().unwrap();
            assert_eq!(timestamp.to_string(), written, "{text}");
            assert_eq!(written.parse::<Timestamp>().unwrap(), timestamp);
        }
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
            "2026-11-22T10:00:00+24:00",
            "2026-11-22T10:00:00+0:000",
            "2026-11-22T10:00:00*08:00",
            "2026-11-22T10:00:00.Z",
            "2026-11-22T10:00:00.1",
            "2026-11-22T24:00:00Z",
            "2026-11-22T10:60:00Z",
            "2026-11-22T10:00:61Z",
            "2026-11-22T10:00:00ZZ",
            "2026-11-22_10:00:00Z",
            "2026-00-22T10:00:00Z",
            "2026-02-29T10:00:00Z",
            "1900-02-29T10:00:00Z",
            "2026-11-00T10:00:00Z",
            "+026-11-22T10:00:00Z",
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "\u{e9}\u{e9}\u{e9}\u{e9}",
            "x\u{e9}00:00",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
