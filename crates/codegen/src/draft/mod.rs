//! A document that is being changed before it is looked at, with the places of what it is made of.

mod access;
mod answers;
mod component_names;
mod definitions;
pub(crate) mod keep;
mod like;
mod limits;
mod loops;
pub(crate) mod merge_keys;
mod narrowed;
#[cfg(test)]
mod newer_tests;
mod nothing;
mod objects;
mod outside;
pub(crate) mod overlay;
mod parts;
mod path_items;
mod paths;
mod places;
mod pointers;
mod references;
mod schemas;
mod secrets;
mod select;
mod shared;
mod siblings;
mod target;
mod template;
mod tuples;
mod types;
mod uris;
mod version;

use indexmap::IndexMap;
use serde_json::Value;
pub(crate) use version::is_version;

pub use select::Select;

use crate::report::Finding;
use crate::tree::{Builder, Node, Span, Tree, empty_object};

/// Writes a document in the words of OpenAPI 3.0 that the lint knows, as far as that can be done.
/// `file` is the name of the document's own file.
pub(crate) fn lower(
    root: Node<'_>,
    file: &str,
    select: &Select,
    findings: &mut Vec<Finding>,
) -> Option<Tree> {
    let mut draft = Draft::new(root);
    let mut found = Vec::new();
    nothing::lower(&mut draft, file, &mut found);
    path_items::inline(&mut draft, file, &mut found);
    version::lower(&mut draft, file, &mut found);
    let written = paths::lower(&mut draft, file, &mut found);
    answers::lower(&mut draft, &mut found);
    references::lower(&mut draft, file, &mut found);
    narrowed::lower(&mut draft);
    version::finish(&mut draft);
    // What is selected may refer to parts of what is not.
    select::select(&mut draft, select, &written, &mut found);
    loops::lower(&mut draft, &mut found);
    findings.append(&mut found);
    draft.tree(findings)
}

/// One value, and where it stood.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Scalar(Value),
    List(Vec<Draft>),
    /// By name, each with the place of the name.
    Object(IndexMap<String, (Span, Draft)>),
}

impl Draft {
    pub(crate) fn new(node: Node<'_>) -> Self {
        let kind = match node.value {
            Value::Array(_) => Kind::List(node.items().map(Self::new).collect()),
            Value::Object(_) => {
                let member = |(name, member): (&str, Node<'_>)| {
                    (name.to_owned(), (member.key_span(), Self::new(member)))
                };
                Kind::Object(node.members().map(member).collect())
            }
            scalar => Kind::Scalar(scalar.clone()),
        };
        Self {
            kind,
            span: node.value_span(),
        }
    }

    /// A value that nobody wrote, in the place of what it stands for.
    pub(crate) fn made(value: &Value, span: Span) -> Self {
        let made = |value| Self::made(value, span);
        let kind = match value {
            Value::Array(items) => Kind::List(items.iter().map(made).collect()),
            Value::Object(members) => {
                let members = members.iter();
                Kind::Object(members.map(|(k, v)| (k.clone(), (span, made(v)))).collect())
            }
            scalar => Kind::Scalar(scalar.clone()),
        };
        Self { kind, span }
    }

    /// What is checked and generated from.
    pub(crate) fn tree(self, findings: &mut Vec<Finding>) -> Option<Tree> {
        let mut builder = Builder::default();
        let read = self.read(&mut builder);
        findings.extend(read.err().map(|finding| *finding));
        builder.finish().0
    }

    /// Tells a builder of it, as a reader does of a text.
    fn read(self, builder: &mut Builder) -> Result<(), Box<Finding>> {
        let at = self.span;
        match self.kind {
            Kind::Scalar(value) => builder.scalar(value, at),
            Kind::List(items) => {
                builder.begin(Value::Array(Vec::new()), at)?;
                items.into_iter().try_for_each(|item| item.read(builder))?;
                builder.end(at.end as usize);
            }
            Kind::Object(members) => {
                builder.begin(empty_object(), at)?;
                for (name, (key, member)) in members {
                    builder.key(name, key);
                    member.read(builder)?;
                }
                builder.end(at.end as usize);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yaml;

    #[test]
    fn a_draft_is_read_as_the_text_was() {
        let text = "a: 1\nb:\n- { c: [], d: {} }\n- e: null\n";
        let mut builder = Builder::default();
        yaml::read(text, &mut builder).unwrap();
        let tree = builder.finish().0.unwrap();
        let again = lower(tree.root(), "a.yaml", &Select::new(), &mut Vec::new()).unwrap();
        assert_eq!(
            again.value(),
            &json!({"a": 1, "b": [{"c": [], "d": {}}, {"e": null}]})
        );
        assert_eq!(format!("{tree:?}"), format!("{again:?}"));
    }
}
