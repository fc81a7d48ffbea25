//! One JSON object in each line.

use std::fmt;
use std::io::{BufRead, BufReader, Read};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use tokenturn::Secret;

use super::fields::{Fields, Name};
use super::{LONGEST_WITH_ANSWERS, NOT_UTF_8, RowError};

pub(super) struct Lines<R> {
    source: BufReader<R>,
    line: Vec<u8>,
    number: u64,
    has_ended: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn of(source: R) -> Self {
        Self {
            source: BufReader::with_capacity(64 * 1024, source),
            line: Vec::new(),
            number: 0,
            has_ended: false,
        }
    }

    /// The next line that is not empty.
    fn advance(&mut self) -> Result<Option<Fields>, RowError> {
        loop {
            self.number += 1;
            self.line.clear();
            let mut source = self.source.by_ref().take(LONGEST_WITH_ANSWERS as u64);
            let read = source.read_until(b'\n', &mut self.line);
            let read =
                read.map_err(|e| RowError::new(self.number, format!("cannot be read: {e}")))?;
            if read == LONGEST_WITH_ANSWERS {
                return Err(RowError::too_long(self.number));
            }
            if read == 0 {
                return Ok(None);
            }
            let line = self.line.strip_prefix(b"\xEF\xBB\xBF");
            let line = line.unwrap_or(&self.line).trim_ascii();
            if !line.is_empty() {
                let fields = parse(line).map_err(|why| RowError::new(self.number, why))?;
                return Ok(Some(fields));
            }
        }
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = Result<(u64, Fields), RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let fields = self.advance();
        self.has_ended = !matches!(fields, Ok(Some(_)));
        let fields = fields.transpose()?;
        Some(fields.map(|fields| (self.number, fields)))
    }
}

/// serde's own errors quote what they find, and it may be a token.
fn parse(line: &[u8]) -> Result<Fields, String> {
    if str::from_utf8(line).is_err() {
        return Err(NOT_UTF_8.to_owned());
    }
    let mut problem = None;
    let mut json = serde_json::Deserializer::from_slice(line);
    let object = Object {
        problem: &mut problem,
    };
    let fields = object
        .deserialize(&mut json)
        .and_then(|fields| json.end().map(|()| fields));
    fields.map_err(|_| problem.unwrap_or_else(|| "not a JSON object in one line".to_owned()))
}

/// The object of a line, or what is wrong with it.
struct Object<'p> {
    problem: &'p mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Fields;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        let mut number = 0;
        while let Some(name) = map.next_key::<String>()? {
            number += 1;
            let field = match Name::parse(&name) {
                Some(Name::Of(field)) => field,
                Some(Name::NotLookedAt) => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                None => {
                    // Its name may be a token.
                    let known = Name::all();
                    *self.problem = Some(format!("field {number} is not known; it can be {known}"));
                    return Err(A::Error::custom("unknown field"));
                }
            };
            *self.problem = Some(format!("{} is not text", field.as_str()));
            let Text(value) = map.next_value_seed(Text(None))?;
            *self.problem = None;
            if !fields.set(field, value) {
                *self.problem = Some(format!("{} is there twice", field.as_str()));
                return Err(A::Error::custom("duplicate field"));
            }
        }
        Ok(fields)
    }
}

/// Text, a whole number (IDs are often written so), or null.
struct Text(Option<Secret>);

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Self;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self, E> {
        Ok(Self(Some(Secret::new(text))))
    }

    fn visit_string<E>(self, text: String) -> Result<Self, E> {
        Ok(Self(Some(Secret::new(text))))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self, E> {
        Ok(Self(Some(Secret::new(number.to_string()))))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self, E> {
        Ok(Self(Some(Secret::new(number.to_string()))))
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}
