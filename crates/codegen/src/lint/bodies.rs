//! Request bodies.

use super::{Lint, encoding, shape};
use crate::prepare::{Writing, best, content_type, is_media_type, meant};
use crate::report::quoted;
use crate::tree::Node;

impl<'a> Lint<'a> {
    pub(super) fn request_body(&mut self, node: Node<'a>) {
        if self.is_reference(node, "requestBodies") || !self.shape(node, &shape::REQUEST_BODY) {
            return;
        }
        let Some(content) = node.get("content").filter(|c| c.value.is_object()) else {
            return;
        };
        let chosen = self.chosen_body(content);
        let media_types: Vec<_> = content.members().collect();
        for (media, media_type) in &media_types {
            let is_chosen = chosen.is_some_and(|(_, one)| one.id() == media_type.id());
            let schema = media_type.value.get("schema");
            let is_typed = Writing::of(self.root.value, media, schema).is_typed();
            self.media_type(media, *media_type, is_chosen && is_typed);
        }
        let Some((media, chosen)) = chosen else {
            return match media_types.first() {
                Some((media, first)) => {
                    let message = format!("{} is not a media type", quoted(media));
                    let help = "write one such as `application/json`";
                    self.error("body-media-type", *first, message, help);
                }
                None => {
                    let message = "this body has no media type, and is not sent";
                    let help = "leave the body out, or say what it is made of";
                    self.warn("body-empty", content, message, help);
                }
            };
        };
        if !node.is_true("required") {
            let message = "this body may be left out, and the client always sends one";
            self.warn("body-optional", node, message, "add `required: true`");
        }
        if media_types.len() > 1 {
            let message = format!("of these media types the client sends {}", quoted(media));
            let help = "keep the one that is meant";
            self.warn("body-media-types", content, message, help);
        }
        let schema = chosen.get("schema");
        let writing = Writing::of(self.root.value, media, schema.map(|schema| schema.value));
        if content_type(media, writing).is_none() {
            let message = format!("{} is not all of a content type", quoted(media));
            let help = "the caller says which it is, by `content_type` (or `content_type_header`, where a \
                        parameter is called so); or declare one media type";
            self.warn("body-media-range", chosen, message, help);
        }
        match (writing, schema) {
            (Writing::Text | Writing::Bytes, schema) => self.raw(schema),
            (_, None) => {
                let message = "this body has no `schema`: it may be anything";
                self.warn("body-schema", chosen, message, "say what it is made of");
            }
            (Writing::Form | Writing::Multipart, Some(schema)) if !self.is_object(schema) => {
                let message = "a form is an object: its properties are what is sent";
                let help = "send JSON, or declare a string and pass the text that is sent";
                self.error("form-schema", schema, message, help);
            }
            _ => {}
        }
        self.encoding(chosen, writing);
    }

    /// The media type that is written, and what is said of it.
    pub(super) fn chosen_body(&self, content: Node<'a>) -> Option<(&'a str, Node<'a>)> {
        let media = best(self.root.value, content.value.as_object()?)?;
        content.members().find(|(name, _)| *name == media)
    }

    /// What stands under one media type of a request or an answer. Nothing is made of its schema when
    /// it is not used.
    pub(super) fn media_type(&mut self, media: &str, node: Node<'a>, is_used: bool) {
        if self.shape(node, &shape::MEDIA_TYPE)
            && let Some(schema) = node.get("schema")
        {
            let before = self.is_used;
            self.is_used &= is_used;
            self.schema(schema);
            self.is_used = before;
            self.examples_of_media(media, node);
        }
    }

    fn is_object(&self, schema: Node<'a>) -> bool {
        self.are_parts(
            schema,
            &mut { super::schemas::MAX_PARTS },
            &|schema| match schema.text("type") {
                Some(kind) => kind == "object",
                None => schema.get("items").is_none(),
            },
        )
    }

