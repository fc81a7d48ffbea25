//! Request bodies.

use super::{Lint, shape};
use crate::prepare::{FORM, WRITABLE, best, essence};
use crate::report::quoted;
use crate::tree::Node;

impl<'a> Lint<'a> {
    pub(super) fn request_body(&mut self, node: Node<'a>) {
        if self.is_reference(node, "requestBodies") || !self.shape(node, &shape::REQUEST_BODY) {
            return;
        }
        if !node.is_true("required") {
            let message = "this body may be left out, and the client always sends one";
            self.warn("body-optional", node, message, "add `required: true`");
        }
        let Some(content) = node.get("content").filter(|c| c.value.is_object()) else {
            return;
        };
        let media_types: Vec<_> = content.members().collect();
        media_types
            .iter()
            .for_each(|(media, media_type)| self.media_type(media, *media_type));
        let chosen = best(media_types.iter().map(|(name, _)| *name));
        let chosen = chosen.and_then(|best| media_types.iter().find(|(name, _)| *name == best));
        let Some((name, chosen)) = chosen else {
            let (message, at) = match media_types.first() {
                Some((name, first)) => (format!("the client cannot send {}", quoted(name)), *first),
                None => ("this body has no media type".to_owned(), content),
            };
            let help = format!("declare one of `{}`", WRITABLE.join("`, `"));
            return self.error("body-media-type", at, message, &help);
        };
        if media_types.len() > 1 {
            let message = format!("of these media types the client sends {}", quoted(name));
            let help = "keep the one that is meant";
            self.warn("body-media-types", content, message, help);
        }
        let Some(schema) = chosen.get("schema") else {
            let message = "this body has no `schema`";
            return self.error("body-schema", *chosen, message, "say what it is made of");
        };
        match essence(name) {
            FORM => self.form(*chosen, schema),
            "text/plain" | "text/x-markdown" => self.raw(schema, None),
            "application/octet-stream" => self.raw(schema, Some("binary")),
            _ => {}
        }
    }

    /// What stands under one media type of a request or an answer.
    pub(super) fn media_type(&mut self, media: &str, node: Node<'a>) {
        if self.shape(node, &shape::MEDIA_TYPE)
            && let Some(schema) = node.get("schema")
        {
            self.schema(schema);
            self.examples_of_media(media, node);
        }
    }

    fn form(&mut self, node: Node<'a>, schema: Node<'a>) {
        if let Some(encoding) = node.get("encoding") {
            let message = "the client cannot follow `encoding`";
            let help = "leave it out: each field is written as `name=value`";
            self.error("form-encoding", encoding, message, help);
        }
        if self.resolve(schema, "schemas").is_some() && !self.is_flat(schema) {
            let message = "a form takes an object whose values are strings, numbers or booleans";
            let help = "send JSON, or declare a string and pass the text that is sent";
            self.error("form-schema", schema, message, help);
        }
    }

    /// A body that is sent as it is.
    fn raw(&mut self, schema: Node<'a>, format: Option<&str>) {
        let Some(resolved) = self.resolve(schema, "schemas") else {
            return;
        };
        let plain = [
            "type",
            "format",
            "description",
            "title",
            "example",
            "externalDocs",
        ];
        let is_plain = resolved.text("type") == Some("string")
            && resolved.text("format") == format
            && resolved.members().all(|(key, _)| plain.contains(&key));
        if !is_plain {
            let help = match format {
                Some(_) => "write `{ type: string, format: binary }`",
                None => "write `{ type: string }`",
            };
            let message = "this body is sent as it is, without any check";
            self.error("body-raw", schema, message, help);
        }
    }
}
