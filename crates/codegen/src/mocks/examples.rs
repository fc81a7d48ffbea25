//! Examples of answers, each of which many operations may have.

use std::collections::HashMap;

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::Value;

use crate::fits::{self, Wanted};
use crate::prepare::Answer;
use crate::sample::{Samples, TEXT};

/// Those of all answers, as the generated code has them.
pub(super) struct Examples<'a> {
    document: &'a Value,
    samples: Samples<'a>,
    texts: Vec<String>,
    places: HashMap<String, usize>,
}

impl<'a> Examples<'a> {
    pub(super) fn of(document: &'a Value) -> Self {
        Self {
            document,
            samples: Samples::new(document),
            texts: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Where the example of an answer stands.
    pub(super) fn index(&mut self, answer: &Answer) -> Literal {
        let schema = answer.schema.as_ref().unwrap_or(&Value::Null);
        let text = self.example(&answer.examples, schema).to_string();
        let next = self.texts.len();
        let place = *self.places.entry(text.clone()).or_insert(next);
        if place == next {
            self.texts.push(text);
        }
        Literal::usize_unsuffixed(place)
    }

    /// The first example of the spec that the client reads, or else a value that the schema allows.
    pub(super) fn example(&mut self, examples: &[Value], schema: &Value) -> Value {
        let is_read = |example: &&Value| {
            fits::mismatch(self.document, schema, example, Wanted::Read).is_none()
        };
        match examples.iter().find(is_read) {
            Some(example) => example.clone(),
            None => self.samples.first(schema, TEXT),
        }
    }

    /// The item that holds them.
    pub(super) fn item(&self) -> Option<TokenStream> {
        let texts = self.texts.iter().map(|text| raw(text));
        (!self.texts.is_empty()).then(|| quote!(const EXAMPLES: &[&str] = &[#(#texts),*];))
    }
}

/// A string literal that can be read.
pub(crate) fn raw(text: &str) -> TokenStream {
    let marks = text.split('"').skip(1);
    let marks = marks.map(|rest| rest.len() - rest.trim_start_matches('#').len());
    let marks = "#".repeat(marks.max().unwrap_or(0) + 1);
    let raw = format!("r{marks}\"{text}\"{marks}").parse();
    // What turns the direction of a text has to be escaped.
    let is_turned = text.contains(['\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}'])
        || text.contains(['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}']);
    raw.ok()
        .filter(|_| !is_turned)
        .unwrap_or_else(|| quote!(#text))
}

#[cfg(test)]
mod tests {
    use syn::{LitStr, parse2};

    use super::raw;

    #[test]
    fn any_text_is_one_literal() {
        for text in [
            "",
            "a\"b",
            "a\"#b\"##c",
            "a\"#########b",
            "\u{202e}a",
            "\r\0",
        ] {
            let literal: LitStr = parse2(raw(text)).unwrap();
            assert_eq!(literal.value(), text);
        }
        assert!(!raw("\u{202e}").to_string().contains('\u{202e}'));
    }
}
