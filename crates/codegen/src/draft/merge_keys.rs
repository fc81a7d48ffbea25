//! The `<<` of YAML: the members of other mappings, where a mapping has none of their names itself.

use super::{Draft, Kind};

const MERGE: &str = "<<";

/// Puts the members in the place of the key.
pub(super) fn lower(draft: &mut Draft) {
    match &mut draft.kind {
        Kind::Scalar(_) => {}
        Kind::List(items) => items.iter_mut().for_each(lower),
        Kind::Object(members) => {
            members.values_mut().for_each(|(_, member)| lower(member));
            let is_mapping = |draft: &Draft| matches!(draft.kind, Kind::Object(_));
            let merged = members.get(MERGE).filter(|(_, merged)| match &merged.kind {
                Kind::Object(_) => true,
                Kind::List(list) => !list.is_empty() && list.iter().all(is_mapping),
                Kind::Scalar(_) => false,
            });
            if merged.is_none() {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tree::{Builder, Span};

    #[test]
    fn own_members_come_first() {
        let value = json!({"a": 1, "<<": [{"a": 2, "b": {"<<": {"c": 3}}}, {"b": 4, "d": 5}], "e": {"<<": 6}});
        let mut draft = Draft::made(&value, Span::new(0, 0));
        lower(&mut draft);
        let mut builder = Builder::default();
        draft.read(&mut builder).unwrap();
        let expected = json!({"a": 1, "e": {"<<": 6}, "b": {"c": 3}, "d": 5});
        assert_eq!(builder.finish().0.unwrap().value(), &expected);
    }
}
