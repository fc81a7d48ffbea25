//! The fields of a body that is no JSON: of a form, or of a multipart body.
//!
//! A value becomes a text, a list is its items, and what has fields itself is JSON, as OpenAPI says. Of a
//! list that is declared as JSON, each item is JSON by itself, in a form as in a multipart body: newer texts say so of
//! both, and OpenAPI 3.1.1 of the latter alone ("Encoding `multipart` Media Types").

use std::fmt;

use serde::Serialize;
use serde::ser::{
    self, Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer,
};

use crate::expose::exposing;
use crate::file::{self, FilePart, handing_over};
use crate::transport::Buffer;

/// Where the fields go, in their order.
pub(crate) trait Sink {
    fn text(&mut self, name: &str, text: &str);
    fn json(&mut self, name: &str, json: Buffer);
    fn file(&mut self, name: &str, file: FilePart);
    /// How much was written so far.
    fn written(&self) -> usize;
    /// Whether the fields of an object, and the items of a list, get names of their own: `name[key]`.
    fn is_deep(&self, name: &str) -> bool;
    /// Whether each value is JSON, also one that is a text.
    fn is_json(&self, name: &str) -> bool;
    /// Whether the items of a list stand in one value, in which this one would be read as two.
    fn is_cut(&self, _name: &str, _item: &[u8]) -> bool {
        false
    }
}

/// Why a value cannot be written as fields.
#[derive(Debug)]
pub enum FieldsError {
    /// It is no object.
    NotAnObject,
    /// A field that has fields itself, or is JSON: it is written in another way.
    Nested,
    /// What a `Serialize` said.
    Other(String),
}

impl fmt::Display for FieldsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnObject | Self::Nested => "the body has no fields",
            Self::Other(why) => why,
        })
    }
}

impl std::error::Error for FieldsError {}

impl ser::Error for FieldsError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }
}

/// Writes the fields of a body. What is none is not written.
pub(crate) fn write<T: Serialize>(body: &T, sink: &mut impl Sink) -> Result<(), FieldsError> {
    exposing(|| handing_over(|| body.serialize(Value { name: None, sink })))
}

pub(crate) fn field<T: Serialize + ?Sized>(
    sink: &mut impl Sink,
    name: &str,
    is_item: bool,
    value: &T,
) -> Result<(), FieldsError> {
    let name = Some(Name {
        text: name,
        is_item,
        is_deep: sink.is_deep(name),
        is_json: sink.is_json(name),
    });
    match value.serialize(Value { name, sink }) {
        Err(FieldsError::Nested) => {}
        result => return result,
    }
    let mut json = Buffer::default();
    serde_json::to_writer(&mut json, value).map_err(ser::Error::custom)?;
    if let Some(name) = name {
        name.whole(sink, json.as_slice())?;
        sink.json(name.text, json);
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Name<'a> {
    text: &'a str,
    /// Whether it is that of a list.
    is_item: bool,
    is_deep: bool,
    is_json: bool,
}

impl Name<'_> {
    fn whole(self, sink: &impl Sink, value: &[u8]) -> Result<(), FieldsError> {
        if self.is_item && sink.is_cut(self.text, value) {
            let why = "has in it what stands between the items";
            return Err(FieldsError::Other(format!(
                "an item of `{}` {why}",
                self.text
            )));
        }
        Ok(())
    }
}

/// One value: the body, which has no name, or a field.
struct Value<'a, S> {
    name: Option<Name<'a>>,
    sink: &'a mut S,
}

impl<'a, S: Sink> Value<'a, S> {
    fn text(self, text: &str) -> Result<(), FieldsError> {
        let name = self.name.ok_or(FieldsError::NotAnObject)?;
        if name.is_json {
            return Err(FieldsError::Nested);
        }
        name.whole(self.sink, text.as_bytes())?;
        self.sink.text(name.text, text);
        Ok(())
    }

    fn fields(self) -> Result<Fields<'a, S>, FieldsError> {
        let within = match self.name {
            None => None,
            Some(name) if name.is_deep => Some(name.text),
            Some(_) => return Err(FieldsError::Nested),
        };
        Ok(Fields {
            within,
            sink: self.sink,
            key: String::new(),
        })
    }

    fn items(self) -> Result<Items<'a, S>, FieldsError> {
        let name = self.name.ok_or(FieldsError::NotAnObject)?;
        if name.is_item && !name.is_deep {
            return Err(FieldsError::Nested);
        }
        Ok(Items {
            name,
            sink: self.sink,
            index: 0,
        })
    }

    fn nested(self) -> FieldsError {
        self.name
            .map_or(FieldsError::NotAnObject, |_| FieldsError::Nested)
    }
}

