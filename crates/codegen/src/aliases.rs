//! Other names for what progenitor would give a name that is not ours.
//!
//! progenitor and typify cannot be told how to name a thing, and write names of the spec into their
//! code beside their own. So they get to know what is in doubt by an alias that nothing else is
//! called, and the alias is replaced in what they make.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{Display, Write};
use std::ops::Range;

use proc_macro2::{Group, Ident, Literal, TokenStream, TokenTree};
use serde_json::{Map, Value};

use crate::clashes;
use crate::names::{needs_letter, pascal, snake};
use crate::prepare::{ARGUMENT, METHODS, Part, schemas_mut};
use crate::reserved::{argument, method, operation_type, schema_type};
use crate::tree::{escaped, unescaped};

/// The end of an alias.
const MARK: &str = "tokenturn";

/// How references to component schemas begin.
const SCHEMAS: &str = "#/components/schemas/";

/// The names behind the aliases, by the alias in `PascalCase`.
#[derive(Default)]
pub(crate) struct Aliases {
    names: HashMap<String, Name>,
    /// By what it is, its name on the wire, and those in Rust: one parameter or value can have several.
    given: HashMap<(Kind, String, String, String), String>,
    /// The values of enums, by their aliases in lower case.
    values: HashMap<String, String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Operation,
    Parameter,
    Schema,
    Property,
    Value,
}

struct Name {
    /// As the spec has it.
    wire: String,
    /// What stands for it in the names of others.
    base: String,
    type_name: String,
    function: String,
}

