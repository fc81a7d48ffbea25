//! What happens when an operation is sent twice: `x-retry`.

use serde_json::Value;

use super::Lint;
use crate::fold::with_commas;
use crate::operations::class;
use crate::prepare::METHODS;
use crate::tree::Node;

const HELP: &str = "say what happens when it is sent twice: write `safe` (a read), `idempotent` (it ends in \
                    the same state), `repeatable` (harmless, though the state changes) or `never`";

impl<'a> Lint<'a> {
    /// A document in which nothing has an `x-retry` is somebody else's, who hears of it once.
    pub(super) fn retries(&mut self, paths: Node<'a>) {
        let mut counts = [("safe", 0), ("idempotent", 0), ("never", 0)];
        let items = paths.members().filter(|(path, _)| !path.starts_with("x-"));
        for (method, operation) in items.flat_map(|(_, item)| operations(item)) {
            if operation.value.get("x-retry").is_some() {
                self.is_ours = true;
                return;
            }
            if operation.value.is_object() && !operation.is_true("x-browser") {
                let counts = counts.iter_mut().filter(|(name, _)| *name == class(method));
                counts.for_each(|(_, count)| *count += 1);
            }
        }
        let counts = counts.iter().filter(|(_, count)| *count > 0);
        let counts: Vec<_> = counts
            .map(|(class, count)| format!("`{class}` ({})", with_commas(*count)))
            .collect();
        if !counts.is_empty() {
            let message = format!(
                "no operation has an `x-retry`: by their methods, they are taken for {}",
                counts.join(", ")
            );
            self.warn("retry-missing", paths, message, HELP);
        }
    }

    pub(super) fn retry(&mut self, method: &str, node: Node<'a>) {
        let known = ["safe", "idempotent", "repeatable", "never"];
        match node.get("x-retry") {
            None if self.is_ours => {
                let message = format!(
                    "`x-retry` is missing: {} is taken for `{}`",
                    method.to_ascii_uppercase(),
                    class(method)
                );
                self.warn("retry-missing", node, message, HELP);
            }
            Some(retry) if !matches!(retry.value, Value::String(text) if known.contains(&text.as_str())) =>
            {
                self.error("retry", retry, "this is not a value of `x-retry`", HELP);
            }
            _ => {}
        }
    }
}

fn operations<'a>(item: Node<'a>) -> impl Iterator<Item = (&'static str, Node<'a>)> {
    let methods = METHODS.into_iter();
    methods.filter_map(move |method| Some((method, item.get(method)?)))
}
