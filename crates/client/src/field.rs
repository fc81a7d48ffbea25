//! Fields of requests that may be left out and may be null.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a request says of a field that may be left out and may also be null: in a PATCH, these are
/// two things.
///
/// The setters of builders take a value, or an `Option` whose `None` is sent as null. What is not
/// set is not sent.
///
/// ```
/// use tokenturn_client::Field;
///
/// assert_eq!(Field::<&str>::from("new"), Field::Value("new"));
/// assert_eq!(Field::<&str>::from(None), Field::Null);
/// assert_eq!(Field::<&str>::default(), Field::Absent);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Field<T> {
    /// The field is left out.
    #[default]
    Absent,
    /// The field is null.
    Null,
    /// The field has a value.
    Value(T),
}

impl<T> Field<T> {
    /// Whether the field is left out.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value, when there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T> From<Option<T>> for Field<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

/// A field that is there. One that is not there is the default.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_things_are_three_on_the_wire() {
        #[derive(Debug, Deserialize, Serialize)]
        struct Change {
            #[serde(default, skip_serializing_if = "Field::is_absent")]
            name: Field<String>,
        }

        for (json, expected) in [
            ("{}", Field::Absent),
            (r#"{"name":null}"#, Field::Null),
            (r#"{"name":"a"}"#, Field::Value("a".to_owned())),
        ] {
            let change: Change = serde_json::from_str(json).unwrap();
            assert_eq!(change.name, expected);
            assert_eq!(serde_json::to_string(&change).unwrap(), json);
        }
    }
}