impl Aliases {
    /// Gives aliases to what needs one.
    pub(crate) fn give(document: &mut Value) -> Self {
        let mut aliases = Self::default();
        if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
            for (path, mut item) in std::mem::take(paths) {
                let mut path = path;
                for key in METHODS {
                    if let Some(operation) = item.get_mut(key).and_then(Value::as_object_mut) {
                        aliases.operation(operation, &mut path);
                    }
                }
                paths.insert(path, item);
            }
        }
        let schemas = document.pointer_mut("/components/schemas");
        if let Some(schemas) = schemas.and_then(Value::as_object_mut) {
            for (name, schema) in std::mem::take(schemas) {
                let name = aliases.schema(&name).unwrap_or(name);
                schemas.insert(name, schema);
            }
        }
        aliases.below(document);
        aliases.members(document);
        aliases
    }

    fn operation(&mut self, operation: &mut Map<String, Value>, path: &mut String) {
        if let Some(Value::String(id)) = operation.get_mut("operationId") {
            let name = Name {
                wire: id.clone(),
                base: id.clone(),
                type_name: operation_type(id),
                function: method(id),
            };
            if name.is_changed() {
                *id = self.alias(Kind::Operation, name);
            }
        }
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let is_path = parameter.get("in").is_some_and(|place| place == "path");
            let own = parameter.get(ARGUMENT).and_then(Value::as_str);
            let own = own.map(str::to_owned);
            let Some(Value::String(wire)) = parameter.get_mut("name") else {
                continue;
            };
            let base = own.as_ref().unwrap_or(wire).clone();
            let name = Name {
                wire: wire.clone(),
                type_name: pascal(&base),
                function: own.unwrap_or_else(|| argument(wire)),
                base,
            };
            if name.is_changed() {
                let alias = self.alias(Kind::Parameter, name);
                if is_path {
                    *path = path.replace(&format!("{{{wire}}}"), &format!("{{{alias}}}"));
                }
                *wire = alias;
            }
        }
    }

    fn schema(&mut self, name: &str) -> Option<String> {
        let name = Name {
            wire: name.to_owned(),
            base: name.to_owned(),
            type_name: schema_type(name),
            function: snake(name),
        };
        name.is_changed().then(|| self.alias(Kind::Schema, name))
    }

    fn below(&mut self, node: &mut Value) {
        match node {
            Value::Object(fields) => {
                if let Some(Value::String(target)) = fields.get_mut("$ref")
                    && let Some(name) = target.strip_prefix(SCHEMAS).map(unescaped)
                    && let Some(alias) = self.schema(&name)
                {
                    *target = format!("{SCHEMAS}{}", escaped(&alias));
                }
                fields.values_mut().for_each(|field| self.below(field));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.below(item)),
            _ => {}
        }
    }

    /// The fields and the variants that would have one name, and a field `extra`: typify calls one so
    /// that holds what `additionalProperties` allows.
    fn members(&mut self, document: &mut Value) {
        let fields = clashes::fields(document);
        schemas_mut(document, Part::Document, &mut |schema| {
            self.properties(schema, &fields);
            self.values(schema);
        });
    }

    fn properties(&mut self, schema: &mut Map<String, Value>, fields: &BTreeMap<String, String>) {
        let mut alias = |wire: &str| {
            let name = Name {
                type_name: pascal(wire),
                function: fields.get(wire)?.clone(),
                base: wire.to_owned(),
                wire: wire.to_owned(),
            };
            Some(self.alias(Kind::Property, name))
        };
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            for (name, property) in std::mem::take(properties) {
                properties.insert(alias(&name).unwrap_or(name), property);
            }
        }
        let required = schema.get_mut("required").and_then(Value::as_array_mut);
        for name in required.into_iter().flatten() {
            if let Some(alias) = name.as_str().and_then(&mut alias) {
                *name = alias.into();
            }
        }
    }

    fn values(&mut self, schema: &mut Map<String, Value>) {
        let variants = clashes::variants(schema);
        let values = schema.get_mut("enum").and_then(Value::as_array_mut);
        let values = values
            .into_iter()
            .flatten()
            .filter(|value| value.is_string());
        for (value, (wire, type_name)) in values.zip(variants) {
            let name = Name {
                function: snake(&type_name),
                type_name,
                base: wire.clone(),
                wire,
            };
            // A variant that was named like its value would be sent by its name.
            let own = name.wire.clone();
            let alias = self.alias(Kind::Value, name).to_lowercase();
            self.values.insert(alias.clone(), own);
            *value = alias.into();
        }
    }

    fn alias(&mut self, kind: Kind, name: Name) -> String {
        let next = self.names.len();
        let key = (
            kind,
            name.wire.clone(),
            name.type_name.clone(),
            name.function.clone(),
        );
        let alias = self.given.entry(key);
        // The names of a choice's variants lose the words that they begin with in common.
        let alias = alias.or_insert_with(|| format!("A{next}{MARK}")).clone();
        self.names.entry(alias.clone()).or_insert(name);
        alias
    }

    /// Replaces the aliases by names.
    pub(crate) fn take_back(&self, tokens: TokenStream) -> TokenStream {
        if self.names.is_empty() {
            return tokens;
        }
        let mut text = String::new();
        self.taken_back(tokens, &mut text)
    }

    /// `text` is room for the text of a token.
    fn taken_back(&self, tokens: TokenStream, text: &mut String) -> TokenStream {
        let tokens = tokens.into_iter();
        tokens.map(|token| self.token(token, text)).collect()
    }

    fn token(&self, token: TokenTree, text: &mut String) -> TokenTree {
        match token {
            TokenTree::Group(group) => {
                let (delimiter, span, inner) = (group.delimiter(), group.span(), group.stream());
                // Whoever holds it, too, has them copied.
                drop(group);
                let mut changed = Group::new(delimiter, self.taken_back(inner, text));
                changed.set_span(span);
                changed.into()
            }
            TokenTree::Ident(ident) if has_mark(&ident, text) => {
                Ident::new(&self.words(text), ident.span()).into()
            }
            TokenTree::Literal(literal) if has_mark(&literal, text) => {
                let Ok(text) = syn::parse2::<syn::LitStr>(TokenTree::from(literal.clone()).into())
                else {
                    return literal.into();
                };
                let text = text.value();
                let name = self.names.get(&text).map(|name| &name.wire);
                match name.or_else(|| self.values.get(&text)) {
                    Some(wire) => Literal::string(wire).into(),
                    None => Literal::string(&self.words(&text)).into(),
                }
            }
            token => token,
        }
    }

    /// Every word of a text with its alias replaced.
    pub(crate) fn words(&self, text: &str) -> String {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let mut changed = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            changed.push_str(&self.word(&rest[..end]));
            rest = &rest[end..];
            let end = rest.find(is_word).unwrap_or(rest.len());
            changed.push_str(&rest[..end]);
            rest = &rest[end..];
        }
        changed
    }

    fn word(&self, word: &str) -> String {
        let mut changed = String::new();
        let mut rest = word;
        while let Some((name, is_type, place)) = self.first(rest) {
            let (before, after) = (&rest[..place.start], &rest[place.end..]);
            if place.len() == word.len() {
                return if is_type {
                    &name.type_name
                } else {
                    &name.function
                }
                .clone();
            }
            // The name of something that is named after it.
            let written = if is_type { pascal } else { snake };
            changed.push_str(before);
            changed.push_str(&written(&name.base));
            rest = after;
        }
        changed.push_str(rest);
        changed
    }

    /// The name behind the first alias in a word, whether it is written as that of a type, and where.
    fn first(&self, word: &str) -> Option<(&Name, bool, Range<usize>)> {
        word.match_indices(MARK).find_map(|(at, _)| {
            let number = word[..at]
                .trim_end_matches(|c: char| c.is_ascii_digit())
                .len();
            let start = number.checked_sub(1)?;
            let end = at + MARK.len();
            let is_type = match &word.as_bytes()[start] {
                b'A' => true,
                b'a' => false,
                _ => return None,
            };
            let name = self.names.get(&format!("A{}", &word[number..end]))?;
            Some((name, is_type, start..end))
        })
    }
}

