//! Paths: their templates and their operations.

use std::collections::HashMap;

use super::operations::Seen;
use super::{Lint, shape};
use crate::ids;
use crate::literal::{is_dots, on_the_wire, query};
use crate::prepare::METHODS;
use crate::report::{Severity, quoted};
use crate::tree::Node;

impl<'a> Lint<'a> {
    /// Gives the types that inline schemas of operations become.
    pub(super) fn paths(&mut self) -> Seen<'a> {
        let mut seen = Seen::default();
        let Some(paths) = self.root.get("paths").filter(|p| p.value.is_object()) else {
            return seen;
        };
        self.retries(paths);
        let mut templates = HashMap::new();
        let mut operations = 0;
        let mut missing = ids::missing(self.root.value);
        for (path, item) in paths.members() {
            if path.starts_with("x-") {
                continue;
            }
            let names = self.template(path, item);
            let sent = (without_names(&on_the_wire(path)), query(path));
            // What a fragment tells apart is meant to be the same on the wire.
            if let Some(first) = templates.insert(sent, item)
                && !path.contains('#')
            {
                let message = format!(
                    "{} is the same as another path but for its names",
                    quoted(path)
                );
                self.clash(
                    Severity::Warning,
                    "path-repeated",
                    item,
                    first,
                    message,
                    "make them one path, unless their methods differ",
                );
            }
            if !self.shape(item, &shape::PATH_ITEM) {
                continue;
            }
            if let Some(reference) = item.get("$ref") {
                let message = "this `$ref` does not lead to a path of this file";
                let help = "put everything into one file before, as `npx @redocly/cli bundle` does";
                self.error("path-reference", reference, message, help);
            }
            let in_item = METHODS
                .iter()
                .filter_map(|method| Some((*method, item.get(method)?)));
            let in_item = in_item.collect::<Vec<_>>();
            operations += in_item.len();
            self.in_page = !in_item.is_empty()
                && in_item
                    .iter()
                    .all(|(_, operation)| operation.is_true("x-browser"));
            self.servers(item);
            self.parameter_list(item);
            for (method, operation) in in_item {
                self.in_page = operation.is_true("x-browser");
                if let Some(id) = missing.remove(&(path, method)) {
                    self.ids.insert(operation.id(), id);
                }
                self.operation(method, operation, item, &names, &mut seen);
            }
            self.in_page = false;
        }
        if operations == 0 {
            let message = "there is no operation under `paths`: the client calls nothing";
            self.warn(
                "no-operation",
                paths,
                message,
                "add what the client should call",
            );
        }
        seen
    }

    /// Checks a path and gives the names of its parameters.
    fn template(&mut self, path: &'a str, item: Node<'a>) -> Vec<&'a str> {
        let mut names = Vec::new();
        let mut problem = None;
        if !path.starts_with('/') {
            problem = Some("begins without `/`");
        }
        let mut rest = path.split('#').next().unwrap_or_default();
        if let Some((before, query)) = rest.split_once('?') {
            rest = before;
            if query.contains(['{', '}']) {
                problem = Some("has a query: it is declared as parameters");
            }
        }
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                problem = Some("has a brace without its partner");
                break;
            };
            if before.contains('}') || name.contains(['{', '/']) {
                problem = Some("has a brace without its partner");
            } else if name.is_empty() {
                problem = Some("has a parameter without a name");
            }
            names.extend((!name.is_empty()).then_some(name));
            rest = after;
        }
        if rest.contains('}') {
            problem = Some("has a brace without its partner");
        }
        if path.split('/').any(is_dots) && problem.is_none() {
            let wire = on_the_wire(path);
            if wire.matches('{').count() == names.len() {
                let message = format!(
                    "the path {} has a segment of dots, and is sent as {}",
                    quoted(path),
                    quoted(&wire)
                );
                self.warn("path-dots", item, message, "write it without them");
            } else {
                problem = Some("has a segment `..` that takes a parameter away");
            }
        }
        if let Some(problem) = problem {
            let message = format!("the path {} {problem}", quoted(path));
            let help = "write it like `/items/{name}`";
            self.error("path-template", item, message, help);
        }
        names
    }
}

fn without_names(path: &str) -> String {
    let mut parts = path.split('{');
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
    std::iter::once(first)
        .chain(rest)
        .collect::<Vec<_>>()
        .join("{}")
}
