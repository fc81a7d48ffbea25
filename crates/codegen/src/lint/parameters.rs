//! Parameters, each by itself.

use super::{Lint, shape};
use crate::flat::{MAX_PARTS, may_be_null};
use crate::prepare::{is_ignored, is_json, is_style, meant, usual_style};
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
            && !["path", "query", "header", "cookie"].contains(&place)
        {
            let message = format!("the client sends no parameter in {}", quoted(place));
            let help = "write `path`, `query`, `header` or `cookie`, or describe a `requestBody`";
            return self.error("parameter-in", kind, message, help);
        }
        self.header_name(node, place);
        let style = self.style(node, place);
        let (Some(schema), is_json) = self.parameter_schema(node) else {
            return;
        };
        if !is_json {
            self.unwritable(schema, style, place);
            self.unsendable(schema, meant(place, node.value).1, place);
        }
        if may_be_null(self.root.value, schema.value, &mut { MAX_PARTS }) && says_something(schema)
        {
            let (message, help) = match place {
                "path" => (
                    "null cannot be written in a path, so the client takes none",
                    "do not allow null",
                ),
                _ => (
                    "null cannot be written in a parameter, which is left out instead",
                    "do not allow null, and do not require the parameter",
                ),
            };
            self.warn("parameter-nullable", schema, message, help);
        }
        let is_in_url = ["path", "query"].contains(&place);
        if is_in_url && self.holds_secret(schema) {
            let message = "a secret in a URL ends in the logs of servers";
            let help = "send it in the body, or in a header";
            self.warn("parameter-secret", schema, message, help);
        } else if let Some(name) = node.text("name") {
            let help = match is_in_url {
                true => "send it in the body, or give it to the transport as credentials",
                false => "write `format: password` beside its type",
            };
            self.secret_name(name, node, schema, help);
        }
    }

    /// The schema of a parameter, and whether its value is written as JSON.
    fn parameter_schema(&mut self, node: Node<'a>) -> (Option<Node<'a>>, bool) {
        let content = node.get("content");
        if let Some(schema) = node.get("schema") {
            self.schema(schema);
            self.examples(node);
            if let Some(content) = content {
                let message = "beside `schema`, `content` has no effect";
                self.warn("parameter-content", content, message, "leave it out");
            }
            return (Some(schema), false);
        }
        let mut media_types = content.into_iter().flat_map(Node::members);
        let json = media_types.find(|(media, _)| is_json(media));
        match (content, json) {
            (_, Some((media, media_type))) => {
                if let Some(schema) = media_type.get("schema") {
                    self.schema(schema);
                }
                self.examples_of_media(media, media_type);
                return (media_type.get("schema"), true);
            }
            (Some(content), None) => {
                let message = "only JSON is written here: the client takes a string";
                let help = "declare `schema: { type: string }`, and pass the text that is sent";
                self.warn("parameter-content", content, message, help);
            }
            (None, None) => {
                let message = "this parameter has no `schema`, and is taken as a string";
                let help = "add `schema: { type: string }`";
                self.warn("parameter-schema", node, message, help);
            }
        }
        (None, false)
    }

    /// What OpenAPI does not say how to write.
    fn unwritable(&mut self, schema: Node<'a>, style: &str, place: &str) {
        if style == "deepObject" && !self.is_flat(schema) && !self.is_scalar(schema) {
            let message = "OpenAPI does not say how this is written as `deepObject`: the client writes \
                           `name[a][b]=c` for an object in it, and `name[a][0]=b` for a list";
            let help = "use an object of strings and numbers, if the server wants something else";
            self.warn("parameter-type", schema, message, help);
        } else if style != "deepObject" && !self.is_query(schema) {
            let message = match place {
                "header" => {
                    "OpenAPI does not say how this type is written here: the client writes a list or an \
                     object with others in it as JSON"
                }
                _ => {
                    "OpenAPI does not say how this type is written here: the client writes the items \
                     of a list and the fields of an object, and what is in these as JSON"
                }
            };
            let help = "use a string or a number, or a list or an object of these";
            self.warn("parameter-type", schema, message, help);
        }
    }

    /// Gives the style that is meant.
    fn style(&mut self, node: Node<'a>, place: &str) -> &'a str {
        let usual = usual_style(place);
        for key in ["allowReserved", "allowEmptyValue"] {
            if let Some(flag) = node.get(key).filter(|_| node.is_true(key)) {
                let message = format!("`{key}` has no effect: every value is encoded as it is");
                self.warn("parameter-encoding", flag, message, "leave it out");
            }
        }
        let (Some(style), Some(text)) = (node.get("style"), node.text("style")) else {
            return usual;
        };
        if is_style(place, text) {
            return text;
        }
        let message = format!(
            "OpenAPI has no style {} here, so it is `{usual}`",
            quoted(text)
        );
        let help = format!("leave it out, or write `style: {usual}`");
        self.warn("parameter-style", style, message, &help);
        usual
    }

    fn header_name(&mut self, node: Node<'a>, place: &str) {
        let name = node.text("name").unwrap_or_default();
        let Some(node) = node.get("name").filter(|_| place == "header") else {
            return;
        };
        if is_ignored(place, name) {
            let message = format!(
                "a header parameter {} is ignored: OpenAPI or HTTP has other words for it",
                quoted(name)
            );
            let help = "declare a security scheme, or the media type of a body, or leave it out";
            self.warn("parameter-ignored", node, message, help);
        } else if !is_header_name(name) {
            let message = format!("{} is not the name of a header", quoted(name));
            let help = "use letters, digits and `-`";
            self.error("parameter-header", node, message, help);
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
