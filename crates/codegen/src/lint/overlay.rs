//! An overlay: whether its actions can be understood.

use serde_json::Value;

use super::Lint;
use super::shape;
use crate::report::{Finding, quoted};
use crate::tree::Node;

/// Checks an overlay by itself.
pub(crate) fn lint_overlay(root: Node<'_>) -> Vec<Finding> {
    let mut lint = Lint::new(root);
    lint.overlay();
    lint.findings
}

impl<'a> Lint<'a> {
    fn overlay(&mut self) {
        let root = self.root;
        if !self.is_overlay() {
            return;
        }
        self.shape(root, &shape::OVERLAY);
        self.each(root, "info", &shape::OVERLAY_INFO);
        let Some(actions) = root.get("actions") else {
            return;
        };
        if actions.value.as_array().is_some_and(Vec::is_empty) {
            let help = "write at least one action, with `target` and `update` or `remove`";
            self.error("overlay-action", actions, "there is no action in it", help);
        }
        for action in actions.items() {
            let acts = action.is_true("remove")
                || ["update", "copy"]
                    .iter()
                    .any(|key| action.get(key).is_some());
            let has_both = action.get("copy").is_some() && action.get("update").is_some();
            if has_both && !action.is_true("remove") {
                let message = "`copy` and `update` stand in one action: of each, Overlay 1.1 says that it \
                               has no effect beside the other";
                let help = "write two actions, one with `copy` and one with `update`";
                self.error("overlay-action", action, message, help);
            }
            if self.shape(action, &shape::ACTION) && !acts {
                let help = "add `update` with what is merged there, or `remove: true`";
                self.error("overlay-action", action, "this action does nothing", help);
            }
        }
    }

    fn is_overlay(&mut self) -> bool {
        let root = self.root;
        let help = "begin the overlay with `overlay: 1.0.0`";
        let version = root.get("overlay");
        match version.map(|version| (version, version.value)) {
            Some((_, Value::String(text)))
                if ["1.0.", "1.1."].iter().any(|known| text.starts_with(known)) =>
            {
                return true;
            }
            Some((version, Value::String(text))) => {
                let message = format!(
                    "this is Overlay {}, and 1.0 and 1.1 are understood",
                    quoted(text)
                );
                self.error("overlay-version", version, message, help);
            }
            Some((version, _)) => {
                let message = "the version of Overlay is not a string";
                self.error("overlay-version", version, message, help);
            }
            None => self.error("not-overlay", root, "this is not an overlay", help),
        }
        false
    }
}