/// Whether there is an alias in a token, whose text is then in `text`.
fn has_mark(token: &impl Display, text: &mut String) -> bool {
    text.clear();
    let _ = write!(text, "{token}");
    text.contains(MARK)
}

impl Name {
    /// Whether progenitor would make another name of it.
    fn is_changed(&self) -> bool {
        self.type_name != pascal(&self.wire)
            || self.function != snake(&self.wire)
            || needs_letter(&self.wire)
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_sent_keeps_its_name_and_what_is_generated_gets_ours() {
        let mut document = json!({
            "paths": {"/a/{0}": {"get": {
                "operationId": "new",
                "parameters": [
                    {"name": "0", "in": "path"},
                    {"name": "Client", "in": "query"},
                    {"name": "plain", "in": "query"},
                ],
            }}},
            "components": {"schemas": {"Option": {}, "Plain": {"$ref": "#/components/schemas/Option"}}},
        });
        let aliases = Aliases::give(&mut document);
        let [operation, path, query, schema] = [0, 1, 2, 3].map(|index| format!("A{index}{MARK}"));
        let expected = json!({
            "paths": {(format!("/a/{{{path}}}")): {"get": {
                "operationId": operation,
                "parameters": [
                    {"name": path, "in": "path"},
                    {"name": query, "in": "query"},
                    {"name": "plain", "in": "query"},
                ],
            }}},
            "components": {"schemas": {
                (schema.clone()): {},
                "Plain": {"$ref": (format!("#/components/schemas/{schema}"))},
            }},
        });
        assert_eq!(document, expected);
        let tokens = quote! {
            fn a0tokenturn(a2tokenturn: A3tokenturn) -> A0tokenturnBody {
                query("A2tokenturn", a2tokenturn, a1tokenturn, "no `types::A3tokenturn` for a2tokenturn")
            }
        };
        let expected = quote! {
            fn new_(client_: Option_) -> NewBody {
                query("Client", client_, x0, "no `types::Option_` for client_")
            }
        };
        assert_eq!(aliases.take_back(tokens).to_string(), expected.to_string());
    }
}
