//! Which operations there are, and which components each of them is made of.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::Value;

use crate::literal::decoded;
use crate::prepare::METHODS;
use crate::tree::unescaped;

/// An operation, by path and method.
pub(crate) type Operation<'a> = (&'a str, &'static str);

/// A component, by section and name.
pub(crate) type Component<'a> = (&'a str, &'a str);

/// What refers to which components, with its own references only.
pub(crate) struct Uses<'a> {
    document: &'a Value,
    pub(crate) operations: IndexMap<Operation<'a>, &'a Value>,
    of_operations: HashMap<Operation<'a>, Vec<Component<'a>>>,
    of_components: HashMap<Component<'a>, Vec<Component<'a>>>,
}

impl<'a> Uses<'a> {
    pub(crate) fn of(document: &'a Value) -> Self {
        let mut uses = Self {
            document,
            operations: IndexMap::new(),
            of_operations: HashMap::new(),
            of_components: HashMap::new(),
        };
        for (path, item) in members(document.get("paths")).filter(|(path, _)| is_path(path)) {
            let mut shared = Vec::new();
            let others = members(Some(item)).filter(|(key, _)| !METHODS.contains(key));
            others.for_each(|(_, value)| uses.references(value, &mut shared));
            for method in METHODS {
                let Some(operation) = item.get(method) else {
                    continue;
                };
                let mut found = shared.clone();
                uses.references(operation, &mut found);
                let security = operation.get("security").or(document.get("security"));
                let requirements = security.and_then(Value::as_array).into_iter().flatten();
                let schemes = requirements.flat_map(|requirement| members(Some(requirement)));
                found.extend(schemes.map(|(name, _)| ("securitySchemes", name)));
                uses.operations.insert((path, method), operation);
                uses.of_operations.insert((path, method), found);
            }
        }
        for (section, components) in members(document.get("components")) {
            for (name, component) in members(Some(components)) {
                let mut found = Vec::new();
                uses.references(component, &mut found);
                uses.of_components.insert((section, name), found);
            }
        }
        uses
    }

    /// Every component that one of these operations is made of.
    pub(crate) fn reached(
        &self,
        operations: impl IntoIterator<Item = Operation<'a>>,
    ) -> HashSet<Component<'a>> {
        let operations = operations.into_iter();
        let next = operations.flat_map(|operation| &self.of_operations[&operation]);
        closure(next.copied(), &self.of_components)
    }

    /// Every operation that is made of one of these components.
    pub(crate) fn users(
        &self,
        components: impl IntoIterator<Item = Component<'a>>,
    ) -> HashSet<Operation<'a>> {
        let mut users: HashMap<_, Vec<_>> = HashMap::new();
        for (user, used) in &self.of_components {
            for component in used {
                users.entry(*component).or_default().push(*user);
            }
        }
        let components = closure(components, &users);
        let operations = self.of_operations.iter();
        let users = operations.filter(|(_, used)| used.iter().any(|one| components.contains(one)));
        users.map(|(operation, _)| *operation).collect()
    }

    /// The components that a value refers to, wherever in it.
    fn references(&self, value: &'a Value, found: &mut Vec<Component<'a>>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.references(item, found)),
            Value::Object(members) => {
                let text = members.get("$ref").and_then(Value::as_str);
                found.extend(text.and_then(|text| self.target(text)));
                let members = members.values();
                members.for_each(|value| self.references(value, found));
            }
            _ => {}
        }
    }

    /// The component that a reference points to, or into.
    fn target(&self, reference: &str) -> Option<Component<'a>> {
        let (section, rest) = reference.strip_prefix("#/components/")?.split_once('/')?;
        let name = rest.split('/').next()?;
        let spellings = [name.to_owned(), unescaped(name), unescaped(&decoded(name))];
        let mut found = spellings
            .iter()
            .filter_map(|name| self.component(section, name));
        found.next()
    }

    pub(crate) fn component(&self, section: &str, name: &str) -> Option<Component<'a>> {
        let sections = self.document.get("components")?.as_object()?;
        let (section, components) = sections.get_key_value(section)?;
        let (name, _) = components.as_object()?.get_key_value(name)?;
        Some((section, name))
    }

    pub(crate) fn operation(&self, path: &str, method: &str) -> Option<Operation<'a>> {
        let paths = self.document.get("paths")?.as_object()?;
        let (path, item) = paths
            .get_key_value(path)
            .filter(|(path, _)| is_path(path))?;
        let method = METHODS.into_iter().find(|known| *known == method)?;
        item.get(method).map(|_| (path.as_str(), method))
    }
}

/// What there is from some components on.
fn closure<'a>(
    from: impl IntoIterator<Item = Component<'a>>,
    next: &HashMap<Component<'a>, Vec<Component<'a>>>,
) -> HashSet<Component<'a>> {
    let mut waiting: Vec<_> = from.into_iter().collect();
    let mut reached = HashSet::new();
    while let Some(component) = waiting.pop() {
        if reached.insert(component) {
            waiting.extend(next.get(&component).into_iter().flatten());
        }
    }
    reached
}

/// Whether a member of `paths` is one.
pub(crate) fn is_path(key: &str) -> bool {
    !key.starts_with("x-")
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    members.map(|(name, value)| (name.as_str(), value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_component_is_found_however_its_name_is_written() {
        let names = ["a/b", "c~d", "e f", "ä", "100%25", "g~1h"];
        let document = |reference: &str| {
            let schemas = names.map(|name| (name.to_owned(), json!({})));
            let schemas: serde_json::Map<_, _> = schemas.into_iter().collect();
            json!({
                "paths": {"/a": {"get": {"x": {"$ref": format!("#/components/schemas/{reference}")}}}},
                "components": {"schemas": schemas},
            })
        };
        for (reference, name) in [
            ("a~1b", "a/b"),
            ("a%2Fb", "a/b"),
            ("c~0d", "c~d"),
            ("c%7E0d", "c~d"),
            ("e f/properties/x", "e f"),
            ("e%20f", "e f"),
            ("%C3%A4", "ä"),
            ("100%25", "100%25"),
            ("g~01h", "g~1h"),
        ] {
            let document = document(reference);
            let uses = Uses::of(&document);
            let operation = ("/a", "get");
            assert_eq!(
                uses.reached([operation]),
                HashSet::from([("schemas", name)])
            );
            assert_eq!(uses.users([("schemas", name)]), HashSet::from([operation]));
        }
    }
}
