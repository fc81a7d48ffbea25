//! A [`DeviceCode`] in a session or a database.

use std::time::{Duration, SystemTime};

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokenturn_client::{Seconds, Secret, Timestamp};
use tokio::time::Instant;

use super::device_answer::{DeviceCode, EXPIRES_IN, INTERVAL, said};
use crate::stored;

/// With the feature `serde`. An object with `device_code`, `user_code`, `verification_uri`,
/// `interval`, the seconds that are left (`expires_in`) and, by the clock of this machine, the moment
/// at which the code ends (`expires_at`).
///
/// The secrets in it are plain text, since that is what storing them takes: keep it on the server,
/// or in a cookie that is encrypted, and not after `expires_at`. Later versions of this crate read
/// it. That GitHub has asked for a slower pace is not in it; it says so again.
///
/// ```no_run
/// use tokenturn::{GitHub, github::DeviceCode, obtain, sink::FileSink};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// # let github = GitHub::public_client("Iv1.8a61f9b3a7aba766").build()?;
/// let device = github.device_code(["repo"]).await?;
/// let stored = serde_json::to_string(&device)?;
///
/// // Later, maybe in another process:
/// let device: DeviceCode = serde_json::from_str(&stored)?;
/// // An error goes up: of all, `NotSaved` has the new token in it.
/// let new = obtain(github.wait_for_device(device), FileSink::new("token.txt")).await?;
/// println!("{} is saved", new.token.fingerprint());
/// # Ok(())
/// # }
/// ```
impl Serialize for DeviceCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let left = self.expires_in.saturating_sub(self.came.elapsed());
        let end = SystemTime::now().checked_add(left);
        // A clock before 1970 or after 9999 has no moments to write.
        let end = end.and_then(|end| Timestamp::try_from(end).ok());
        let mut map = serializer.serialize_map(Some(5 + usize::from(end.is_some())))?;
        map.serialize_entry("device_code", self.device_code.expose())?;
        map.serialize_entry("user_code", &self.user_code)?;
        map.serialize_entry("verification_uri", &self.verification_uri)?;
        map.serialize_entry("interval", &Seconds::from(self.interval))?;
        map.serialize_entry("expires_in", &Seconds::from(left))?;
        if let Some(end) = end {
            map.serialize_entry("expires_at", &end)?;
        }
        map.end()
    }
}

/// With the feature `serde`, from a format that names fields and types, such as JSON, CBOR or
/// MessagePack. Fields that are not known are skipped, and no error shows what is in one.
///
/// What is left of the code is counted by the clock, which may have been set meanwhile, or be that of
/// another machine. If it was put back, the code is polled for longer than it lives, though never
/// longer than it had left when it was stored, and GitHub says that it has ended. If it was put
/// ahead, the last poll comes too early: a user who has not typed the code in by then has to begin
/// again. No token is lost, since a code that seems to have ended is still polled for once.
impl<'de> Deserialize<'de> for DeviceCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Stored {
            device_code: Secret,
            user_code: String,
            verification_uri: String,
            interval: Option<Seconds>,
            expires_in: Option<Seconds>,
            expires_at: Option<Timestamp>,
        }

        let stored: Stored = stored::object(deserializer, "DeviceCode")?;
        let left = stored.expires_in.and_then(Seconds::duration);
        Ok(Self {
            device_code: stored.device_code,
            user_code: stored.user_code,
            verification_uri: stored.verification_uri,
            interval: said(stored.interval).unwrap_or(INTERVAL),
            expires_in: left.unwrap_or(EXPIRES_IN).min(until(stored.expires_at)),
            came: Instant::now(),
        })
    }
}

/// How long it is until then, by the clock; without a moment there is no end to it.
fn until(end: Option<Timestamp>) -> Duration {
    end.map_or(Duration::MAX, |end| {
        let left = SystemTime::from(end).duration_since(SystemTime::now());
        left.unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn read(stored: &Value) -> DeviceCode {
        serde_json::from_value(stored.clone()).unwrap()
    }

    /// As it was stored by a clock that is now ahead, or back.
    fn stored(left: u64, end: SystemTime) -> Value {
        json!({
            "device_code": "d", "user_code": "A-B", "verification_uri": "https://h/device",
            "interval": 7, "expires_in": left,
            "expires_at": Timestamp::try_from(end).unwrap(),
        })
    }

    #[test]
    fn the_form_stays() {
        let stored = stored(900, SystemTime::now() + HOUR);
        let device = read(&stored);
        assert_eq!(device.device_code.expose(), "d");
        assert_eq!(device.user_code, "A-B");
        assert_eq!(device.verification_uri, "https://h/device");
        assert_eq!(device.interval, Duration::from_secs(7));

        let written = serde_json::to_value(&device).unwrap();
        let names = |value: &Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&written), names(&stored));
        for name in ["device_code", "user_code", "verification_uri", "interval"] {
            assert_eq!(written[name], stored[name]);
        }
        let end: Timestamp = written["expires_at"].as_str().unwrap().parse().unwrap();
        assert!(SystemTime::from(end) <= SystemTime::now() + Duration::from_secs(900));
        assert!(written["expires_in"].as_f64().unwrap() <= 900.0);
    }

    #[test]
    fn what_is_missing_or_unknown_is_no_error() {
        let device = read(&json!({
            "new_in_2030": [{}], "device_code": "d", "user_code": "u", "verification_uri": "v",
        }));
        assert_eq!((device.interval, device.expires_in), (INTERVAL, EXPIRES_IN));
        let device = read(&json!({
            "device_code": "d", "user_code": "u", "verification_uri": "v", "interval": 0,
            "expires_in": "2.5", "expires_at": null,
        }));
        assert_eq!(device.interval, INTERVAL);
        assert_eq!(device.expires_in, Duration::from_millis(2500));
    }

    #[test]
    fn a_clock_that_was_set_lengthens_no_life() {
        let now = SystemTime::now();
        assert_eq!(read(&stored(900, now + HOUR)).expires_in.as_secs(), 900);
        assert!(
            read(&stored(900, now + Duration::from_secs(60)))
                .expires_in
                .as_secs()
                < 61
        );
        for end in [now, now - HOUR, SystemTime::UNIX_EPOCH] {
            assert_eq!(read(&stored(900, end)).expires_in, Duration::ZERO);
        }
        // And so it stays, how often it is stored.
        let ended = serde_json::to_value(read(&stored(900, now - HOUR))).unwrap();
        assert_eq!(ended["expires_in"], 0);
        assert_eq!(read(&ended).expires_in, Duration::ZERO);
    }

    #[test]
    fn a_life_without_end_can_be_stored() {
        let mut device = read(&stored(900, SystemTime::now() + HOUR));
        (device.expires_in, device.interval) = (Duration::MAX, Duration::MAX);
        let written = serde_json::to_value(&device).unwrap();
        assert!(written.get("expires_at").is_none());
        read(&written);
    }

    #[test]
    fn no_error_shows_a_secret() {
        let twice = json!(stored(900, SystemTime::now()).to_string());
        for (stored, advice) in [
            (twice, "serialized twice"),
            (json!({ "device_code": "A-B" }), "missing field `user_code`"),
            (
                json!({ "user_code": "A-B", "expires_at": "A-B" }),
                "not a timestamp",
            ),
        ] {
            let error = serde_json::from_value::<DeviceCode>(stored).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(advice), "{shown}");
            assert!(!shown.contains("A-B"), "{shown}");
        }
    }
}
