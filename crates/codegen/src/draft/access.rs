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

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Draft> {
        Some(&mut self.as_object_mut()?.get_mut(key)?.1)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        let members = self.as_object().into_iter().flatten();
        members.map(|(name, (_, member))| (name.as_str(), member))
    }

    /// The members of an object, which it becomes if it is none.
    pub(super) fn members_mut(&mut self) -> &mut Members {
        if !matches!(self.kind, Kind::Object(_)) {
            self.kind = Kind::Object(IndexMap::new());
        }
        match &mut self.kind {
            Kind::Object(members) => members,
            _ => unreachable!("it has become an object"),
        }
    }

    /// What stands one step below.
    pub(super) fn step(&self, step: &str) -> Option<&Self> {
        match &self.kind {
            Kind::List(items) => items.get(step.parse::<usize>().ok()?),
            _ => self.get(step),
        }
    }

    pub(super) fn step_mut(&mut self, step: &str) -> Option<&mut Self> {
        match &mut self.kind {
            Kind::List(items) => items.get_mut(step.parse::<usize>().ok()?),
            Kind::Object(members) => members.get_mut(step).map(|(_, member)| member),
            Kind::Scalar(_) => None,
        }
    }

    /// What stands so many steps below.
    pub(super) fn at(&self, steps: &[String]) -> Option<&Self> {
        steps.iter().try_fold(self, |draft, step| draft.step(step))
    }

    pub(super) fn at_mut(&mut self, steps: &[String]) -> Option<&mut Self> {
        let mut steps = steps.iter();
        steps.try_fold(self, |draft, step| draft.step_mut(step))
    }

    /// What stands at a JSON pointer.
    pub(super) fn pointer(&self, pointer: &str) -> Option<&Draft> {
        self.at(&steps(pointer))
    }

    pub(super) fn pointer_mut(&mut self, pointer: &str) -> Option<&mut Draft> {
        self.at_mut(&steps(pointer))
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

fn steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(unescaped).collect()
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
