//! Parameters: in the path, in the query, in headers.

use std::collections::HashMap;

use super::operations::Seen;
use super::{Lint, shape};
use crate::flat::{MAX_PARTS, may_be_null};
use crate::names::pascal;
use crate::prepare::is_ignored;
use crate::report::quoted;
use crate::tree::Node;

impl<'a> Lint<'a> {
    /// The parameters of a path or of an operation.
    pub(super) fn parameter_list(&mut self, node: Node<'a>) {
        let parameters = node.get("parameters").into_iter().flat_map(Node::items);
        parameters.for_each(|parameter| self.parameter(parameter));
    }

    /// What is wrong with a parameter wherever it is used.
    pub(super) fn parameter(&mut self, node: Node<'a>) {
        if self.is_reference(node, "parameters") || !self.shape(node, &shape::PARAMETER) {
            return;
        }
        self.deprecated(node);
        let place = node.text("in").unwrap_or_default();
        if let Some(kind) = node.get("in")
            && !["path", "query", "header"].contains(&place)
        {
            let message = format!("the client sends no parameter in {}", quoted(place));
            let help = "write `path`, `query` or `header`; a cookie can be given to the `header` \
                        method of the transport's builder";
            return self.error("parameter-in", kind, message, help);
        }
        self.style(node, place);
        if let Some(content) = node.get("content") {
            let message = "a parameter with `content` cannot be written";
            let help = "give it a `schema`, and pass the text that stands in the URL";
            return self.error("parameter-content", content, message, help);
        }
        let Some(schema) = node.get("schema") else {
            let message = "this parameter has no `schema`";
            return self.error(
                "parameter-schema",
                node,
                message,
                "add `schema: { type: string }`",
            );
        };
        self.schema(schema);
        self.examples(node);
        let (fits, help) = match place {
            "query" => (
                self.is_query(schema),
                "use a string or a number, or an array or an object of these",
            ),
            _ => (
                self.is_scalar(schema),
                "declare `type: string`, and pass the text that is sent",
            ),
        };
        if !fits {
            let message = format!("the client cannot write this type in a {place}");
            self.error("parameter-type", schema, message, help);
        }
        if may_be_null(self.root.value, schema.value, &mut { MAX_PARTS }) && says_something(schema)
        {
            let (message, help) = match place {
                "path" => (
                    "null cannot be written in a path, so the client takes none",
                    "leave `nullable` out",
                ),
                _ => (
                    "null cannot be written in a parameter, which is left out instead",
                    "leave `nullable` out, and do not require the parameter",
                ),
            };
            self.warn("parameter-nullable", schema, message, help);
        }
        let help =
            "send it in the body, or give it to the transport as credentials or with `header`";
        if self.holds_secret(schema) {
            let message = "a secret here ends in URLs and logs";
            self.error("parameter-secret", schema, message, help);
        } else if let Some(name) = node.text("name") {
            self.secret_name(name, node, schema, help);
        }
    }

    fn style(&mut self, node: Node<'a>, place: &str) {
        let usual = match place {
            "query" => "form",
            _ => "simple",
        };
        if let (Some(style), Some(text)) = (node.get("style"), node.text("style"))
            && text != usual
        {
            let message = format!("the client cannot write the style {}", quoted(text));
            let help = format!("leave it out: `{usual}` is the style here");
            self.error("parameter-style", style, message, &help);
        }
        let schema = node
            .get("schema")
            .and_then(|schema| self.resolve(schema, "schemas"));
        let is_list = schema.is_some_and(|schema| !self.is_scalar(schema));
        if let Some(explode) = node.get("explode")
            && place == "query"
            && is_list
            && !node.is_true("explode")
        {
            let message = "the client writes `name=a&name=b`, and not `name=a,b`";
            let help = "leave `explode` out, or declare a string and pass it with commas";
            self.error("parameter-explode", explode, message, help);
        }
        for key in ["allowReserved", "allowEmptyValue"] {
            if let Some(flag) = node.get(key).filter(|_| node.is_true(key)) {
                let message = format!("`{key}` has no effect: every value is encoded as it is");
                self.warn("parameter-encoding", flag, message, "leave it out");
            }
        }
        let name = node.text("name").unwrap_or_default();
        if let Some(node) = node.get("name").filter(|_| is_ignored(place, name)) {
            let message = format!("OpenAPI ignores a header parameter {}", quoted(name));
            let help = "declare a security scheme, or the media type of a body, or leave it out";
            self.warn("parameter-ignored", node, message, help);
        }
        if let Some(node) = node.get("name").filter(|_| place == "header")
            && !is_header_name(name)
        {
            let message = format!("{} is not the name of a header", quoted(name));
            self.error(
                "parameter-header",
                node,
                message,
                "use letters, digits and `-`",
            );
        }
    }

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
        let mut names = HashMap::new();
        for (is_own, node) in all {
            let Some(parameter) = self.resolve(node, "parameters") else {
                continue;
            };
            let (Some(name), Some(place)) = (parameter.text("name"), parameter.text("in")) else {
                continue;
            };
            // What an operation says of a parameter replaces what its path says.
            if !is_own && kept.get(&(name, place)) == Some(&true) {
                continue;
            }
            kept.insert((name, place), is_own);
            if is_ignored(place, name) {
                continue;
            }
            self.argument(name, node, &mut names);
            if place == "path" && !in_path.contains(&name) {
                let message = format!("the path has no {{{name}}}");
                let help = "correct the name, or add it to the path";
                self.error("parameter-not-in-path", node, message, help);
            }
            if let (Some(id), Some(schema)) = (self.id_of(operation), parameter.get("schema"))
                && schema.value.get("$ref").is_none()
                && !self.in_page
            {
                let name = pascal(&format!("{id}-{name}"));
                seen.inline.push((name, schema));
            }
            if place == "path" && !parameter.is_true("required") {
                let message = format!("{} is in the path, and taken as required", quoted(name));
                self.warn("parameter-optional", node, message, "add `required: true`");
            }
        }
        for name in in_path {
            if !kept.contains_key(&(*name, "path")) {
                let message = format!("{{{name}}} is not declared, and taken as a string");
                let help = "declare it under `parameters` with `in: path` and `required: true`";
                self.warn("parameter-undeclared", operation, message, help);
            }
        }
    }
}

/// Whether a schema does not just allow everything.
fn says_something(schema: Node<'_>) -> bool {
    let mut members = schema.members();
    members.any(|(key, _)| key != "description" && key != "example")
}

fn is_header_name(name: &str) -> bool {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(is_token)
}
