//! All that anybody could see, and a search for secrets in it.

use std::error::Error;
use std::fmt::Debug;
use std::io;
use std::sync::{Arc, LazyLock, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, OAUTH_TOKEN};
use tracing_subscriber::fmt::MakeWriter;

pub(crate) const OLD: &str = "gho_canaryOldTokenCanaryOldToken0123456789";
pub(crate) const NEW: &str = "gho_canaryNewTokenCanaryNewToken9876543210";
pub(crate) const REFRESH: &str = "ghr_canaryRefreshTokenCanary0123456789";
/// A code, a code verifier, a device code.
pub(crate) const CODE: &str = "canarycode0123456789canarycode0123456789";

/// All that anybody could see.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<String>>);

impl Seen {
    /// The one that gets every log line of this process; its tests share it, since a process has
    /// one logger.
    pub(crate) fn with_all_logs() -> Self {
        static SEEN: LazyLock<Seen> = LazyLock::new(|| {
            let seen = Seen::default();
            tracing_subscriber::fmt()
                .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
                .with_ansi(false)
                .with_writer(seen.clone())
                .init();
            seen
        });
        SEEN.clone()
    }

    pub(crate) fn debug(&self, value: &impl Debug) {
        self.add(&format!("{value:?}\n{value:#?}\n"));
    }

    pub(crate) fn error(&self, error: &(dyn Error + 'static)) {
        self.add(&format!("{error:?}\n{error:#?}\n"));
        let mut next = Some(error);
        while let Some(error) = next {
            self.add(&format!("{error}\n{error:#}\n{error:?}\n"));
            next = error.source();
        }
    }

    pub(crate) fn result<T: Debug, E: Error + 'static>(&self, result: &Result<T, E>) {
        match result {
            Ok(value) => self.debug(value),
            Err(error) => self.error(error),
        }
    }

    pub(crate) fn add(&self, text: &str) {
        self.0.lock().unwrap().push_str(text);
    }

    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl io::Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Seen {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Every form in which a secret could slip out.
pub(crate) fn forms(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let bytes = format!("{:?}", secret.as_bytes());
    vec![
        secret.to_owned(),
        STANDARD_NO_PAD.encode(secret),
        hex.to_uppercase(),
        hex,
        percent.to_lowercase(),
        percent,
        bytes.trim_matches(['[', ']']).to_owned(),
    ]
}

pub(crate) fn leaks(text: &str) -> Vec<String> {
    let pair = STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    [OLD, NEW, REFRESH, CODE, CLIENT_SECRET, OAUTH_TOKEN]
        .iter()
        .flat_map(|secret| forms(secret))
        .chain([pair])
        .filter(|form| text.contains(form))
        .collect()
}
