//! Examples, wherever they stand: a wrong one misleads people, and no test can be made of it.

use super::Lint;
use crate::fits::{self, Wanted};
use crate::prepare::Writing;
use crate::tree::Node;

impl<'a> Lint<'a> {
    /// The example of a schema.
    pub(super) fn example(&mut self, schema: Node<'a>) {
        if let Some(example) = schema.get("example") {
            self.example_of(schema, example);
        }
    }

    /// The examples beside a schema: those of a parameter or of a header.
    pub(super) fn examples(&mut self, node: Node<'a>) {
        let Some(schema) = node.get("schema") else {
            return;
        };
        if let Some(example) = node.get("example") {
            self.example_of(schema, example);
        }
        let several = node.get("examples").into_iter().flat_map(Node::members);
        for (_, example) in several {
            let example = self.resolve(example, "examples");
            if let Some(value) = example.and_then(|example| example.get("value")) {
                self.example_of(schema, value);
            }
        }
    }

    /// The examples of one media type. Only of JSON and of forms is it said how they are written.
    pub(super) fn examples_of_media(&mut self, media: &str, node: Node<'a>) {
        let schema = node.value.get("schema");
        if Writing::of(self.root.value, media, schema).is_typed() {
            self.examples(node);
        }
    }

    fn example_of(&mut self, schema: Node<'a>, example: Node<'a>) {
        let root = self.root.value;
        let found = fits::mismatch(root, schema.value, example.value, Wanted::Allowed);
        let Some(found) = found else { return };
        let at = example.nearest(&found.place);
        let message = format!("this is not what its schema says: {}", found.why);
        let help = "correct the example, or the schema; the tests send a value of their own";
        self.warn("example-mismatch", at, message, help);
    }
}
