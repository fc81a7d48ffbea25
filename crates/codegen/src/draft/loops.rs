//! Schemas that are their own alternatives, or parts of themselves: this says nothing, and no type is made of
//! itself. What is left without it is what is meant.

use std::collections::{HashMap, HashSet};

use super::Draft;
use super::access::list;
use crate::report::{Finding, quoted};
use crate::tree::{Span, escaped, unescaped};

const LISTS: [&str; 3] = ["allOf", "oneOf", "anyOf"];
/// What is said about a reference, rather than of values.
const ANNOTATIONS: [&str; 4] = ["title", "description", "example", "default"];

/// Leaves out what leads a component back to itself, unless nothing would be left.
pub(super) fn lower(root: &mut Draft, findings: &mut Vec<Finding>) {
    let loops = Loops::of(root);
    let mut changed = Vec::new();
    for (name, schema) in &loops.schemas {
        // One that is nothing but another one is what is made of that.
        if schema.get("$ref").is_none()
            && !loops.is_base(schema, name)
            && loops.is_back(name, name)
            && let Some(new) = loops.without(schema, name, true, &mut HashSet::from([*name]))
        {
            changed.push(((*name).to_owned(), new));
            if loops.is_derived(name) {
                continue;
            }
            let message = format!("{} is made of itself, which adds nothing", quoted(name));
            let span = loops.place(schema, name).unwrap_or(schema.span);
            let pointer = format!("/components/schemas/{}", escaped(name));
            let finding = Finding::warn("reference-loop", span, message).at(pointer);
            findings.push(finding.with_help("leave out the reference that leads back to it"));
        }
    }
    let schemas = root.pointer_mut("/components/schemas");
    if let Some(schemas) = schemas.and_then(Draft::as_object_mut) {
        for (name, new) in changed {
            if let Some((_, schema)) = schemas.get_mut(&name) {
                *schema = new;
            }
        }
    }
}

struct Loops<'a> {
    schemas: Vec<(&'a str, &'a Draft)>,
    by_name: HashMap<&'a str, &'a Draft>,
    /// The loops that components are in, by their numbers. One that is in none has no number.
    loops: HashMap<&'a str, usize>,
}

impl<'a> Loops<'a> {
    fn of(root: &'a Draft) -> Self {
        let schemas = root.pointer("/components/schemas");
        let schemas: Vec<_> = schemas.into_iter().flat_map(Draft::members).collect();
        let by_name: HashMap<_, _> = schemas.iter().copied().collect();
        let mut loops = Self {
            schemas,
            by_name,
            loops: HashMap::new(),
        };
        loops.loops = loops.find();
        loops
    }

