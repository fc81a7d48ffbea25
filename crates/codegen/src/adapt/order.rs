//! Puts things in the order of the spec. progenitor and typify sort them by name.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use syn::visit_mut::{self, VisitMut};
use syn::{ExprStruct, Field, Fields, FieldsNamed, ImplItem, Item, ItemImpl, ItemMod, Member};

use super::trim::module;
use crate::names::pascal;
use crate::operations::Operation;
use crate::prepare::{Part, schemas_in};

/// Orders the types, their fields, and their builders.
pub(super) fn types(types: &mut ItemMod, document: &Value) {
    let components = document.pointer("/components/schemas");
    let components = components.and_then(Value::as_object);
    let names: Vec<String> = components
        .into_iter()
        .flatten()
        .map(|(name, _)| pascal(name))
        .collect();
    let names: HashMap<&str, usize> = names.iter().map(String::as_str).zip(0..).collect();
    let properties = properties(document);
    let Some((_, items)) = &mut types.content else {
        return;
    };
    let mut fields = HashMap::new();
    for item in items.iter_mut() {
        if let Item::Struct(item) = item
            && let Fields::Named(named) = &mut item.fields
        {
            order_fields(named, &properties);
            fields.insert(item.ident.to_string(), idents(named));
        }
    }
    if let Some(builders) = items.iter_mut().find_map(|item| module(item, "builder")) {
        for group in groups(builders, &names) {
            let mut order = group
                .name
                .as_ref()
                .and_then(|name| fields.get(name))
                .map(Order);
            for mut item in group.items {
                if let Some(order) = &mut order {
                    order.visit_item_mut(&mut item);
                }
                builders.push(item);
            }
        }
    }
    let ordered = groups(items, &names)
        .into_iter()
        .flat_map(|group| group.items);
    *items = ordered.collect();
}

/// Orders the builders of operations, and their parameters.
pub(super) fn builders(builders: &mut ItemMod, operations: &[Operation]) {
    let names: Vec<String> = operations
        .iter()
        .map(|operation| operation.type_name())
        .collect();
    let names: HashMap<&str, usize> = names.iter().map(String::as_str).zip(0..).collect();
    let Some((_, items)) = &mut builders.content else {
        return;
    };
    for group in groups(items, &names) {
        let operation = group
            .name
            .as_ref()
            .and_then(|name| names.get(name.as_str()));
        let parameters = operation.map(|index| {
            let parameters = operations[*index].parameters.iter();
            let parameters = parameters.map(|parameter| parameter.argument.clone());
            let ends = |name: &str| std::iter::once(name.to_owned());
            ends("client")
                .chain(parameters)
                .chain(ends("body"))
                .collect()
        });
        let mut order = parameters.as_ref().map(Order);
        for mut item in group.items {
            if let Some(order) = &mut order {
                order.visit_item_mut(&mut item);
            }
            items.push(item);
        }
    }
}

/// A type and what follows it.
#[derive(Default)]
struct Group {
    name: Option<String>,
    items: Vec<Item>,
}

/// Takes the items out, type by type: those of the spec in its order, each with the types that
/// were named after it.
fn groups(items: &mut Vec<Item>, names: &HashMap<&str, usize>) -> Vec<Group> {
    let mut groups = vec![Group::default()];
    let mut rest = Group::default();
    for item in items.drain(..) {
        let name = match &item {
            Item::Struct(item) => Some(item.ident.to_string()),
            Item::Enum(item) => Some(item.ident.to_string()),
            Item::Mod(_) => {
                rest.items.push(item);
                continue;
            }
            _ => None,
        };
        if name.is_some() {
            groups.push(Group {
                name,
                items: Vec::new(),
            });
        }
        if let Some(group) = groups.last_mut() {
            group.items.push(item);
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

/// The order of the properties of every schema, by their names in alphabetical order.
fn properties(document: &Value) -> BTreeMap<Vec<&str>, Vec<&str>> {
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

fn order_fields(fields: &mut FieldsNamed, properties: &BTreeMap<Vec<&str>, Vec<&str>>) {
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
fn wire_name(field: &Field) -> String {
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

fn idents(fields: &FieldsNamed) -> Vec<String> {
    let idents = fields.named.iter().filter_map(|field| field.ident.as_ref());
    idents.map(ToString::to_string).collect()
}

/// Orders fields and setters by a list of names.
struct Order<'a>(&'a Vec<String>);

impl Order<'_> {
    fn place(&self, name: &str) -> usize {
        let place = self.0.iter().position(|wanted| wanted == name);
        place.unwrap_or(usize::MAX)
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
            ImplItem::Fn(function) => {
                let name = function.sig.ident.to_string();
                self.place(name.trim_end_matches("_map")).saturating_add(1)
            }
            _ => 0,
        });
        visit_mut::visit_item_impl_mut(self, block);
    }
}
