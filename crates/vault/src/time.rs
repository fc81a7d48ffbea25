//! Moments as stores keep them: milliseconds since 1970.

use std::time::{Duration, SystemTime};

use tokenturn::Timestamp;

/// Now, by the clock of this host.
pub(crate) fn now() -> Timestamp {
    from_millis(now_millis())
}

pub(crate) fn now_millis() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    millis(since.unwrap_or_default())
}

/// A moment outside of the years 1970 to 9999 is taken for the nearer end.
pub(crate) fn from_millis(millis: i64) -> Timestamp {
    const LAST: u64 = 253_402_300_799_999;
    let since = Duration::from_millis(u64::try_from(millis).unwrap_or_default().min(LAST));
    match Timestamp::try_from(SystemTime::UNIX_EPOCH + since) {
        Ok(timestamp) => timestamp,
        Err(_) => unreachable!("it lies between 1970 and 9999"),
    }
}

pub(crate) fn to_millis(timestamp: Timestamp) -> i64 {
    let since = SystemTime::from(timestamp).duration_since(SystemTime::UNIX_EPOCH);
    millis(since.unwrap_or_default())
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
