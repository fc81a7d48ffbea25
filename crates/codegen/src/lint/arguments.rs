//! The parameters of an operation together: which of them are sent, and what they are called.

use std::collections::HashMap;

use super::Lint;
use super::operations::Seen;
use crate::names::pascal;
use crate::prepare::{arguments, holds_cookies, is_ignored, is_json};
use crate::report::{Severity, quoted};
use crate::reserved;
use crate::tree::Node;

impl<'a> Lint<'a> {
    /// What is wrong with the parameters of an operation together.
    pub(super) fn parameters_of(
        &mut self,
        operation: Node<'a>,
        item: Node<'a>,
        in_path: &[&'a str],
        seen: &mut Seen<'a>,
    ) {
        let own = operation
            .get("parameters")
            .into_iter()
            .flat_map(Node::items);
        let shared = item.get("parameters").into_iter().flat_map(Node::items);
        let all = own
            .map(|node| (true, node))
            .chain(shared.map(|node| (false, node)));
        let mut kept = HashMap::new();
        let mut sent = Vec::new();
        for (is_own, node) in all {
            let Some(parameter) = self.resolve(node, "parameters") else {
                continue;
            };
            let (Some(name), Some(place)) = (parameter.text("name"), parameter.text("in")) else {
                continue;
            };
            if let Some(is_first_own) = kept.get(&(place, name)) {
                // What an operation says of a parameter replaces what its path says.
                if *is_first_own == is_own {
                    let message =
                        format!("{} is declared before, and this is ignored", quoted(name));
                    self.warn(
                        "parameter-repeated",
                        node,
                        message,
                        "leave one of the two out",
                    );
                }
                continue;
            }
            kept.insert((place, name), is_own);
            if is_ignored(place, name) {
                continue;
            }
            if place == "path" && !in_path.contains(&name) {
                let message = format!("the path has no {{{name}}}, so this is not sent");
                let help = "correct the name, or add it to the path";
                self.warn("parameter-not-in-path", node, message, help);
                continue;
            }
            if place == "path" && !parameter.is_true("required") {
                let message = format!("{} is in the path, and taken as required", quoted(name));
                self.warn("parameter-optional", node, message, "add `required: true`");
            }
            sent.push((place, name, node, parameter));
        }
        if sent.iter().any(|(place, ..)| *place == "cookie") {
            sent.retain(|(place, name, node, _)| {
                let is_ignored = holds_cookies(place, name);
                if is_ignored {
                    let message = "beside cookies that are parameters, this header is ignored";
                    let help = "declare each cookie with `in: cookie`, or give the header to the transport";
                    self.warn("parameter-ignored", *node, message, help);
                }
                !is_ignored
            });
        }
        self.arguments(operation, &sent, in_path, seen);
        for name in in_path {
            if !kept.contains_key(&("path", *name)) {
                let message = format!("{{{name}}} is not declared, and taken as a string");
                let help = "declare it under `parameters` with `in: path` and `required: true`";
                self.warn("parameter-undeclared", operation, message, help);
            }
        }
    }

    /// The names of the parameters in Rust, and those of the types that they are of.
    fn arguments(
        &mut self,
        operation: Node<'a>,
        sent: &[(&'a str, &'a str, Node<'a>, Node<'a>)],
        in_path: &[&'a str],
        seen: &mut Seen<'a>,
    ) {
        let keys = sent.iter().map(|(place, name, ..)| (*place, *name));
        // Some of them are not declared.
        let arguments = arguments(keys.chain(in_path.iter().map(|name| ("path", *name))));
        for (place, name, node, parameter) in sent {
            let Some(argument) = arguments.get(&(*place, *name)) else {
                continue;
            };
            let plain = reserved::argument(name);
            if *argument != plain {
                let has_it = |(place, name, ..): &&(_, _, _, _)| {
                    arguments.get(&(*place, *name)) == Some(&plain)
                };
                let first = sent.iter().find(has_it).map_or(operation, |first| first.2);
                let message = format!("another parameter is `{plain}`, and this one `{argument}`");
                let help = "nothing has to be done: it is sent by the name that it has here";
                self.clash(
                    Severity::Warning,
                    "parameter-name",
                    *node,
                    first,
                    message,
                    help,
                );
            }
            let content = parameter.get("content").into_iter().flat_map(Node::members);
            let mut json = content.filter(|(media, _)| is_json(media));
            let schema = parameter
                .get("schema")
                .or_else(|| json.next()?.1.get("schema"));
            if let (Some(id), Some(schema)) = (self.id_of(operation), schema)
                && schema.value.get("$ref").is_none()
                && !self.in_page
            {
                let is_changed = *argument != plain;
                let name = if is_changed { argument } else { *name };
                seen.inline.push((pascal(&format!("{id}-{name}")), schema));
            }
        }
    }
}
