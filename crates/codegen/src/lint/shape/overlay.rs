//! Overlays.

use super::Kind::{Any, Flag, List, Object, Text};
use super::Shape;

pub(in crate::lint) const OVERLAY: Shape = Shape {
    name: "an overlay",
    fields: &[
        ("overlay", Text),
        ("info", Object),
        ("extends", Text),
        ("actions", List),
    ],
    required: &["info", "actions"],
    is_read: true,
};

pub(in crate::lint) const OVERLAY_INFO: Shape = Shape {
    name: "`info` of an overlay",
    fields: &[("title", Text), ("description", Text), ("version", Text)],
    required: &["title", "version"],
    is_read: true,
};

pub(in crate::lint) const ACTION: Shape = Shape {
    name: "an action",
    fields: &[
        ("target", Text),
        ("description", Text),
        ("update", Any),
        ("copy", Text),
        ("remove", Flag),
    ],
    required: &["target"],
    is_read: true,
};