    /// A body that is sent as it is.
    fn raw(&mut self, schema: Option<Node<'a>>) {
        let Some((schema, resolved)) =
            schema.and_then(|schema| Some((schema, self.resolve(schema, "schemas")?)))
        else {
            return;
        };
        let plain = [
            "type",
            "format",
            "title",
            "description",
            "example",
            "externalDocs",
        ];
        let is_plain = resolved.text("type").is_none_or(|kind| kind == "string")
            && resolved.members().all(|(key, _)| plain.contains(&key));
        if !is_plain {
            let message = "this body is sent as the caller has it: its schema is not checked";
            let help = "say it in the description; `{ type: string }` is a text, with `format: binary` bytes";
            self.warn("body-raw", schema, message, help);
        }
    }

    fn encoding(&mut self, node: Node<'a>, writing: Writing) {
        let Some(encoding) = node.get("encoding").filter(|e| e.value.is_object()) else {
            return;
        };
        if !matches!(writing, Writing::Form | Writing::Multipart) {
            let message = "`encoding` has no effect here: it is for forms and multipart bodies";
            return self.warn("body-encoding", encoding, message, "leave it out");
        }
        for (name, one) in encoding.members() {
            if !self.shape(one, &shape::ENCODING) {
                continue;
            }
            let shape = encoding::shape(self.root.value, node.value.get("schema"), name);
            match writing {
                Writing::Multipart => self.part_encoding(one, shape),
                _ => {
                    self.field_encoding(one, shape);
                    let body = node
                        .get("schema")
                        .and_then(|body| self.resolve(body, "schemas"));
                    let properties = body.and_then(|body| body.get("properties"));
                    if let Some(property) = properties.and_then(|all| all.get(name))
                        && one.get("style").or_else(|| one.get("explode")).is_some()
                    {
                        self.unsendable(property, meant("query", one.value).1, "query");
                    }
                }
            }
        }
    }

    fn field_encoding(&mut self, node: Node<'a>, shape: encoding::Shape) {
        self.content_of(node, shape);
        let style = node.get("style").or_else(|| node.get("explode"));
        if let Some(style) = style.filter(|_| shape == encoding::Shape::Object)
            && node.text("style") != Some("deepObject")
        {
            let message = "the client cannot write an object so: it writes JSON";
            let help = "leave it out, or write `style: deepObject`";
            self.error("form-encoding", style, message, help);
        }
        let style = style.or_else(|| node.get("allowReserved"));
        if let (Some(media), Some(_)) = (node.get("contentType"), style) {
            let message =
                "`contentType` has no effect beside `style`, `explode` and `allowReserved`";
            self.warn("body-encoding", media, message, "leave one of them out");
        }
        if let Some(reserved) = node.get("allowReserved").filter(|r| *r.value == true) {
            let message = "`allowReserved` has no effect: reserved characters are escaped";
            self.warn("body-encoding", reserved, message, "leave it out");
        }
    }

    fn part_encoding(&mut self, node: Node<'a>, shape: encoding::Shape) {
        self.content_of(node, shape);
        for key in ["style", "explode", "allowReserved"] {
            if let Some(ignored) = node.get(key) {
                let message = format!("`{key}` has no effect in a multipart body");
                self.warn("body-encoding", ignored, message, "leave it out");
            }
        }
        if let Some(headers) = node.get("headers") {
            let message = "the client sends no headers with a part but its content type";
            self.warn("body-encoding", headers, message, "leave them out");
        }
        if let Some(media) = node.get("contentType").filter(|m| m.value.is_string())
            && crate::encoding::media_type(node.value).is_none()
            && shape != encoding::Shape::File
        {
            let message = "this is not one media type, and is not sent";
            self.warn(
                "body-encoding",
                media,
                message,
                "keep the one that is meant",
            );
        }
    }

    /// An object is written as JSON.
    fn content_of(&mut self, node: Node<'a>, shape: encoding::Shape) {
        if let Some(media) = node.get("contentType").filter(|m| m.value.is_string())
            && shape == encoding::Shape::Object
        {
            let text = node.text("contentType").unwrap_or_default();
            let mut types = text.split(',').map(str::trim);
            let is_json = types.all(|one| is_media_type(one) && crate::prepare::is_json(one));
            if !is_json {
                let message = format!("the client cannot write an object as {}", quoted(text));
                let help = "declare the property a string, and pass the text that is sent";
                self.error("form-encoding", media, message, help);
            }
        }
    }
}
