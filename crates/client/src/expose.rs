//! How secrets go over the wire.

use std::cell::Cell;
use std::collections::HashMap;

use serde::{Serialize, Serializer};

use crate::{Field, Secret};

thread_local! {
    static EXPOSING: Cell<bool> = const { Cell::new(false) };
}

/// Serializes something for the wire, secrets as they are.
///
/// The details of an answer are of the same types as requests, or of types like them, and users log
/// and store those: in whatever else is serialized, a secret looks as `Debug` prints it.
pub fn exposing<T>(serialize: impl FnOnce() -> T) -> T {
    /// Sets it back, also when a `Serialize` panics.
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            EXPOSING.set(self.0);
        }
    }
    let _before = Before(EXPOSING.replace(true));
    serialize()
}

/// Serializes a secret as it is within [`exposing`], and by its fingerprint elsewhere. Generated
/// types name this function at each field that holds a secret, since [`Secret`] by itself does not
/// serialize.
pub fn expose<T: Expose, S: Serializer>(secret: &T, serializer: S) -> Result<S::Ok, S::Error> {
    secret.expose_to(serializer)
}

/// Whatever holds secrets in a generated type.
pub trait Expose {
    /// Serializes the secrets themselves.
    fn expose_to<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

impl Expose for Secret {
    fn expose_to<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match EXPOSING.get() {
            true => serializer.serialize_str(self.expose()),
            false => serializer.collect_str(&format_args!("{self:?}")),
        }
    }
}

impl<T: Expose> Expose for Option<T> {
    fn expose_to<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Exposed).serialize(serializer)
    }
}

impl<T: Expose> Expose for Field<T> {
    fn expose_to<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().map(Exposed).serialize(serializer)
    }
}

impl<T: Expose> Expose for Vec<T> {
    fn expose_to<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Exposed))
    }
}

impl<T: Expose> Expose for HashMap<String, T> {
    fn expose_to<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(name, value)| (name, Exposed(value))))
    }
}

/// Secrets that are a parameter by themselves.
#[derive(Debug)]
pub struct Exposed<'a, T>(pub &'a T);

impl<T: Expose> Serialize for Exposed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.expose_to(serializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_travel_in_every_shape() {
        #[derive(Serialize)]
        struct Shapes {
            #[serde(serialize_with = "expose")]
            one: Secret,
            #[serde(serialize_with = "expose")]
            some: Option<Secret>,
            #[serde(serialize_with = "expose")]
            none: Option<Secret>,
            #[serde(serialize_with = "expose")]
            many: Vec<Secret>,
            #[serde(serialize_with = "expose")]
            named: Option<HashMap<String, Secret>>,
            either: Either,
        }

        #[derive(Serialize)]
        #[serde(untagged)]
        enum Either {
            Secret(#[serde(serialize_with = "expose")] Secret),
        }

        let shapes = Shapes {
            one: "a".into(),
            some: Some("b".into()),
            none: None,
            many: vec!["c".into(), "d".into()],
            named: Some([("e".to_owned(), "f".into())].into()),
            either: Either::Secret("g".into()),
        };
        let hidden = serde_json::to_value(&shapes).unwrap();
        assert_eq!(hidden["one"], "Secret(ca978112)");
        assert_eq!(hidden["named"]["e"], "Secret(252f10c8)");
        assert_eq!(
            exposing(|| serde_json::to_value(&shapes)).unwrap(),
            json!({
                "one": "a",
                "some": "b",
                "none": null,
                "many": ["c", "d"],
                "named": { "e": "f" },
                "either": "g",
            })
        );
    }
}
