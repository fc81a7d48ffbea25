//! What git says of a credential: lines of `KEY=VALUE`, up to an empty line or the end.

use std::io::{ErrorKind, Read};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use tokenturn::{Secret, Timestamp};
use zeroize::Zeroizing;

/// Far more than git says, with the headers of an answer in it; stops a wrong input from being read whole.
const LONGEST: usize = 256 * 1024;

/// What is looked at of it.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) protocol: Option<String>,
    /// With a port, where there is one.
    pub(super) host: Option<String>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) password_expires_at: Option<Timestamp>,
    pub(super) refresh_token: Option<Secret>,
}

/// Reads it. No error shows anything of a value.
pub(super) fn read(mut source: impl Read) -> Result<Request> {
    // In one piece: a buffer that grows leaves its old content behind in freed memory.
    let mut bytes = Zeroizing::new(vec![0; LONGEST]);
    let mut length = 0;
    while !has_ended(&bytes[..length]) {
        if length == LONGEST {
            bail!("what git says is too long");
        }
        match source.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("cannot read standard input"),
        }
    }
    parse(&bytes[..length])
}

/// The lines, which may end as those of Windows do.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Whether there is an empty line. What is behind the last line break may go on.
fn has_ended(bytes: &[u8]) -> bool {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n');
    whole.is_some_and(|end| lines(&bytes[..end]).any(<[u8]>::is_empty))
}

fn parse(bytes: &[u8]) -> Result<Request> {
    let mut request = Request::default();
    let lines = lines(bytes).take_while(|line| !line.is_empty());
    for (line, number) in lines.zip(1..) {
        let at = line.iter().position(|byte| *byte == b'=');
        let Some(at) = at.filter(|at| *at > 0) else {
            bail!("line {number} of what git says is not KEY=VALUE");
        };
        let (key, value) = (&line[..at], &line[at + 1..]);
        let text = || {
            let text = str::from_utf8(value).ok();
            let text = text.filter(|text| !text.chars().any(char::is_control));
            let text = text.with_context(|| {
                let key = String::from_utf8_lossy(key);
                format!("the {key} in what git says is not text, in line {number}")
            })?;
            // As git says it of what it does not know.
            Ok::<_, anyhow::Error>(Some(text).filter(|text| !text.is_empty()))
        };
        match key {
            b"protocol" => request.protocol = text()?.map(str::to_owned),
            b"host" => request.host = text()?.map(str::to_owned),
            b"username" => request.username = text()?.map(str::to_owned),
            b"password" => request.password = text()?.map(Secret::from),
            b"oauth_refresh_token" => request.refresh_token = text()?.map(Secret::from),
            b"password_expiry_utc" => request.password_expires_at = text()?.and_then(seconds),
            // `path`, `wwwauth[]`, `capability[]`, and what later versions say.
            _ => {}
        }
    }
    Ok(request)
}

/// A moment in seconds since 1970. What is none is not known.
fn seconds(text: &str) -> Option<Timestamp> {
    let since = Duration::from_secs(text.parse().ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_up_to_an_empty_line() {
        for end in ["", "\n", "\n\n", "\nrubbish\n"] {
            for line in ["\n", "\r\n"] {
                let text = "capability[]=authtype|protocol=https|host=h:1|username=a=b|\
                            wwwauth[]=Basic realm=\"x\"|wwwauth[]=|password=p|\
                            password_expiry_utc=1800000000|oauth_refresh_token=r|later=\u{1}|";
                let text = format!("{}{end}", text.replace('|', line));
                let request = read(text.as_bytes()).unwrap();
                assert_eq!(request.protocol.unwrap(), "https");
                assert_eq!(request.host.unwrap(), "h:1");
                assert_eq!(request.username.unwrap(), "a=b");
                assert_eq!(request.password.unwrap().expose(), "p");
                assert_eq!(request.refresh_token.unwrap().expose(), "r");
                let end = request.password_expires_at.unwrap().to_string();
                assert_eq!(end, "2027-01-15T08:00:00Z");
            }
        }
        let nothing = read(&b"host=\npassword=\npassword_expiry_utc=soon"[..]).unwrap();
        assert_eq!((nothing.host, nothing.password), (None, None));
        assert_eq!(nothing.password_expires_at, None);
    }

    #[test]
    fn nothing_of_what_is_wrong_is_shown() {
        let long = format!("a={}", "canary".repeat(LONGEST));
        for (text, advice) in [
            (
                &b"a=b\ncanary\n"[..],
                "line 2 of what git says is not KEY=VALUE",
            ),
            (b"=canary\n", "line 1"),
            (
                b"password=canary\0\n",
                "the password in what git says is not text, in line 1",
            ),
            (
                b"a=\xff\nhost=canary\xff\n",
                "the host in what git says is not text, in line 2",
            ),
            (long.as_bytes(), "too long"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(advice), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
