//! The document as a whole, and what stands under `components`.

use serde_json::Value;

use super::Lint;
use super::shape::{self, Kind};
use crate::draft::is_version;
use crate::report::quoted;
use crate::tree::Node;

impl<'a> Lint<'a> {
    pub(super) fn document(&mut self) {
        let root = self.root;
        if !self.is_openapi() {
            return;
        }
        self.shape(root, &shape::DOCUMENT);
        if let Some(info) = root.get("info").filter(|info| info.value.is_object()) {
            self.shape(info, &shape::INFO);
            self.each(info, "contact", &shape::CONTACT);
            self.each(info, "license", &shape::LICENSE);
        }
        for tag in root.get("tags").into_iter().flat_map(Node::items) {
            self.shape(tag, &shape::TAG);
        }
        self.each(root, "externalDocs", &shape::EXTERNAL_DOCS);
        self.servers(root);
        self.security(root);
        let seen = self.paths();
        self.components();
        self.type_names(&seen);
        self.loops();
    }

    /// Checks the object under a key. The key's own shape has told when it is none.
    pub(super) fn each(&mut self, node: Node<'a>, key: &str, shape: &shape::Shape) {
        if let Some(member) = node.get(key).filter(|member| member.value.is_object()) {
            self.shape(member, shape);
        }
    }

    fn is_openapi(&mut self) -> bool {
        let root = self.root;
        let help = "begin the document with `openapi: 3.1.0`, or another of 3.0, 3.1 and 3.2";
        let version = root.get("openapi").or_else(|| root.get("swagger"));
        match version.map(|version| (version, version.value)) {
            Some((_, Value::String(text)))
                if root.get("openapi").is_some()
                    && ["3.0", "3.1", "3.2"]
                        .iter()
                        .any(|known| is_version(text, known)) =>
            {
                return true;
            }
            Some((version, Value::String(text))) => {
                let message = format!(
                    "this is OpenAPI {}, and 3.0, 3.1 and 3.2 are understood",
                    quoted(text)
                );
                let help = match root.get("swagger") {
                    Some(_) => "convert it, for example with `npx swagger2openapi FILE -o FILE`",
                    None => help,
                };
                self.error("openapi-version", version, message, help);
            }
            Some((version, _)) => {
                let message = "the version of OpenAPI is not a string";
                self.error("openapi-version", version, message, help);
            }
            None => self.error("not-openapi", root, "this is not an OpenAPI document", help),
        }
        false
    }

    /// `servers` at any level. Those of the whole document are in the docs.
    pub(super) fn servers(&mut self, node: Node<'a>) {
        let Some(servers) = node.get("servers").filter(|s| s.value.is_array()) else {
            return;
        };
        servers.items().for_each(|server| {
            self.shape(server, &shape::SERVER);
        });
        if node.get("paths").is_some() {
            return;
        }
        let message =
            "these `servers` have no effect: a client has one base URL, which its caller chooses";
        let help = "leave them out, or keep them for readers of the spec";
        self.warn("servers", servers, message, help);
    }

    /// The security requirements of the document or of an operation.
    pub(super) fn security(&mut self, node: Node<'a>) {
        let requirements = node.get("security").into_iter().flat_map(Node::items);
        for requirement in requirements {
            if !self.fits(requirement, "a security requirement", Kind::Object) {
                continue;
            }
            for (name, scopes) in requirement.members() {
                self.fits(scopes, "the scopes of a scheme", Kind::Texts);
                if !self.components.contains_key(&("securitySchemes", name)) {
                    let message = format!(
                        "there is no {} under `components/securitySchemes`",
                        quoted(name)
                    );
                    let help = "correct the name, or add the scheme";
                    self.error("security-missing", scopes, message, help);
                } else if self.used.insert(("securitySchemes", name)) {
                    self.next.push(("securitySchemes", name));
                }
            }
        }
    }

    fn components(&mut self) {
        let Some(components) = self.root.get("components").filter(|c| c.value.is_object()) else {
            return;
        };
        self.shape(components, &shape::COMPONENTS);
        while let Some((section, name)) = self.next.pop() {
            if let Some(component) = self.components.get(&(section, name)) {
                self.component(section, *component);
            }
        }
        for (section, members) in components.members() {
            for (name, component) in members.members() {
                if !self.used.contains(&(section, name)) {
                    self.is_used = false;
                    self.component(section, component);
                }
            }
        }
        self.is_used = true;
    }

    fn component(&mut self, section: &'a str, component: Node<'a>) {
        match section {
            "schemas" => self.schema(component),
            "responses" => self.response(component),
            "parameters" => self.parameter(component),
            "requestBodies" => self.request_body(component),
            "headers" => self.header(component),
            "securitySchemes" => self.security_scheme(component),
            _ => {}
        }
    }

    fn security_scheme(&mut self, node: Node<'a>) {
        if self.is_reference(node, "securitySchemes") || !self.shape(node, &shape::SECURITY_SCHEME)
        {
            return;
        }
        let (Some(kind), Some(text)) = (node.get("type"), node.text("type")) else {
            return;
        };
        let scheme = node.text("scheme").unwrap_or_default().to_ascii_lowercase();
        match (text, scheme.as_str()) {
            ("oauth2" | "openIdConnect", _) | ("http", "basic" | "bearer") => {}
            ("apiKey" | "mutualTLS" | "http", _) => {
                let message = "the client does not send these credentials by itself";
                let help = "give the header to the `header` method of the transport's builder";
                self.warn("security-scheme", kind, message, help);
            }
            _ => {
                let message = format!("{} is not a type of security scheme", quoted(text));
                let help = "write `http`, `apiKey`, `oauth2` or `openIdConnect`";
                self.error("security-type", kind, message, help);
            }
        }
    }
}
