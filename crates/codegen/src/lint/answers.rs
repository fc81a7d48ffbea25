//! Responses.

use super::{Lint, shape};
use crate::names::Status;
use crate::prepare::decoded;
use crate::report::quoted;
use crate::tree::Node;

impl<'a> Lint<'a> {
    /// The responses of an operation.
    pub(super) fn responses(&mut self, method: &str, operation: Node<'a>) {
        let Some(responses) = operation.get("responses").filter(|r| r.value.is_object()) else {
            return;
        };
        let mut has_answer = false;
        let has_success = responses
            .members()
            .any(|(status, _)| status.starts_with('2'));
        for (status, response) in responses.members() {
            if status.starts_with("x-") {
                continue;
            }
            // Without a 2xx, `default` is what a success looks like.
            let is_success = status.starts_with('2') || status == "default" && !has_success;
            has_answer |= is_success;
            self.response(response);
            let resolved = self.resolve(response, "responses");
            let is_empty = Status::parse(status).is_some_and(Status::is_empty);
            if is_empty || method == "head" {
                let has_content = |node: Node<'a>| node.get("content").is_some_and(is_filled);
                if resolved.is_some_and(has_content) {
                    let what = match is_empty {
                        true => format!("an answer with status {status}"),
                        false => "an answer to HEAD".to_owned(),
                    };
                    let message = format!("{what} has no body, so nothing is decoded");
                    self.warn("answer-body", response, message, "leave out the `content`");
                }
            } else if let Some(response) = resolved.filter(|_| is_success) {
                self.success(response);
            }
        }
        if !has_answer {
            let message = "no answer with a 2xx status is declared: every answer is an error";
            let help = "add the answers, such as `\"200\": { description: ... }`";
            self.warn("no-success", responses, message, help);
        }
    }

    /// What is wrong with a response wherever it is used.
    pub(super) fn response(&mut self, node: Node<'a>) {
        if self.is_reference(node, "responses") || !self.shape(node, &shape::RESPONSE) {
            return;
        }
        for (_, header) in node.get("headers").into_iter().flat_map(Node::members) {
            self.header(header);
        }
        let content = node.get("content");
        let decoded = content.and_then(|content| decoded(content.value.as_object()?));
        for (media, media_type) in content.into_iter().flat_map(Node::members) {
            self.media_type(media, media_type, decoded == Some(media));
        }
        if let Some(links) = node.get("links") {
            let message = "`links` has no effect: the client follows none";
            self.warn(
                "links",
                links,
                message,
                "leave it out, or call the operation yourself",
            );
        }
    }

    pub(super) fn header(&mut self, node: Node<'a>) {
        if self.is_reference(node, "headers") || !self.shape(node, &shape::HEADER) {
            return;
        }
        if let Some(schema) = node.get("schema") {
            self.schema(schema);
            self.examples(node);
        }
    }

    /// A 2xx answer, whose body the client decodes. It may be reported for each operation that has
    /// it, and is the same finding then.
    fn success(&mut self, node: Node<'a>) {
        let Some(content) = node.get("content").filter(|c| c.value.is_object()) else {
            return;
        };
        if !self.decoded.insert(content.id()) {
            return;
        }
        let media_types: Vec<_> = content.members().collect();
        let json = content.value.as_object().and_then(decoded);
        let json = media_types.iter().find(|(name, _)| json == Some(*name));
        match (json, media_types.first()) {
            (Some((_, json)), _) if json.value.get("schema").is_none() => {
                let message = "this answer has no `schema`, and is not decoded";
                let help = "say what it is made of, or read it from the raw answer";
                self.warn("answer-schema", *json, message, help);
            }
            (Some((name, _)), _) if media_types.len() > 1 => {
                let message = format!("of these media types the client asks for {}", quoted(name));
                self.warn(
                    "answer-media-types",
                    content,
                    message,
                    "keep the one that is meant",
                );
            }
            (None, Some((name, media_type))) => {
                let message = format!("an answer of {} is not decoded", quoted(name));
                let help = "read it from the raw answer";
                self.warn("answer-media-type", *media_type, message, help);
            }
            _ => {}
        }
    }
}

fn is_filled(content: Node<'_>) -> bool {
    content.members().next().is_some()
}
