//! The `<<` of YAML: the members of other mappings, where a mapping has none of their names itself.

use super::access::Members;
use super::{Draft, Kind};
use crate::report::Finding;
use crate::tree::{Node, Tree};

pub(crate) const MERGE: &str = "<<";

/// What a text in YAML says that has such keys.
pub(crate) fn merged(root: Node<'_>, findings: &mut Vec<Finding>) -> Option<Tree> {
    let mut draft = Draft::new(root);
    lower(&mut draft);
    draft.tree(findings)
}

/// Puts the members in the place of the key.
fn lower(draft: &mut Draft) {
    match &mut draft.kind {
        Kind::Scalar(_) => {}
        Kind::List(items) => items.iter_mut().for_each(lower),
        Kind::Object(members) => {
            members.values_mut().for_each(|(_, member)| lower(member));
            if !merges(members) {
                return;
            }
            let Some((_, merged)) = members.shift_remove(MERGE) else {
                return;
            };
            let list = match merged.kind {
                Kind::List(list) => list,
                _ => vec![merged],
            };
            for mut mapping in list {
                for (name, member) in std::mem::take(mapping.members_mut()) {
                    members.entry(name).or_insert(member);
                }
            }
        }
    }
}

/// Whether a mapping has the key, and not its letters as a name in quotes.
fn merges(members: &Members) -> bool {
    let is_mapping = |draft: &Draft| matches!(draft.kind, Kind::Object(_));
    members.get(MERGE).is_some_and(|(key, merged)| {
        let is_plain = (key.end - key.start) as usize == MERGE.len();
        is_plain
            && match &merged.kind {
                Kind::Object(_) => true,
                Kind::List(list) => !list.is_empty() && list.iter().all(is_mapping),
                Kind::Scalar(_) => false,
            }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::Spec;

    #[test]
    fn own_members_come_first() {
        let text = "a: 1\n<<: [{ a: 2, b: { <<: { c: 3 } } }, { b: 4, d: 5 }]\ne: { <<: 6 }\n\
                    f: { \"<<\": { g: 7 } }\n";
        let spec = Spec::new("a.yaml", text);
        let expected =
            json!({"a": 1, "e": {"<<": 6}, "f": {"<<": {"g": 7}}, "b": {"c": 3}, "d": 5});
        assert_eq!(spec.document(), Some(&expected));
    }

    #[test]
    fn json_has_no_such_key() {
        let text = r#"{"a": {"<<": {"b": 1}}}"#;
        let spec = Spec::new("a.json", text);
        assert_eq!(
            spec.document().map(ToString::to_string),
            Some(text.replace(": ", ":"))
        );
    }

    #[test]
    fn an_overlay_sees_what_is_merged() {
        let spec = Spec::new("a.yaml", "x: &x { a: 1 }\ny: { <<: *x, b: 2 }\n");
        let overlay = "overlay: 1.1.0\ninfo: { title: T, version: '1' }\nactions:\n- target: $.y.a\n  update: 3\n\
                       - target: $.y\n  update: { <<: { c: 4 } }\n";
        let spec = spec.overlay(Spec::new("o.yaml", overlay));
        let expected = json!({"x": {"a": 1}, "y": {"b": 2, "a": 3, "c": 4}});
        assert_eq!(spec.document(), Some(&expected));
    }
}
