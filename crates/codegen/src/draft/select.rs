//! The operations that are looked at: nothing else of the document is.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::Value;

use super::like::{distance, is_like};
use super::{Draft, keep};
use crate::ids;
use crate::report::{Finding, quoted};
use crate::tree::Span;
use crate::uses::{Operation, Uses};

/// Some operations of a spec: what one of the entries names is selected, and everything when there is none.
///
/// ```
/// use tokenturn_codegen::{Select, Spec};
///
/// # let spec = Spec::new("keys.yaml", "openapi: 3.0.3");
/// let select = Select::new().tags(["apps"]).paths(["/admin/*"]).ids(["get_user"]);
/// println!("{}", spec.select(select).lint());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Select {
    entries: Vec<(By, String)>,
}

#[derive(Clone, Copy, Debug)]
enum By {
    Id,
    Tag,
    Path,
}

impl Select {
    /// Selects everything, as long as there is no entry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds operations by their names in the client: by their `operationId`, or by the name that is made where
    /// it is missing, is no name, or is that of another operation, too.
    #[must_use]
    pub fn ids(self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with(By::Id, ids)
    }

    /// Adds the operations that have one of these tags.
    #[must_use]
    pub fn tags(self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with(By::Tag, tags)
    }

    /// Adds the operations of these paths, as they stand in the spec or as they are read. A `*` stands for any
    /// text.
    #[must_use]
    pub fn paths(self, paths: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with(By::Path, paths)
    }

    /// What one of the two selects.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self
    }

    fn with(mut self, by: By, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let entries = names.into_iter().map(|name| (by, name.into()));
        self.entries.extend(entries);
        self
    }
}

/// Takes out what is not selected, and what was found of it. An entry that selects nothing is a mistake.
/// `written` is how the document has the paths that were changed.
pub(super) fn select(
    draft: &mut Draft,
    select: &Select,
    written: &HashMap<String, String>,
    findings: &mut Vec<Finding>,
) {
    if select.entries.is_empty() {
        return;
    }
    let document = draft.value();
    let uses = Uses::of(&document);
    let made = ids::missing(&document);
    let names = Names::of(&uses, &made, written);
    let mut kept = HashSet::new();
    for (by, wanted) in &select.entries {
        let fitting = names.fitting(*by, wanted);
        if fitting.is_empty() {
            let paths = draft.as_object().and_then(|members| members.get("paths"));
            let at = paths.map_or(Span::new(0, 0), |(key, _)| *key);
            findings.push(by.mistake(wanted, names.all(*by), at));
        }
        kept.extend(fitting);
    }
    let reached = uses.reached(kept.iter().copied());
    let before = places(draft);
    let named = keep::operations(draft, |path, method| kept.contains(&(path, method)));
    keep::components(draft, |section, name| reached.contains(&(section, name)));
    // What is not selected is not looked at, and a mistake leaves nothing to look at.
    let has_mistake = findings.iter().any(|finding| finding.code() == "select");
    let after = places(draft);
    findings.retain(|finding| match has_mistake {
        true => finding.code() == "select",
        false => is_in(finding, &after) || !is_in(finding, &before),
    });
    if !has_mistake {
        findings.extend(named);
    }
}

/// Where operations and components stand, with their names, in order.
fn places(draft: &Draft) -> Vec<Span> {
    let items = draft.get("paths").and_then(Draft::as_object);
    let sections = draft.get("components").and_then(Draft::as_object);
    let groups = [items, sections]
        .into_iter()
        .flatten()
        .flat_map(|group| group.values());
    let parts = groups.filter_map(|(_, group)| group.as_object());
    let parts = parts.flat_map(|parts| parts.values());
    let places = parts.map(|(key, part)| Span {
        start: key.start.min(part.span.start),
        end: part.span.end,
    });
    let mut places: Vec<_> = places.collect();
    places.sort_by_key(|place| place.start);
    // What was taken from one place to another may stand within what is left there.
    places.dedup_by(|next, before| {
        let is_within = next.start < before.end;
        if is_within {
            before.end = before.end.max(next.end);
        }
        is_within
    });
    places
}

/// Whether a finding is about one of the places.
fn is_in(finding: &Finding, places: &[Span]) -> bool {
    let at = finding.span().start;
    let before = places.partition_point(|place| place.start <= at);
    before > 0 && at < places[before - 1].end
}

/// What the operations are called.
struct Names<'a> {
    /// As the client calls them.
    ids: HashMap<&'a str, Vec<Operation<'a>>>,
    /// As the document does, where that is something else.
    written: HashMap<&'a str, Vec<Operation<'a>>>,
    tags: HashMap<&'a str, Vec<Operation<'a>>>,
    paths: IndexMap<&'a str, Vec<Operation<'a>>>,
}

impl<'a> Names<'a> {
    fn of(
        uses: &Uses<'a>,
        made: &'a HashMap<Operation<'a>, String>,
        before: &'a HashMap<String, String>,
    ) -> Self {
        let mut names = Self {
            ids: HashMap::new(),
            written: HashMap::new(),
            tags: HashMap::new(),
            paths: IndexMap::new(),
        };
        for (operation, value) in &uses.operations {
            let written = value.get("operationId").and_then(Value::as_str);
            let made = made.get(operation).map(String::as_str);
            if let Some(id) = made.or(written) {
                names.ids.entry(id).or_default().push(*operation);
            }
            if let (Some(id), Some(_)) = (written, made) {
                names.written.entry(id).or_default().push(*operation);
            }
            let tags = value.get("tags").and_then(Value::as_array);
            for tag in tags.into_iter().flatten().filter_map(Value::as_str) {
                names.tags.entry(tag).or_default().push(*operation);
            }
            let path = before.get(operation.0);
            for path in path.map(String::as_str).into_iter().chain([operation.0]) {
                names.paths.entry(path).or_default().push(*operation);
            }
        }
        names
    }

    /// What an entry selects.
    fn fitting(&self, by: By, wanted: &str) -> Vec<Operation<'a>> {
        let fitting = match by {
            By::Id => self.ids.get(wanted).or(self.written.get(wanted)),
            By::Tag => self.tags.get(wanted),
            By::Path => {
                let paths = self.paths.iter().filter(|(path, _)| is_like(path, wanted));
                return paths
                    .flat_map(|(_, operations)| operations.iter().copied())
                    .collect();
            }
        };
        fitting.cloned().unwrap_or_default()
    }

    fn all(&self, by: By) -> Vec<&'a str> {
        match by {
            By::Id => self.ids.keys().copied().collect(),
            By::Tag => self.tags.keys().copied().collect(),
            By::Path => self.paths.keys().copied().collect(),
        }
    }
}

impl By {
    /// What is said of an entry that selects nothing. There may be one that was meant.
    fn mistake(self, wanted: &str, names: Vec<&str>, at: Span) -> Finding {
        let wanted_ = quoted(wanted);
        let message = match self {
            Self::Id => format!("{wanted_} is selected, and there is no such operation"),
            Self::Tag => format!("the tag {wanted_} is selected, and no operation has it"),
            Self::Path => format!("the path {wanted_} is selected, and there is none like it"),
        };
        let help = match names
            .into_iter()
            .min_by_key(|name| (distance(name, wanted), *name))
        {
            Some(name) => format!("did you mean {}?", quoted(name)),
            None => "correct it, or leave it out".to_owned(),
        };
        Finding::error("select", at, message)
            .at("/paths".to_owned())
            .with_help(help)
    }
}
