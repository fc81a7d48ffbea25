//! Values that a style cannot write, whatever they are: every call would be an error.

use super::Lint;
use super::schemas::MAX_PARTS;
use crate::prepare::Styled;
use crate::report::quoted;
use crate::tree::Node;

impl<'a> Lint<'a> {
    /// Finds what no value of a parameter, or of a property of a form, can be written by.
    pub(super) fn unsendable(&mut self, schema: Node<'a>, styled: Styled, place: &str) {
        let between = match styled.style {
            "Deep" => {
                if let Some((name, node)) = self.bracketed(schema, &mut { MAX_PARTS }) {
                    let message = format!(
                        "the brackets of {} would make another name of it in a `deepObject`",
                        quoted(name)
                    );
                    let help =
                        "describe an object within it: `a: { properties: { b: ... } }` for `a[b]`";
                    self.error("parameter-type", node, message, help);
                }
                return;
            }
            "Space" if !styled.explode => ' ',
            "Pipe" if !styled.explode => '|',
            "Simple" if place == "header" => ',',
            _ => return,
        };
        let items = self
            .resolve(schema, "schemas")
            .and_then(|list| list.get("items"));
        let values = items.and_then(|items| self.resolve(items, "schemas")?.get("enum"));
        let Some(values) = values.filter(|values| values.items().next().is_some()) else {
            return;
        };
        let mut all = values.items();
        if all.all(|value| {
            value
                .value
                .as_str()
                .is_some_and(|text| text.contains(between))
        }) {
            let message =
                format!("each of these values has in it what stands between them: {between:?}");
            let help = match place {
                "header" => "take a string for the whole list",
                _ => {
                    "write `style: form`, if the server reads that, or take a string for the whole list"
                }
            };
            self.error("parameter-type", values, message, help);
        }
    }

    /// The first property with a bracket in its name, also deeper down.
    fn bracketed(&self, schema: Node<'a>, left: &mut usize) -> Option<(&'a str, Node<'a>)> {
        *left = left.checked_sub(1)?;
        let schema = self.resolve(schema, "schemas")?;
        let properties = schema.get("properties").into_iter().flat_map(Node::members);
        for (name, property) in properties {
            if name.contains(['[', ']']) {
                return Some((name, property));
            }
            if let Some(found) = self.bracketed(property, left) {
                return Some(found);
            }
        }
        let lists = ["allOf", "oneOf", "anyOf"].into_iter();
        let lists = lists
            .filter_map(|key| schema.get(key))
            .flat_map(Node::items);
        let parts = ["items", "additionalProperties"].into_iter();
        let mut parts = parts.filter_map(|key| schema.get(key)).chain(lists);
        parts.find_map(|part| self.bracketed(part, left))
    }
}