    /// Components of which each is made of all others are in one loop. Each is found from the one that was left
    /// last on the way forward, by the way back.
    fn find(&self) -> HashMap<&'a str, usize> {
        let mut forward: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut back: HashMap<&str, Vec<&str>> = HashMap::new();
        for (name, schema) in &self.schemas {
            for target in targets(schema) {
                if let Some((target, _)) = self.by_name.get_key_value(&*target) {
                    forward.entry(name).or_default().push(target);
                    back.entry(target).or_default().push(name);
                }
            }
        }
        let mut left = Vec::new();
        let mut seen = HashSet::new();
        for (name, _) in &self.schemas {
            walk(name, &forward, &mut seen, &mut left);
        }
        let mut found = HashMap::new();
        let mut seen = HashSet::new();
        for (number, name) in left.into_iter().rev().enumerate() {
            let mut members = Vec::new();
            walk(name, &back, &mut seen, &mut members);
            let is_loop = members.len() > 1
                || forward
                    .get(name)
                    .is_some_and(|targets| targets.contains(&name));
            if is_loop {
                found.extend(members.into_iter().map(|member| (member, number)));
            }
        }
        found
    }

    /// Whether a component is made of another one that is made of it.
    fn is_back(&self, name: &str, to: &str) -> bool {
        let number = self.loops.get(name);
        number.is_some() && number == self.loops.get(to)
    }

    /// Whether a component is made of a base and more, and the base lists it: this is how objects are derived,
    /// and no mistake.
    fn is_derived(&self, name: &str) -> bool {
        let lists = |(base, schema): &(&str, &Draft)| {
            *base != name
                && self.is_back(name, base)
                && parts(schema).any(|part| target(part).is_some_and(|target| target == name))
        };
        let is_more = |schema: &&Draft| {
            schema.get("allOf").is_some()
                && (schema.get("properties").is_some()
                    || parts(schema).any(|part| !self.leads(part, name)))
        };
        self.by_name.get(name).is_some_and(is_more) && self.schemas.iter().any(lists)
    }

    /// Whether nothing leads a component back to itself but what is derived from it.
    fn is_base(&self, schema: &Draft, name: &str) -> bool {
        let mut back = parts(schema).filter(|part| self.leads(part, name));
        schema.get("allOf").is_none()
            && back.all(|part| target(part).is_some_and(|target| self.is_derived(&target)))
    }

    fn leads(&self, schema: &Draft, to: &str) -> bool {
        let mut targets = targets(schema).into_iter();
        targets.any(|target| target == to || self.is_back(&target, to))
    }

    /// Where a schema leads back.
    fn place(&self, schema: &Draft, to: &str) -> Option<Span> {
        let mut parts = parts(schema);
        let found = parts.find(|part| self.leads(part, to))?;
        Some(found.get("$ref").map_or(found.span, |target| target.span))
    }

    /// The schema without what leads back to a component. None if nothing is left of it. `is_own` is whether its
    /// alternatives are those of the component, and `seen` are those whose alternatives are in it already.
    fn without(
        &self,
        schema: &'a Draft,
        to: &str,
        is_own: bool,
        seen: &mut HashSet<&'a str>,
    ) -> Option<Draft> {
        let mut new = schema.clone();
        let members = new.as_object_mut()?;
        for key in LISTS {
            let Some((_, parts)) = schema.as_object()?.get(key) else {
                continue;
            };
            let mut left = Vec::new();
            let is_all = key == "allOf";
            let listed = parts.as_list().unwrap_or_default();
            // What is derived from a base is the alternative of it that it is, and none of the others.
            let is_base = !is_all && !is_own && listed.iter().any(|part| self.leads(part, to));
            if is_base && self.is_derived(to) {
                members.shift_remove(key);
                continue;
            }
            for part in listed {
                self.add(part, (is_all, is_own && !is_all), to, seen, &mut left);
            }
            match left.is_empty() {
                false => _ = members.insert(key.to_owned(), (parts.span, list(left, parts.span))),
                true if listed.is_empty() => {}
                true => _ = members.shift_remove(key),
            }
        }
        if !members.contains_key("oneOf") && !members.contains_key("anyOf") {
            members.shift_remove("discriminator");
        }
        let mut keys = members.keys();
        keys.any(|key| !ANNOTATIONS.contains(&key.as_str()))
            .then_some(new)
    }

    /// Adds one of the alternatives, or of the parts of all of which a value is: of what leads back, what else it
    /// has of them.
    fn add(
        &self,
        part: &'a Draft,
        (is_all, is_own): (bool, bool),
        to: &str,
        seen: &mut HashSet<&'a str>,
        left: &mut Vec<Draft>,
    ) {
        if !self.leads(part, to) {
            return left.push(part.clone());
        }
        if let Some(target) = part.text("$ref") {
            let target = name(target);
            let known = target.and_then(|name| self.by_name.get_key_value(&*name));
            if let Some((name, schema)) = known
                && seen.insert(name)
            {
                // It loses the base's list by itself.
                match is_own && self.is_derived(name) {
                    true => left.push(part.clone()),
                    false => self.add(schema, (is_all, is_own), to, seen, left),
                }
            }
            return;
        }
        match only_list(part) {
            Some((key, parts)) if (key == "allOf") == is_all || parts.len() == 1 => {
                for part in parts {
                    self.add(part, (is_all, is_own), to, seen, left);
                }
            }
            // A value that is of it and of something else is of it: no other alternative.
            _ if !is_all && !is_own && part.get("allOf").is_some() => {}
            _ => left.extend(self.without(part, to, is_own, seen)),
        }
    }
}

/// Goes wherever edges lead that was not seen before, and tells of each place when it is left.
fn walk<'a>(
    from: &'a str,
    edges: &HashMap<&'a str, Vec<&'a str>>,
    seen: &mut HashSet<&'a str>,
    left: &mut Vec<&'a str>,
) {
    let next = |name: &str| {
        edges
            .get(name)
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
    };
    if !seen.insert(from) {
        return;
    }
    let mut within = vec![(from, next(from))];
    while let Some((name, targets)) = within.last_mut() {
        match targets.next() {
            Some(target) if seen.insert(target) => within.push((target, next(target))),
            Some(_) => {}
            None => {
                left.push(name);
                within.pop();
            }
        }
    }
}

/// The parts of a schema, if there is nothing else in it.
fn only_list(schema: &Draft) -> Option<(&str, &[Draft])> {
    let mut members = schema.members();
    let mut says = members
        .by_ref()
        .filter(|(key, _)| !ANNOTATIONS.contains(key));
    let (key, parts) = says.next()?;
    let parts = parts.as_list()?;
    (LISTS.contains(&key) && says.next().is_none()).then_some((key, parts))
}

fn parts(schema: &Draft) -> impl Iterator<Item = &Draft> {
    let lists = LISTS
        .into_iter()
        .filter_map(|key| schema.get(key)?.as_list());
    lists.flatten()
}

/// The components that a schema is made of by itself.
fn targets(schema: &Draft) -> Vec<String> {
    match schema.text("$ref") {
        Some(target) => name(target).into_iter().collect(),
        None => parts(schema).flat_map(targets).collect(),
    }
}

fn target(schema: &Draft) -> Option<String> {
    name(schema.text("$ref")?)
}

fn name(reference: &str) -> Option<String> {
    let name = reference.strip_prefix("#/components/schemas/")?;
    Some(unescaped(name))
}
