//! What comes with an answer, whatever it says.

use std::fmt;
use std::ops::Deref;
use std::time::{Duration, SystemTime};

use tokenturn_client::{RawResponse, Timestamp};

use crate::evidence::Candidates;
use crate::outcome::request_id;
use crate::rate_limit::{RateLimit, dated};

/// What an answer says, to which it dereferences, and what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answered<T> {
    /// What the answer says.
    pub value: T,
    /// The HTTP status.
    pub status: u16,
    /// The provider's name for the call, for its support.
    pub request_id: Option<String>,
    /// How many more calls the provider takes, where it says so.
    pub rate_limit: Option<RateLimit>,
    /// That what was called will be gone, where the provider says so.
    pub deprecation: Option<Box<Deprecation>>,
}

impl Answered<()> {
    pub(crate) fn of(response: &RawResponse) -> Self {
        Self {
            value: (),
            status: response.status().as_u16(),
            request_id: request_id(response),
            rate_limit: RateLimit::of(response),
            deprecation: Deprecation::of(response).map(Box::new),
        }
    }
}

impl<T> Answered<T> {
    /// An answer that says this, with this HTTP status, for a test. The other fields can be set.
    pub fn new(value: T, status: u16) -> Self {
        Self {
            value,
            status,
            request_id: None,
            rate_limit: None,
            deprecation: None,
        }
    }

    /// The same answer with another value.
    pub(crate) fn with<U>(self, value: U) -> Answered<U> {
        Answered {
            value,
            status: self.status,
            request_id: self.request_id,
            rate_limit: self.rate_limit,
            deprecation: self.deprecation,
        }
    }
}

impl<T> Deref for Answered<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The provider's notice that what was called will be gone, such as a version of its API.
///
/// GitHub sends it with the answers of an
/// [API version near its end](https://docs.github.com/en/rest/about-the-rest-api/api-versions).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deprecation {
    /// From when on it is not to be used any more (`Deprecation`:
    /// [RFC 9745](https://www.rfc-editor.org/rfc/rfc9745), or a date of HTTP, as GitHub has it), where a
    /// date is said.
    pub since: Option<Timestamp>,
    /// When it stops working (`Sunset`: [RFC 8594](https://www.rfc-editor.org/rfc/rfc8594)).
    pub sunset: Option<Timestamp>,
    /// Pages about it (`Link` with `rel` `deprecation`, `sunset` or `successor-version`).
    pub links: Vec<String>,
}

impl Deprecation {
    pub(crate) fn of(response: &RawResponse) -> Option<Self> {
        let since = response.header("deprecation").map(str::trim);
        let sunset = response.header("sunset").map(str::trim);
        let lines = response.headers().get_all("link").into_iter();
        let links: Vec<_> = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(links)
            .collect();
        // A newer version alone is no end of this one.
        let is_said = links.iter().any(|(is_end, _)| *is_end);
        if since.is_none() && sunset.is_none() && !is_said {
            return None;
        }
        let seconds = |text: &str| {
            let seconds = text.strip_prefix('@')?.parse().ok()?;
            SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
        };
        let time = |time: Option<SystemTime>| Timestamp::try_from(time?).ok();
        Some(Self {
            since: time(since.and_then(seconds).or_else(|| dated(since))),
            sunset: time(dated(sunset)),
            links: links.into_iter().map(|(_, url)| url).collect(),
        })
    }
}

/// The pages in a `Link` header (RFC 8288) that are about the end of something, or, and then not by
/// itself, about what comes after it.
fn links(line: &str) -> impl Iterator<Item = (bool, String)> + '_ {
    const LONGEST: usize = 300;
    line.split('<').skip(1).filter_map(|link| {
        let (url, parameters) = link.split_once('>')?;
        let mut parameters = parameters.split([';', ',']).map(str::trim);
        let rel = parameters.find_map(|parameter| parameter.strip_prefix("rel="))?;
        let rels: Vec<_> = rel.trim_matches('"').split_ascii_whitespace().collect();
        let is_end = rels.contains(&"deprecation") || rels.contains(&"sunset");
        let is_about = is_end || rels.contains(&"successor-version");
        let is_shown = url.len() <= LONGEST
            && url.bytes().all(|byte| byte.is_ascii_graphic())
            && Candidates::in_body(format!("{url} ").as_bytes()).is_empty();
        (is_about && is_shown).then(|| (is_end, url.to_owned()))
    })
}

impl fmt::Display for Deprecation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deprecated")?;
        if let Some(since) = self.since {
            write!(f, " as of {since}")?;
        }
        if let Some(sunset) = self.sunset {
            write!(f, ", gone from {sunset} on")?;
        }
        for link in &self.links {
            write!(f, ", see {link}")?;
        }
        Ok(())
    }
}
