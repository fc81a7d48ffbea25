//! Paths: their templates and their operations.

use std::collections::{HashMap, HashSet};

use super::operations::Seen;
use super::{Lint, shape};
use crate::report::quoted;
use crate::spec::METHODS;
use crate::tree::Node;

impl<'a> Lint<'a> {
    /// Gives the types that inline schemas of operations become.
    pub(super) fn paths(&mut self) -> Vec<(String, Node<'a>)> {
        let mut seen = Seen::default();
        let Some(paths) = self.root.get("paths").filter(|p| p.value.is_object()) else {
            return Vec::new();
        };
        let mut templates = HashMap::new();
        let mut operations = 0;
        for (path, item) in paths.members() {
            if path.starts_with("x-") {
                continue;
            }
            let names = self.template(path, item);
            if let Some(first) = templates.insert(without_names(path), item) {
                let message = format!(
                    "{} is the same as another path but for its names",
                    quoted(path)
                );
                self.clash("path-repeated", item, first, message, "make them one path");
            }
            if !self.shape(item, &shape::PATH_ITEM) {
                continue;
            }
            if let Some(reference) = item.get("$ref") {
                let message = "the `$ref` of a path is not followed";
                self.error(
                    "path-reference",
                    reference,
                    message,
                    "write the operations here",
                );
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
                self.operation(method, operation, item, &names, &mut seen);
            }
            self.in_page = false;
        }
        if operations == 0 {
            let message = "there is no operation under `paths`";
            self.error(
                "no-operation",
                paths,
                message,
                "add what the client should call",
            );
        }
        seen.inline
    }

    /// Checks a path and gives the names of its parameters.
    fn template(&mut self, path: &'a str, item: Node<'a>) -> Vec<&'a str> {
        let mut names = Vec::new();
        let mut problem = None;
        if !path.starts_with('/') {
            problem = Some("begins without `/`");
        }
        if path.contains(['?', '#']) {
            problem = Some("has a query or a fragment: a query is declared as parameters");
        }
        let mut seen = HashSet::new();
        for segment in path.split('/') {
            if !segment.contains(['{', '}']) {
                continue;
            }
            let name = segment
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'));
            match name {
                Some("") => problem = Some("has a parameter without a name"),
                Some(name) if !name.contains(['{', '}']) => {
                    if !seen.insert(name) {
                        problem = Some("has the same parameter twice");
                    }
                    names.push(name);
                }
                _ if segment.matches('{').count() == segment.matches('}').count() => {
                    problem = Some("has a parameter that is only a part of a segment");
                    let parts = segment.split('{').skip(1);
                    names.extend(parts.filter_map(|part| Some(part.split_once('}')?.0)));
                }
                _ => problem = Some("has a brace without its partner"),
            }
        }
        if let Some(problem) = problem {
            let message = format!("the path {} {problem}", quoted(path));
            let help = "write it like `/items/{name}`: each parameter is a segment of its own";
            self.error("path-template", item, message, help);
        }
        names
    }
}

fn without_names(path: &str) -> String {
    let segments = path
        .split('/')
        .map(|segment| match segment.starts_with('{') {
            true => "{}",
            false => segment,
        });
    segments.collect::<Vec<_>>().join("/")
}
