//! Operations: their names, and what the client ignores of them.

use std::collections::HashMap;

use serde_json::Value;

use super::{Lint, shape};
use crate::ids::is_name;
use crate::names::{Status, pascal};
use crate::prepare::{Writing, decoded, is_ignored_in};
use crate::report::{Severity, quoted};
use crate::tree::Node;

/// What the operations before had.
#[derive(Default)]
pub(super) struct Seen<'a> {
    ids: HashMap<String, Node<'a>>,
    /// Schemas outside `components`, with the names of their types.
    pub(super) inline: Vec<(String, Node<'a>)>,
    /// Those among them that become variants' types, whatever they are.
    pub(super) answers: Vec<(String, Node<'a>)>,
}

impl<'a> Lint<'a> {
    pub(super) fn operation(
        &mut self,
        method: &str,
        node: Node<'a>,
        item: Node<'a>,
        in_path: &[&'a str],
        seen: &mut Seen<'a>,
    ) {
        if !self.shape(node, &shape::OPERATION) {
            return;
        }
        self.operation_id(node, seen);
        self.retry(method, node);
        self.each(node, "externalDocs", &shape::EXTERNAL_DOCS);
        self.security(node);
        self.servers(node);
        self.ignored(node);
        self.parameter_list(node);
        self.parameters_of(node, item, in_path, seen);
        if let Some(body) = node.get("requestBody").filter(|b| b.value.is_object()) {
            if is_ignored_in(method) {
                let message = format!(
                    "the body of a {} request has no effect: it is not sent",
                    method.to_ascii_uppercase()
                );
                let help = "send it as parameters, or with another method";
                self.warn("body-ignored", body, message, help);
            } else {
                self.request_body(body);
            }
        }
        self.responses(method, node);
        self.inline_types(method, node, seen);
    }

    fn operation_id(&mut self, node: Node<'a>, seen: &mut Seen<'a>) {
        if self.in_page {
            return;
        }
        let made = self.ids.get(&node.id()).cloned();
        let help = "give it a name of its own in snake_case: it becomes the method's name";
        let Some(id) = node.get("operationId") else {
            let made = made.unwrap_or_default();
            let message = format!("this operation has no `operationId`: it becomes `{made}`");
            return self.warn("operation-id-missing", node, message, help);
        };
        let Some(text) = id.value.as_str() else {
            return;
        };
        let first = seen.ids.entry(pascal(text)).or_insert(id);
        let Some(made) = made else { return };
        if !is_name(text) {
            let message = format!(
                "{} is not a name: the operation becomes `{made}`",
                quoted(text)
            );
            return self.warn("operation-id-name", id, message, help);
        }
        let first = *first;
        let message = format!(
            "{} is the name of another operation, too: this one becomes `{made}`",
            quoted(text)
        );
        self.clash(
            Severity::Warning,
            "operation-id-repeated",
            id,
            first,
            message,
            help,
        );
    }

    /// The name of an operation, or the one that is made for it.
    pub(super) fn id_of(&self, node: Node<'a>) -> Option<String> {
        let made = self.ids.get(&node.id()).cloned();
        made.or_else(|| node.text("operationId").map(str::to_owned))
    }

    fn ignored(&mut self, node: Node<'a>) {
        if let Some(callbacks) = node.get("callbacks") {
            let message = "`callbacks` has no effect: the client only calls";
            self.warn(
                "callbacks",
                callbacks,
                message,
                "receive them with a server of your own",
            );
        }
        self.deprecated(node);
        if let Some(pagination) = node.get("x-dropshot-pagination") {
            let message = "no stream over all pages is generated";
            let help = "leave it out, and ask for each page";
            self.warn("pagination", pagination, message, help);
        }
        if let Some(websocket) = node.get("x-dropshot-websocket") {
            let message = "the client cannot open a WebSocket";
            let help = "leave the operation out";
            self.error("websocket", websocket, message, help);
        }
    }

    /// Of operations, parameters and schemas.
    pub(super) fn deprecated(&mut self, node: Node<'a>) {
        if let Some(deprecated) = node
            .get("deprecated")
            .filter(|d| *d.value == Value::Bool(true))
        {
            let message = "`deprecated` has no effect: the client does not warn of its use";
            let help = "leave it out, or say it in the description, which becomes the docs";
            self.warn("deprecated", deprecated, message, help);
        }
    }

    fn inline_types(&mut self, method: &str, node: Node<'a>, seen: &mut Seen<'a>) {
        let Some(id) = self.id_of(node).filter(|_| !self.in_page) else {
            return;
        };
        let body = node.get("requestBody").filter(|_| !is_ignored_in(method));
        let body = body.and_then(|body| {
            let content = self.resolve(body, "requestBodies")?.get("content")?;
            let (media, media_type) = self.chosen_body(content)?;
            let schema = media_type.get("schema")?;
            let writing = Writing::of(self.root.value, media, Some(schema.value));
            let is_inline = schema.value.get("$ref").is_none();
            (writing.is_typed() && is_inline).then_some(schema)
        });
        seen.inline
            .extend(body.map(|schema| (pascal(&format!("{id}-body")), schema)));
        let answers = node.get("responses").into_iter().flat_map(Node::members);
        let answers = answers.filter_map(|(status, answer)| {
            let content = self.resolve(answer, "responses")?.get("content");
            let name = content.and_then(|content| decoded(content.value.as_object()?));
            let mut content = content.into_iter().flat_map(Node::members);
            let json = content.find(|(media, _)| name == Some(*media));
            let schema = json.and_then(|(_, media_type)| media_type.get("schema"));
            Some((Status::parse(status)?, schema))
        });
        let answers: Vec<_> = answers.collect();
        let successes = answers.iter().filter(|(status, _)| status.is_success());
        let mut successes = successes.map(|(_, schema)| schema.map(|schema| schema.value));
        let first = successes.next();
        let differ = successes.any(|schema| Some(schema) != first);
        for (status, schema) in answers {
            let Some(schema) = schema.filter(|schema| schema.value.get("$ref").is_none()) else {
                continue;
            };
            if status.is_success() && !differ {
                seen.inline
                    .push((pascal(&format!("{id}-response")), schema));
            } else {
                let name = format!("{}{}", pascal(&id), status.variant());
                seen.answers.push((name, schema));
            }
        }
    }
}
