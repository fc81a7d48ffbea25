//! A document as it was written: its values, and where each of them stands in the text.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::report::{Finding, quoted};

/// Deeper than any description, and shallow enough for every recursion over one.
const MAX_DEPTH: usize = 100;

/// Byte offsets in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self {
            start: short(start),
            end: short(end),
        }
    }

    pub(crate) fn shift(&mut self, by: usize) {
        let [start, end] = [self.start, self.end].map(|offset| offset as usize + by);
        *self = Self::new(start, end);
    }
}

fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// One value. They are kept in the order of the text, so that a value's first child comes next.
#[derive(Debug)]
struct Place {
    parent: u32,
    /// The number of the first place that is not inside this one.
    end: u32,
    /// The number of the key's name, or the index in a list.
    step: u32,
    /// None in a list, and for the document.
    key: Option<Span>,
    value: Span,
}

/// The values of a document with their places.
#[derive(Debug)]
pub(crate) struct Tree {
    root: Value,
    places: Vec<Place>,
    names: Vec<Arc<str>>,
}

impl Tree {
    pub(crate) fn value(&self) -> &Value {
        &self.root
    }

    /// Moves all places, for a text that comes to stand behind another one.
    pub(crate) fn shift(&mut self, by: usize) {
        for place in &mut self.places {
            place.value.shift(by);
            place.key.iter_mut().for_each(|key| key.shift(by));
        }
    }

    pub(crate) fn root(&self) -> Node<'_> {
        Node {
            tree: self,
            value: &self.root,
            id: 0,
        }
    }
}

/// A value in its tree.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    tree: &'a Tree,
    pub(crate) value: &'a Value,
    id: u32,
}

impl<'a> Node<'a> {
    /// Tells one value of a document from another.
    pub(crate) fn id(self) -> u32 {
        self.id
    }

    fn place(self) -> &'a Place {
        &self.tree.places[self.id as usize]
    }

    fn children(self) -> impl Iterator<Item = u32> + use<'a> {
        let place = self.place();
        let mut next = self.id + 1;
        std::iter::from_fn(move || {
            let id = (next < place.end).then_some(next)?;
            next = self.tree.places[id as usize].end;
            Some(id)
        })
    }

    /// The members of an object; none for everything else.
    pub(crate) fn members(self) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        let members = self.value.as_object().into_iter().flatten();
        let nodes = members.zip(self.children());
        nodes.map(move |((key, value), id)| (key.as_str(), Node { value, id, ..self }))
    }

    /// The items of a list; none for everything else.
    pub(crate) fn items(self) -> impl Iterator<Item = Node<'a>> {
        let items = self.value.as_array().into_iter().flatten();
        let nodes = items.zip(self.children());
        nodes.map(move |(value, id)| Node { value, id, ..self })
    }

    pub(crate) fn get(self, key: &str) -> Option<Node<'a>> {
        // Most questions are about keys that are not there, which the map answers at once.
        let value = self.value.get(key)?;
        let tree = self.tree;
        let is_it = |id: &u32| *tree.names[tree.places[*id as usize].step as usize] == *key;
        let id = self.children().find(is_it)?;
        Some(Node { value, id, ..self })
    }

    pub(crate) fn text(self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    pub(crate) fn is_true(self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }

    /// The key, when there is one.
    pub(crate) fn key_span(self) -> Span {
        let place = self.place();
        place.key.unwrap_or(place.value)
    }

    /// The whole value.
    pub(crate) fn value_span(self) -> Span {
        self.place().value
    }

    /// What to underline: a text or a number itself, and the name of everything larger.
    pub(crate) fn span(self) -> Span {
        let place = self.place();
        match self.value {
            Value::Array(_) | Value::Object(_) | Value::Null => place.key.unwrap_or(place.value),
            _ => place.value,
        }
    }

    /// The JSON pointer.
    pub(crate) fn pointer(self) -> String {
        pointer(&self.tree.places, &self.tree.names, self.id)
    }

    /// The value at a JSON pointer, or what comes nearest to it.
    pub(crate) fn nearest(self, pointer: &str) -> Node<'a> {
        let mut node = self;
        for step in pointer.split('/').skip(1) {
            let step = unescaped(step);
            let index = step.parse().ok();
            let next = match node.value {
                Value::Array(_) => index.and_then(|index| node.items().nth(index)),
                _ => node.get(&step),
            };
            let Some(next) = next else { break };
            node = next;
        }
        node
    }
}

fn pointer(places: &[Place], names: &[Arc<str>], mut id: u32) -> String {
    let mut steps = Vec::new();
    while id != 0 {
        let place = &places[id as usize];
        steps.push(match place.key {
            Some(_) => escaped(&names[place.step as usize]),
            None => place.step.to_string(),
        });
        id = place.parent;
    }
    let steps = steps.iter().rev();
    steps.flat_map(|step| ["/", step]).collect()
}

