//! Where in a document something is said, in a reader's words.

/// One place; places sort by operation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) operation: String,
    pub(super) part: Part,
    /// Down from the whole body: `.name` for a field, `[]` for the items of a list, `{}` for the
    /// values of a map, `|name` for an alternative.
    pub(super) field: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Call,
    /// `path parameter client_id`
    Parameter(String),
    /// The media type, where there are several.
    Body(String),
    /// Status and, where there are several, the media type.
    Answer(String, String),
    /// Status and name.
    Header(String, String),
}

impl Place {
    pub(super) fn new(operation: &str, part: Part) -> Self {
        Self {
            operation: operation.to_owned(),
            part,
            field: Vec::new(),
        }
    }

    pub(super) fn below(&self, step: String) -> Self {
        let mut below = self.clone();
        below.field.push(step);
        below
    }

    /// What this place is a part of.
    pub(super) fn parent(&self) -> Option<Self> {
        let mut parent = self.clone();
        if parent.field.pop().is_none() {
            parent.part = match &self.part {
                Part::Call => return None,
                Part::Header(status, _) => Part::Answer(status.clone(), String::new()),
                _ => Part::Call,
            };
        }
        Some(parent)
    }

    pub(super) fn is_root(&self) -> bool {
        self.field.is_empty()
    }

    /// A named field of an object, which is one of a Rust struct.
    pub(super) fn is_field(&self) -> bool {
        self.field.last().is_some_and(|step| step.starts_with('.'))
    }

    /// Whether it is a field of an alternative, which is one of an enum's variant.
    pub(super) fn is_in_variant(&self) -> bool {
        let above = self.field.iter().rev().nth(1);
        above.is_some_and(|step| step.starts_with('|'))
    }

    /// `app.name`, in backquotes, or nothing for the whole.
    pub(super) fn name(&self) -> String {
        if self.is_root() {
            return String::new();
        }
        let field = self.field.concat();
        format!("`{}`", field.strip_prefix('.').unwrap_or(&field))
    }
}
