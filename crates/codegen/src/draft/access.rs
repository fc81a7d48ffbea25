//! Reading and changing what is in a draft.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{Draft, Kind};
use crate::tree::{Span, unescaped};

pub(super) type Members = IndexMap<String, (Span, Draft)>;

impl Draft {
    pub(super) fn as_object(&self) -> Option<&Members> {
        match &self.kind {
            Kind::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(super) fn as_object_mut(&mut self) -> Option<&mut Members> {
        match &mut self.kind {
            Kind::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(super) fn as_list(&self) -> Option<&[Draft]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn as_list_mut(&mut self) -> Option<&mut Vec<Draft>> {
        match &mut self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            Kind::Scalar(value) => value.as_bool(),
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<f64> {
        match &self.kind {
            Kind::Scalar(value) => value.as_f64(),
            _ => None,
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Draft> {
        Some(&self.as_object()?.get(key)?.1)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    /// What stands at a JSON pointer.
    pub(super) fn pointer(&self, pointer: &str) -> Option<&Draft> {
        let mut draft = self;
        for step in pointer
            .strip_prefix('/')
            .into_iter()
            .flat_map(|p| p.split('/'))
        {
            draft = match &draft.kind {
                Kind::List(items) => items.get(step.parse::<usize>().ok()?)?,
                _ => draft.get(&unescaped(step))?,
            };
        }
        Some(draft)
    }

    pub(super) fn pointer_mut(&mut self, pointer: &str) -> Option<&mut Draft> {
        let mut draft = self;
        for step in pointer
            .strip_prefix('/')
            .into_iter()
            .flat_map(|p| p.split('/'))
        {
            draft = match &mut draft.kind {
                Kind::List(items) => items.get_mut(step.parse::<usize>().ok()?)?,
                Kind::Object(members) => &mut members.get_mut(&unescaped(step))?.1,
                Kind::Scalar(_) => return None,
            };
        }
        Some(draft)
    }

    /// The object under a key, which is made when there is none.
    pub(super) fn object_under(&mut self, key: &str) -> Option<&mut Members> {
        let span = self.span;
        let made = || (span, Draft::made(&json!({}), span));
        let members = self.as_object_mut()?;
        members
            .entry(key.into())
            .or_insert_with(made)
            .1
            .as_object_mut()
    }

    /// The value without its places.
    pub(super) fn value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => items.iter().map(Draft::value).collect(),
            Kind::Object(members) => {
                let members = members.iter();
                members
                    .map(|(name, (_, member))| (name.clone(), member.value()))
                    .collect()
            }
        }
    }
}

/// What to underline of a member: see [`Node::span`](crate::tree::Node::span).
pub(super) fn span((key, draft): &(Span, Draft)) -> Span {
    match &draft.kind {
        Kind::Scalar(value) if !value.is_null() => draft.span,
        _ => *key,
    }
}

/// Adds a member that nobody wrote, in the place of another.
pub(super) fn insert(members: &mut Members, key: &str, value: &Value, at: Span) {
    members.insert(key.into(), (at, Draft::made(value, at)));
}

pub(super) fn list(items: Vec<Draft>, span: Span) -> Draft {
    Draft {
        kind: Kind::List(items),
        span,
    }
}

pub(super) fn object(members: Members, span: Span) -> Draft {
    Draft {
        kind: Kind::Object(members),
        span,
    }
}
