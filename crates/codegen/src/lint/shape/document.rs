//! The document as a whole, and what it tells of itself.

use super::Kind::{List, Object, Text};
use super::Shape;

pub(in crate::lint) const DOCUMENT: Shape = Shape {
    name: "an OpenAPI document",
    fields: &[
        ("openapi", Text),
        ("info", Object),
        ("servers", List),
        ("paths", Object),
        ("components", Object),
        ("security", List),
        ("tags", List),
        ("externalDocs", Object),
    ],
    required: &["info", "paths"],
    is_read: true,
};

pub(in crate::lint) const INFO: Shape = Shape {
    name: "`info`",
    fields: &[
        ("title", Text),
        ("description", Text),
        ("termsOfService", Text),
        ("contact", Object),
        ("license", Object),
        ("version", Text),
    ],
    required: &["title", "version"],
    is_read: false,
};

pub(in crate::lint) const CONTACT: Shape = Shape {
    name: "a contact",
    fields: &[("name", Text), ("url", Text), ("email", Text)],
    required: &[],
    is_read: false,
};

pub(in crate::lint) const LICENSE: Shape = Shape {
    name: "a license",
    fields: &[("name", Text), ("url", Text)],
    required: &["name"],
    is_read: false,
};

pub(in crate::lint) const TAG: Shape = Shape {
    name: "a tag",
    fields: &[
        ("name", Text),
        ("description", Text),
        ("externalDocs", Object),
    ],
    required: &["name"],
    is_read: false,
};

pub(in crate::lint) const EXTERNAL_DOCS: Shape = Shape {
    name: "`externalDocs`",
    fields: &[("description", Text), ("url", Text)],
    required: &["url"],
    is_read: false,
};

pub(in crate::lint) const SERVER: Shape = Shape {
    name: "a server",
    fields: &[("url", Text), ("description", Text), ("variables", Object)],
    required: &["url"],
    is_read: false,
};

pub(in crate::lint) const COMPONENTS: Shape = Shape {
    name: "`components`",
    fields: &[
        ("schemas", Object),
        ("responses", Object),
        ("parameters", Object),
        ("examples", Object),
        ("requestBodies", Object),
        ("headers", Object),
        ("securitySchemes", Object),
        ("links", Object),
        ("callbacks", Object),
    ],
    required: &[],
    is_read: true,
};

pub(in crate::lint) const SECURITY_SCHEME: Shape = Shape {
    name: "a security scheme",
    fields: &[
        ("type", Text),
        ("description", Text),
        ("name", Text),
        ("in", Text),
        ("scheme", Text),
        ("bearerFormat", Text),
        ("flows", Object),
        ("openIdConnectUrl", Text),
    ],
    required: &["type"],
    is_read: true,
};
