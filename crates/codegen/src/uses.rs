//! Which operations there are, and which components each of them is made of.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::prepare::METHODS;

/// An operation, by path and method.
pub(crate) type Operation<'a> = (&'a str, &'static str);

/// A component, by section and name.
pub(crate) type Component<'a> = (&'a str, &'a str);

/// What refers to which components, with its own references only.
pub(crate) struct Uses<'a> {
    pub(crate) operations: Vec<(Operation<'a>, &'a Value)>,
    of_operations: HashMap<Operation<'a>, Vec<Component<'a>>>,
    of_components: HashMap<Component<'a>, Vec<Component<'a>>>,
}

impl<'a> Uses<'a> {
    pub(crate) fn of(document: &'a Value) -> Self {
        let mut uses = Self {
            operations: Vec::new(),
            of_operations: HashMap::new(),
            of_components: HashMap::new(),
        };
        for (path, item) in members(document.get("paths")).filter(|(path, _)| is_path(path)) {
            let mut shared = Vec::new();
            let others = members(Some(item)).filter(|(key, _)| !METHODS.contains(key));
            others.for_each(|(_, value)| references(value, &mut shared));
            for method in METHODS {
                let Some(operation) = item.get(method) else {
                    continue;
                };
                let mut found = shared.clone();
                references(operation, &mut found);
                let security = operation.get("security").or(document.get("security"));
                let requirements = security.and_then(Value::as_array).into_iter().flatten();
                let schemes = requirements.flat_map(|requirement| members(Some(requirement)));
                found.extend(schemes.map(|(name, _)| ("securitySchemes", name)));
                uses.operations.push(((path, method), operation));
                uses.of_operations.insert((path, method), found);
            }
        }
        for (section, components) in members(document.get("components")) {
            for (name, component) in members(Some(components)) {
                let mut found = Vec::new();
                references(component, &mut found);
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
        let mut next: Vec<_> = operations
            .flat_map(|operation| self.of_operations.get(&operation).into_iter().flatten())
            .collect();
        let mut reached = HashSet::new();
        while let Some(component) = next.pop() {
            if reached.insert(*component) {
                next.extend(self.of_components.get(component).into_iter().flatten());
            }
        }
        reached
    }

    /// Every operation that is made of a component.
    pub(crate) fn users(&self, component: Component<'_>) -> Vec<Operation<'a>> {
        let mut components = HashSet::from([component]);
        let mut known = 0;
        while known < components.len() {
            known = components.len();
            for (component, used) in &self.of_components {
                if used.iter().any(|used| components.contains(used)) {
                    components.insert(*component);
                }
            }
        }
        let operations = self.operations.iter().map(|(operation, _)| *operation);
        let users = operations.filter(|operation| {
            let used = &self.of_operations[operation];
            used.iter().any(|used| components.contains(used))
        });
        users.collect()
    }
}

/// Whether a member of `paths` is one.
pub(crate) fn is_path(key: &str) -> bool {
    !key.starts_with("x-")
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    members.map(|(name, value)| (name.as_str(), value))
}

/// The components that a value refers to, wherever in it.
fn references<'a>(value: &'a Value, found: &mut Vec<Component<'a>>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(members) => {
            let text = members.get("$ref").and_then(Value::as_str);
            found.extend(text.and_then(component));
            members.values().for_each(|value| references(value, found));
        }
        _ => {}
    }
}

/// The component that a reference points to, or into.
fn component(reference: &str) -> Option<Component<'_>> {
    let (section, rest) = reference.strip_prefix("#/components/")?.split_once('/')?;
    Some((section, rest.split('/').next()?))
}
