//! Spans of time as people write them.

use std::time::Duration;

/// Seconds, or numbers with units, the sum of which counts: `90`, `9h`, `1d12h`, `1 hour 30 min`.
pub(super) fn parse(text: &str) -> Option<Duration> {
    if let Some(seconds) = number(text) {
        return Some(Duration::from_secs(seconds));
    }
    let mut rest = text.trim();
    let mut sum = (!rest.is_empty()).then_some(0_u64)?;
    while !rest.is_empty() {
        let (digits, more) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let more = more.trim_start();
        let end = more.find(|c: char| !c.is_ascii_alphabetic());
        let (unit, more) = more.split_at(end.unwrap_or(more.len()));
        sum = sum.saturating_add(number(digits)?.saturating_mul(seconds_of(unit)?));
        rest = more.trim_start();
    }
    Some(Duration::from_secs(sum))
}

/// One that is too large is the largest: no clock goes that far.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

fn seconds_of(unit: &str) -> Option<u64> {
    match unit {
        "s" | "sec" | "second" | "seconds" => Some(1),
        "m" | "min" | "minute" | "minutes" => Some(60),
        "h" | "hr" | "hour" | "hours" => Some(60 * 60),
        "d" | "day" | "days" => Some(24 * 60 * 60),
        "w" | "week" | "weeks" => Some(7 * 24 * 60 * 60),
        _ => None,
    }
}
