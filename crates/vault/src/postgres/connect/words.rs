//! Words of an address that are libpq's, and that the client library does not know.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// What is taken out, and the environment variable of each, as libpq has them.
const TAKEN: [(&str, &str); 5] = [
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("passfile", "PGPASSFILE"),
];

/// The words that were taken out of an address. Nothing prints them: in an address with a mistake,
/// anything may be a part of the password.
#[derive(Default)]
pub(super) struct Words(Vec<(&'static str, String)>);

impl Words {
    /// The words of an address, and what is left of it. `None` when it cannot be read.
    pub(super) fn take(address: &str) -> Option<(Self, String)> {
        let mut words = Self::default();
        let is_url = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| address.starts_with(scheme));
        let rest = match is_url {
            true => words.take_from_url(address)?,
            false => words.take_from_pairs(address)?,
        };
        Some((words, rest))
    }

    /// What the address says, or else the environment. Nothing is the same as an empty text.
    pub(super) fn get(&self, name: &str, env: &Env<'_>) -> Option<String> {
        let said = self.0.iter().rev().find(|(taken, _)| *taken == name);
        let variable = || TAKEN.iter().find(|(taken, _)| *taken == name);
        let value = match said {
            Some((_, value)) => Some(value.clone()),
            None => variable().and_then(|(_, variable)| env(variable)),
        };
        value.filter(|value| !value.is_empty())
    }

    /// `false` when it is none of these words.
    fn add(&mut self, name: &str, value: &str) -> bool {
        // As libpq reads the URLs of other clients.
        let (name, value) = match (name, value) {
            ("ssl", "true") => ("sslmode", "require"),
            other => other,
        };
        let known = TAKEN.iter().find(|(taken, _)| *taken == name);
        if let Some((taken, _)) = known {
            self.0.push((taken, value.to_owned()));
        }
        known.is_some()
    }

    /// As the client library does, it takes everything before the first `@` for the user.
    fn take_from_url(&mut self, url: &str) -> Option<String> {
        let host = url.find('@').map_or(0, |at| at + 1);
        let Some(start) = url[host..].find('?').map(|at| host + at) else {
            return Some(url.to_owned());
        };
        let mut left = Vec::new();
        for pair in url[start + 1..].split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !self.add(&decode(name)?, &decode(value)?) {
                left.push(pair);
            }
        }
        Some(format!("{}?{}", &url[..start], left.join("&")))
    }

    /// `name = 'value'`, with a backslash before what would end the value.
    fn take_from_pairs(&mut self, text: &str) -> Option<String> {
        let (mut rest, mut left) = (text.trim_start(), String::new());
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let (value, length) = value(after)?;
            let after = &after[length..];
            if !self.add(name.trim_end(), &value) {
                left.push_str(&rest[..rest.len() - after.len()]);
                left.push(' ');
            }
            rest = after.trim_start();
        }
        Some(left)
    }
}

/// What an environment variable holds.
pub(super) type Env<'e> = dyn Fn(&str) -> Option<String> + 'e;

fn decode(text: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(text).decode_utf8().ok()
}

/// The value that a text begins with, and how long it is there.
fn value(text: &str) -> Option<(String, usize)> {
    let is_quoted = text.starts_with('\'');
    let (mut value, mut chars) = (String::new(), text.char_indices());
    if is_quoted {
        chars.next();
    }
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            '\'' if is_quoted => return Some((value, at + 1)),
            c if !is_quoted && c.is_whitespace() => return Some((value, at)),
            c => value.push(c),
        }
    }
    (!is_quoted).then_some((value, text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(address: &str) -> (Vec<(&'static str, String)>, String) {
        let (words, rest) = Words::take(address).unwrap();
        (words.0, rest)
    }

    #[test]
    fn words_are_taken_out_and_the_rest_stays_as_it_is() {
        for (address, words, left) in [
            ("postgres://h/d", vec![], "postgres://h/d"),
            (
                "postgres://u:p?sslmode=x@h/d?sslmode=verify-full&port=1",
                vec![("sslmode", "verify-full")],
                "postgres://u:p?sslmode=x@h/d?port=1",
            ),
            (
                "postgresql://h/d?connect_timeout=1&%73slrootcert=%2Fa%20b%2Fc.pem&options=-c%20x%3Dy",
                vec![("sslrootcert", "/a b/c.pem")],
                "postgresql://h/d?connect_timeout=1&options=-c%20x%3Dy",
            ),
            (
                "postgres://h/d?ssl=true",
                vec![("sslmode", "require")],
                "postgres://h/d?",
            ),
            (
                r"host=h sslmode = verify-ca password='a \' sslmode=b' sslkey='/it\'s a \\ key'",
                vec![("sslmode", "verify-ca"), ("sslkey", r"/it's a \ key")],
                r"host=h password='a \' sslmode=b' ",
            ),
            (
                r"sslcert=/a\ b passfile='' host=h",
                vec![("sslcert", "/a b"), ("passfile", "")],
                "host=h ",
            ),
        ] {
            let words: Vec<_> = words.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
            assert_eq!(taken(address), (words, left.to_owned()), "{address}");
            assert!(left.parse::<tokio_postgres::Config>().is_ok(), "{left}");
        }
    }

    #[test]
    fn what_has_no_end_cannot_be_read() {
        for address in [
            "host",
            "host=h sslkey='x",
            "host='h sslmode=disable",
            "postgres://h/d?sslcert=%FF",
        ] {
            assert!(Words::take(address).is_none(), "{address}");
        }
    }

    #[test]
    fn the_last_one_counts_and_the_environment_is_asked_last() {
        let (words, _) = Words::take("sslmode=allow sslmode=require sslcert=''").unwrap();
        let env = |name: &str| Some(format!("of {name}"));
        assert_eq!(words.get("sslmode", &env).unwrap(), "require");
        assert_eq!(words.get("sslkey", &env).unwrap(), "of PGSSLKEY");
        assert_eq!(words.get("sslcert", &env), None);
    }
}
