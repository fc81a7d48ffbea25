//! What a web application stores between two requests.
//!
//! The forms are kept: later versions read what this one has written, and only add fields. What is
//! written is an object in every format, and what is not known in it is skipped.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads an object.
///
/// A derived `Deserialize` complains of a text in its place by showing it, and an object that was
/// made a text twice is one, with the secrets in it.
pub(crate) fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
    what: &'static str,
) -> Result<T, D::Error> {
    // What is asked for an object may complain by itself. So it is asked for whatever is there, which
    // takes a format that says what there is.
    deserializer.deserialize_any(Object(what, PhantomData))
}

struct Object<T>(&'static str, PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the object that a {} is stored as", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<T, E> {
        Err(E::custom(format_args!(
            "a text where the object of a {} was expected; it may have been serialized twice",
            self.0
        )))
    }
}