/// A name as a step of a JSON pointer (RFC 6901).
pub(crate) fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

/// The name that a step of a JSON pointer stands for.
pub(crate) fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// Puts a tree together from what a reader finds, in the order of the text.
#[derive(Default)]
pub(crate) struct Builder {
    root: Option<Value>,
    places: Vec<Place>,
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
    open: Vec<Open>,
    pub(crate) findings: Vec<Finding>,
}

/// An object or a list whose end has not come yet.
struct Open {
    id: u32,
    value: Value,
    key: Option<(String, Span)>,
    /// Keys that had come before.
    repeated: Vec<(u32, Span)>,
}

impl Builder {
    /// Whether what comes next is the key of a member.
    pub(crate) fn wants_key(&self) -> bool {
        let open = self.open.last();
        open.is_some_and(|open| open.value.is_object() && open.key.is_none())
    }

    pub(crate) fn key(&mut self, name: String, span: Span) {
        if let Some(open) = self.open.last_mut() {
            open.key = Some((name, span));
        }
    }

    /// An object or a list begins.
    pub(crate) fn begin(&mut self, empty: Value, at: Span) -> Result<(), Box<Finding>> {
        if self.open.len() == MAX_DEPTH {
            let message = format!("there are more than {MAX_DEPTH} levels here");
            let help = "keep parts under `components`, and point to them with `$ref`";
            return Err(Finding::error("too-deep", at, message)
                .with_help(help)
                .into());
        }
        let id = self.place(at);
        self.open.push(Open {
            id,
            value: empty,
            key: None,
            repeated: Vec::new(),
        });
        Ok(())
    }

    pub(crate) fn scalar(&mut self, value: Value, span: Span) {
        let id = self.place(span);
        self.attach(id, value);
    }

    /// The innermost object or list ends.
    pub(crate) fn end(&mut self, at: usize) {
        let Some(open) = self.open.pop() else { return };
        let end = short(self.places.len());
        let place = &mut self.places[open.id as usize];
        place.end = end;
        place.value.end = short(at);
        self.report_repeated(&open);
        self.attach(open.id, open.value);
    }

    fn place(&mut self, value: Span) -> u32 {
        let id = short(self.places.len());
        let parent = self.open.last();
        let (step, key) = match parent {
            Some(Open {
                key: Some((name, span)),
                ..
            }) => (name.clone(), Some(*span)),
            _ => (String::new(), None),
        };
        let index = parent.and_then(|open| open.value.as_array()).map(Vec::len);
        let step = match key {
            Some(_) => self.number(step),
            None => short(index.unwrap_or_default()),
        };
        let parent = self.open.last().map_or(0, |open| open.id);
        self.places.push(Place {
            parent,
            end: id + 1,
            step,
            key,
            value,
        });
        id
    }

    /// Descriptions use few names many times.
    fn number(&mut self, name: String) -> u32 {
        if let Some(number) = self.numbers.get(name.as_str()) {
            return *number;
        }
        let number = short(self.names.len());
        let name: Arc<str> = name.into();
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    fn attach(&mut self, id: u32, value: Value) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(value);
            return;
        };
        match (&mut open.value, open.key.take()) {
            (Value::Array(items), _) => items.push(value),
            (Value::Object(members), Some((name, span))) => {
                if members.contains_key(&name) {
                    open.repeated.push((self.places[id as usize].step, span));
                    self.places.truncate(id as usize);
                } else {
                    members.insert(name, value);
                }
            }
            _ => {}
        }
    }

    fn report_repeated(&mut self, open: &Open) {
        if open.repeated.is_empty() {
            return;
        }
        let mut first = HashMap::new();
        let mut id = open.id + 1;
        while let Some(place) = self.places.get(id as usize) {
            first.insert(place.step, place.key);
            id = place.end;
        }
        for (step, span) in &open.repeated {
            let name = &self.names[*step as usize];
            let message = format!("the key {} comes twice", quoted(name));
            let parent = pointer(&self.places, &self.names, open.id);
            let mut finding = Finding::error("duplicate-key", *span, message)
                .at(format!("{parent}/{}", escaped(name)))
                .with_label("the second one")
                .with_help("keep one of the two");
            if let Some(Some(first)) = first.get(step) {
                finding = finding.beside(*first, "the first one");
            }
            self.findings.push(finding);
        }
    }

    /// The tree, when there is a document.
    pub(crate) fn finish(self) -> (Option<Tree>, Vec<Finding>) {
        let tree = match self.root {
            Some(root) if self.open.is_empty() => Some(Tree {
                root,
                places: self.places,
                names: self.names,
            }),
            _ => None,
        };
        (tree, self.findings)
    }
}

/// What an object or a list is before anything is in it.
pub(crate) fn empty_object() -> Value {
    Value::Object(Map::new())
}
