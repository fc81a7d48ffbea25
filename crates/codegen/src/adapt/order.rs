//! Puts things in the order of the spec. progenitor and typify sort them by name.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use syn::visit_mut::{self, VisitMut};
use syn::{ExprStruct, Field, Fields, FieldsNamed, ImplItem, ItemImpl, ItemStruct, Member};

use super::pieces::{Kind, Piece};
use crate::names::pascal;
use crate::operations::Operation;
use crate::prepare::{Part, schemas_in};

/// The order of types: the names of the schemas that they are named after.
pub(super) fn schemas(document: &Value) -> HashMap<String, usize> {
    let components = document.pointer("/components/schemas");
    let components = components.and_then(Value::as_object);
    let names = components.into_iter().flatten();
    names.map(|(name, _)| pascal(name)).zip(0..).collect()
}

/// The order of the builders of operations.
pub(super) fn operations(operations: &[Operation]) -> HashMap<String, usize> {
    let names = operations.iter().map(Operation::type_name);
    names.zip(0..).collect()
}

/// Orders the fields of a type. Gives their names.
pub(super) fn fields(item: &mut ItemStruct, properties: &Properties<'_>) -> Option<Vec<String>> {
    let Fields::Named(named) = &mut item.fields else {
        return None;
    };
    order_fields(named, properties);
    let idents = named.named.iter().filter_map(|field| field.ident.as_ref());
    Some(idents.map(ToString::to_string).collect())
}

/// The order of what builds an operation.
pub(super) fn arguments(operation: &Operation) -> Vec<String> {
    let parameters = operation.parameters.iter();
    let parameters = parameters.map(|parameter| parameter.argument.clone());
    let ends = |name: &str| std::iter::once(name.to_owned());
    ends("client")
        .chain(parameters)
        .chain(ends("body"))
        .collect()
}

/// A type and what follows it.
#[derive(Default)]
pub(super) struct Group {
    pub(super) name: Option<String>,
    pub(super) pieces: Vec<Piece>,
}

/// Type by type: those of the spec in its order, each with the types that were named after it.
pub(super) fn groups(pieces: Vec<Piece>, names: &HashMap<String, usize>) -> Vec<Group> {
    let mut groups = vec![Group::default()];
    let mut rest = Group::default();
    for piece in pieces {
        match piece.kind {
            Kind::Mod => {
                rest.pieces.push(piece);
                continue;
            }
            Kind::Struct | Kind::Enum => groups.push(Group {
                name: Some(piece.name.clone()),
                pieces: Vec::new(),
            }),
            _ => {}
        }
        if let Some(group) = groups.last_mut() {
            group.pieces.push(piece);
        }
    }
    groups.sort_by_cached_key(|group| {
        let name = group.name.as_deref().unwrap_or_default();
        let ends = (0..=name.len())
            .rev()
            .filter(|end| name.is_char_boundary(*end));
        let place = ends
            .map(|end| names.get(&name[..end]))
            .find(Option::is_some);
        match place.flatten() {
            Some(index) => *index,
            None if name.is_empty() => 0,
            None => usize::MAX,
        }
    });
    groups.push(rest);
    groups
}

/// The properties of a schema in their order, by their names in alphabetical order.
pub(super) type Properties<'a> = BTreeMap<Vec<&'a str>, Vec<&'a str>>;

/// Those of every schema.
pub(super) fn properties(document: &Value) -> Properties<'_> {
    let mut found = BTreeMap::new();
    schemas_in(document, Part::Document, &mut |schema| {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            let names: Vec<&str> = properties.keys().map(String::as_str).collect();
            let mut sorted = names.clone();
            sorted.sort_unstable();
            found.insert(sorted, names);
        }
    });
    found
}

fn order_fields(fields: &mut FieldsNamed, properties: &Properties<'_>) {
    let names: Vec<String> = fields.named.iter().map(wire_name).collect();
    let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    if let Some(order) = properties.get(&sorted) {
        let mut named: Vec<Field> = std::mem::take(&mut fields.named).into_iter().collect();
        named.sort_by_key(|field| {
            let name = wire_name(field);
            order.iter().position(|wanted| *wanted == name)
        });
        fields.named = named.into_iter().collect();
    }
}

/// What a field is called in JSON.
pub(crate) fn wire_name(field: &Field) -> String {
    let mut name = field
        .ident
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("serde")) {
        // What else stands there has no value that matters here.
        let _ = attribute.parse_nested_meta(|meta| {
            let value = meta.value().and_then(|value| value.parse::<syn::LitStr>());
            if meta.path.is_ident("rename") {
                name = value?.value();
            }
            Ok(())
        });
    }
    name
}

/// Orders fields and setters by a list of names.
pub(super) struct Order<'a>(pub(super) &'a [String]);

impl Order<'_> {
    fn place(&self, name: &str) -> usize {
        let place = self.0.iter().position(|wanted| wanted == name);
        place.unwrap_or(usize::MAX)
    }

    /// The place of a setter, which may be one of two for the same thing.
    fn setter(&self, name: &str) -> usize {
        self.place(name.trim_end_matches("_map")).saturating_add(1)
    }

    /// Orders setters that are not parsed.
    pub(super) fn setters(&self, setters: &mut [Piece]) {
        setters.sort_by_cached_key(|setter| self.setter(&setter.name));
    }
}

impl VisitMut for Order<'_> {
    fn visit_fields_named_mut(&mut self, fields: &mut FieldsNamed) {
        let mut named: Vec<Field> = std::mem::take(&mut fields.named).into_iter().collect();
        named.sort_by_key(|field| {
            let name = field.ident.as_ref().map(ToString::to_string);
            self.place(&name.unwrap_or_default())
        });
        fields.named = named.into_iter().collect();
    }

    fn visit_expr_struct_mut(&mut self, expr: &mut ExprStruct) {
        let mut fields: Vec<_> = std::mem::take(&mut expr.fields).into_iter().collect();
        fields.sort_by_key(|field| match &field.member {
            Member::Named(name) => self.place(&name.to_string()),
            Member::Unnamed(_) => usize::MAX,
        });
        expr.fields = fields.into_iter().collect();
        visit_mut::visit_expr_struct_mut(self, expr);
    }

    fn visit_item_impl_mut(&mut self, block: &mut ItemImpl) {
        // `new` comes first, and `send` last.
        block.items.sort_by_key(|item| match item {
            ImplItem::Fn(function) if function.sig.ident == "new" => 0,
            ImplItem::Fn(function) => self.setter(&function.sig.ident.to_string()),
            _ => 0,
        });
        visit_mut::visit_item_impl_mut(self, block);
    }
}