macro_rules! texts {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<(), FieldsError> {
            self.text(&value.to_string())
        }
    )*};
}

/// A number outside of JSON. A server may want to read `1.0` as an integer, which nobody does who says `number`
/// and means one.
pub(crate) fn number(value: impl Serialize) -> Result<String, FieldsError> {
    let text = serde_json::to_string(&value).map_err(ser::Error::custom)?;
    Ok(text.strip_suffix(".0").map_or(text.clone(), str::to_owned))
}

impl<'a, S: Sink> Serializer for Value<'a, S> {
    type Ok = ();
    type Error = FieldsError;
    type SerializeSeq = Items<'a, S>;
    type SerializeTuple = Items<'a, S>;
    type SerializeTupleStruct = Impossible<(), FieldsError>;
    type SerializeTupleVariant = Impossible<(), FieldsError>;
    type SerializeMap = Fields<'a, S>;
    type SerializeStruct = Fields<'a, S>;
    type SerializeStructVariant = Impossible<(), FieldsError>;

    texts! {
        serialize_bool: bool, serialize_char: char,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_i128: i128, serialize_u128: u128
    }

    fn serialize_f32(self, value: f32) -> Result<(), FieldsError> {
        self.text(&number(value)?)
    }

    fn serialize_f64(self, value: f64) -> Result<(), FieldsError> {
        self.text(&number(value)?)
    }

    fn serialize_str(self, value: &str) -> Result<(), FieldsError> {
        self.text(value)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), FieldsError> {
        Err(self.nested())
    }

    fn serialize_none(self) -> Result<(), FieldsError> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), FieldsError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), FieldsError> {
        Ok(())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), FieldsError> {
        if let (Some(file), Some(field)) = (file::take(name), self.name) {
            self.sink.file(field.text, file);
        }
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), FieldsError> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), FieldsError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), FieldsError> {
        let mut fields = self.fields()?;
        SerializeStruct::serialize_field(&mut fields, variant, value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a, S>, FieldsError> {
        self.items()
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'a, S>, FieldsError> {
        self.items()
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, FieldsError> {
        Err(self.nested())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, FieldsError> {
        Err(self.nested())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'a, S>, FieldsError> {
        self.fields()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a, S>, FieldsError> {
        self.fields()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, FieldsError> {
        Err(self.nested())
    }
}

pub(crate) struct Items<'a, S> {
    name: Name<'a>,
    sink: &'a mut S,
    index: usize,
}

impl<S: Sink> SerializeSeq for Items<'_, S> {
    type Ok = ();
    type Error = FieldsError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FieldsError> {
        let Name { text, is_deep, .. } = self.name;
        if !is_deep {
            return field(self.sink, text, true, value);
        }
        let name = format!("{text}[{}]", self.index);
        let before = self.sink.written();
        field(self.sink, &name, true, value)?;
        // Nobody counts what is not there.
        self.index += usize::from(self.sink.written() > before);
        Ok(())
    }

    fn end(self) -> Result<(), FieldsError> {
        Ok(())
    }
}

impl<S: Sink> SerializeTuple for Items<'_, S> {
    type Ok = ();
    type Error = FieldsError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FieldsError> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<(), FieldsError> {
        Ok(())
    }
}

pub(crate) struct Fields<'a, S> {
    /// The name of the field that these are the fields of.
    within: Option<&'a str>,
    sink: &'a mut S,
    key: String,
}

impl<S: Sink> SerializeStruct for Fields<'_, S> {
    type Ok = ();
    type Error = FieldsError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), FieldsError> {
        self.serialize_entry(key, value)
    }

    fn end(self) -> Result<(), FieldsError> {
        Ok(())
    }
}

impl<S: Sink> SerializeMap for Fields<'_, S> {
    type Ok = ();
    type Error = FieldsError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), FieldsError> {
        let key = serde_json::to_value(key).map_err(ser::Error::custom)?;
        let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        self.key = match self.within {
            Some(within) if key.contains(['[', ']']) => {
                let why = format!("a bracket in a key of `{within}` would make another one of it");
                return Err(FieldsError::Other(why));
            }
            Some(within) => format!("{within}[{key}]"),
            None => key,
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FieldsError> {
        field(self.sink, &self.key, false, value)
    }

    fn end(self) -> Result<(), FieldsError> {
        Ok(())
    }
}
