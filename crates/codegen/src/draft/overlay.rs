//! What an overlay (OpenAPI Overlay 1.0 and 1.1) changes in a document.

use indexmap::map::Entry;
use serde_json::Value;

use super::target::{self, Step};
use super::{Draft, Kind};
use crate::report::Finding;
use crate::tree::{Node, Span, Tree};

/// Applies the actions of an overlay, one after the other, to what those before have left.
pub(crate) fn apply(
    root: Node<'_>,
    overlay: Node<'_>,
    findings: &mut Vec<Finding>,
) -> Option<Tree> {
    let mut document = Document {
        draft: Draft::new(root),
        value: root.value.clone(),
    };
    // In 1.0, a list is one more item for a list.
    let is_item = overlay
        .text("overlay")
        .is_some_and(|v| v.starts_with("1.0."));
    for action in overlay.get("actions").into_iter().flat_map(Node::items) {
        let result = document.act(action, is_item);
        findings.extend(result.err().map(|finding| *finding));
    }
    document.draft.tree(findings)
}

/// The same document twice: with places to change it, and without for questions to it.
struct Document {
    draft: Draft,
    value: Value,
}

impl Document {
    fn act(&mut self, action: Node<'_>, is_item: bool) -> Result<(), Box<Finding>> {
        let Some(target) = action.get("target") else {
            return Ok(());
        };
        let places = target::places(&self.value, target)?;
        if action.is_true("remove") {
            return self.remove(&places, target);
        }
        let copy = action.get("copy");
        let update = match (copy, action.get("update")) {
            (Some(copy), _) => {
                let place = target::place(&self.value, copy)?;
                self.draft.place_mut(&place).cloned()
            }
            (None, update) => update.map(Draft::new),
        };
        let Some(update) = update else {
            return Ok(());
        };
        for place in self.alike(&places, target)? {
            self.update(place, update.clone(), is_item)
                .map_err(|misfit| misfit.finding(action, copy))?;
        }
        Ok(())
    }

    /// What is updated is of one kind.
    fn alike<'p>(
        &mut self,
        places: &'p [Vec<Step>],
        target: Node<'_>,
    ) -> Result<&'p [Vec<Step>], Box<Finding>> {
        let mut first = None;
        for place in places {
            let Some(draft) = self.draft.place_mut(place) else {
                continue;
            };
            let (what, span) = first.get_or_insert((draft.what(), draft.span));
            if *what != draft.what() {
                let message = format!(
                    "this is {what} at one place, and {} at another",
                    draft.what()
                );
                return Err(target::error(target, message, "write an action for each")
                    .beside(*span, "the first one")
                    .into());
            }
        }
        Ok(places)
    }

    fn update(&mut self, place: &[Step], update: Draft, is_item: bool) -> Result<(), Misfit> {
        let Some(draft) = self.draft.place_mut(place) else {
            return Ok(());
        };
        match (&mut draft.kind, &update.kind) {
            (Kind::List(items), Kind::Object(_) | Kind::Scalar(_)) => items.push(update),
            (Kind::List(items), Kind::List(_)) if is_item => items.push(update),
            _ => draft.merge(update)?,
        }
        if let Some(value) = target::at(&mut self.value, place) {
            *value = draft.value();
        }
        Ok(())
    }

    fn remove(&mut self, places: &[Vec<Step>], node: Node<'_>) -> Result<(), Box<Finding>> {
        // From the last to the first: an item that goes moves those behind it.
        for place in places.iter().rev() {
            let Some((step, parent)) = place.split_last() else {
                let help = "name a part of it";
                return Err(target::error(node, "this is the whole document", help).into());
            };
            let draft = self.draft.place_mut(parent).map(|draft| &mut draft.kind);
            match (draft, target::at(&mut self.value, parent), step) {
                (Some(Kind::List(drafts)), Some(Value::Array(values)), Step::Index(index)) => {
                    drafts.remove(*index);
                    values.remove(*index);
                }
                (Some(Kind::Object(drafts)), Some(Value::Object(values)), Step::Name(name)) => {
                    drafts.shift_remove(name);
                    values.shift_remove(name);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Draft {
    fn place_mut(&mut self, place: &[Step]) -> Option<&mut Self> {
        place
            .iter()
            .try_fold(self, |draft, step| match (&mut draft.kind, step) {
                (Kind::List(items), Step::Index(index)) => items.get_mut(*index),
                (Kind::Object(members), Step::Name(name)) => Some(&mut members.get_mut(name)?.1),
                _ => None,
            })
    }

    /// Objects are merged, lists are put together, and anything else is replaced by its like.
    fn merge(&mut self, update: Self) -> Result<(), Misfit> {
        match (&mut self.kind, update.kind) {
            (Kind::Object(members), Kind::Object(updates)) => {
                for (name, (key, update)) in updates {
                    match members.entry(name) {
                        Entry::Occupied(member) => member.into_mut().1.merge(update)?,
                        Entry::Vacant(member) => {
                            member.insert((key, update));
                        }
                    }
                }
            }
            (Kind::List(items), Kind::List(more)) => items.extend(more),
            (Kind::Scalar(_), Kind::Scalar(value)) => {
                self.kind = Kind::Scalar(value);
                self.span = update.span;
            }
            (_, kind) => {
                return Err(Misfit {
                    document: (self.what(), self.span),
                    update: (kind.what(), update.span),
                });
            }
        }
        Ok(())
    }

    fn what(&self) -> &'static str {
        self.kind.what()
    }
}

impl Kind {
    fn what(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "a single value",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// An update that is something else than what it would change, with the places of both.
struct Misfit {
    document: (&'static str, Span),
    update: (&'static str, Span),
}

impl Misfit {
    fn finding(self, action: Node<'_>, copy: Option<Node<'_>>) -> Box<Finding> {
        let ((was, there), (is, here)) = (self.document, self.update);
        // What is copied stands in the document.
        let (here, step) = match copy {
            Some(copy) => (copy.span(), "copy"),
            None => (here, "update"),
        };
        let message = format!("this is {is}, and {was} in the document");
        let help = format!(
            "write {was}; for something else, remove it first, and then update what holds it"
        );
        Finding::error("overlay-update", here, message)
            .at(format!("{}/{step}", action.pointer()))
            .with_help(help)
            .beside(there, "what it would change")
            .into()
    }
}
