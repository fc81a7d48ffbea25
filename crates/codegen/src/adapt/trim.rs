//! Leaves out what a client does not need: builders of types that are never sent.
//!
//! They are most of what progenitor generates, and everybody who depends on the client compiles
//! them. A type that only comes in answers is a struct with public fields that nobody but a mock makes.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use syn::visit::{self, Visit};
use syn::{Field, Item, ItemImpl, Path, Type};

use super::pieces::{Kind, Piece};

/// The types that requests hold.
pub(super) struct Sent {
    /// The bodies of all operations, and the types of their fields, and so on.
    pub(super) bodies: BTreeSet<String>,
    /// Those of parameters, which have no builders.
    parameters: BTreeSet<String>,
}

impl Sent {
    pub(super) fn contains(&self, name: &str) -> bool {
        self.bodies.contains(name) || self.parameters.contains(name)
    }
}

/// Finds them.
pub(super) fn sent(types: &[Piece], found: Bodies) -> Sent {
    let names: HashSet<&str> = types.iter().map(|piece| &*piece.name).collect();
    let mut fields: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for piece in types {
        if matches!(piece.kind, Kind::Struct | Kind::Enum) {
            let fields = fields.entry(&piece.name).or_default();
            piece.words(&mut |word| {
                if names.contains(&*word) {
                    fields.insert(word);
                }
            });
        }
    }
    let mut within = |mut next: Vec<String>| {
        let mut all = BTreeSet::new();
        while let Some(name) = next.pop() {
            next.extend(fields.remove(&*name).into_iter().flatten());
            all.insert(name);
        }
        all
    };
    Sent {
        bodies: within(found.bodies),
        parameters: within(found.parameters),
    }
}

/// Removes what makes builders of other types.
pub(super) fn types(types: &mut Vec<Piece>, sent: &BTreeSet<String>) {
    types.retain(|piece| match piece.kind {
        Kind::Impl(_) if !sent.contains(&piece.name) => !piece.is_builder_fn(),
        _ => true,
    });
}

/// And those builders.
pub(super) fn builders(builders: &mut Vec<Piece>, sent: &BTreeSet<String>) {
    builders.retain(|piece| match piece.kind {
        Kind::Struct | Kind::Impl(_) => sent.contains(&piece.name),
        _ => true,
    });
}

/// The last name in the type that a block implements something for.
pub(super) fn subject(block: &ItemImpl) -> String {
    match &*block.self_ty {
        Type::Path(path) => last(&path.path),
        _ => String::new(),
    }
}

fn last(path: &Path) -> String {
    let segment = path.segments.last();
    segment.map(|s| s.ident.to_string()).unwrap_or_default()
}

/// What the builders of operations are given: what stands as `types::builder::NAME` in them, and what is in the
/// field of a body. A list of bodies, or a body that may be null, is not given as its builder.
#[derive(Default)]
pub(super) struct Bodies {
    bodies: Vec<String>,
    parameters: Vec<String>,
}

impl Bodies {
    /// Looks at an item of the module of the builders.
    pub(super) fn read(&mut self, item: &Item) {
        self.visit_item(item);
    }

    /// Looks at methods.
    pub(super) fn read_block(&mut self, block: &ItemImpl) {
        self.visit_item_impl(block);
    }
}

impl<'ast> Visit<'ast> for Bodies {
    fn visit_path(&mut self, path: &'ast Path) {
        let mut names = path.segments.iter().rev().map(|segment| &segment.ident);
        if let (Some(name), Some(builder), Some(types)) = (names.next(), names.next(), names.next())
            && builder == "builder"
            && types == "types"
        {
            self.bodies.push(name.to_string());
        }
        visit::visit_path(self, path);
    }

    fn visit_field(&mut self, field: &'ast Field) {
        match field.ident.as_ref().is_some_and(|name| name == "body") {
            true => self.bodies.extend(names_in(field)),
            false => self.parameters.extend(names_in(field)),
        }
        visit::visit_field(self, field);
    }
}

fn names_in(field: &Field) -> Vec<String> {
    struct Paths(Vec<String>);

    impl<'ast> Visit<'ast> for Paths {
        fn visit_path(&mut self, path: &'ast Path) {
            self.0.push(last(path));
            visit::visit_path(self, path);
        }
    }

    let mut paths = Paths(Vec::new());
    paths.visit_field(field);
    paths.0
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;
    use syn::parse_quote;

    use super::super::pieces::split;
    use super::*;

    #[test]
    fn builders_of_what_is_never_sent_are_left_out() {
        let mut found = split(quote! {
            pub struct Sent { inner: Vec<Inner> }
            impl Sent { pub fn builder() -> builder::Sent { Default::default() } }
            pub struct Inner;
            impl Inner { pub fn builder() -> builder::Inner { Default::default() } }
            pub struct Filter;
            pub struct Answer { inner: Inner }
            impl Answer { pub fn builder() -> builder::Answer { Default::default() } }
            impl Answer { pub fn other(&self) {} }
        });
        let mut builder = split(quote! {
            pub struct Sent { inner: Result<Vec<super::Inner>, String> }
            impl TryFrom<Sent> for super::Sent {}
            pub struct Inner;
            impl Default for Inner {}
            pub struct Answer { inner: Result<super::Inner, String> }
            impl Default for Answer {}
            impl From<super::Answer> for Answer {}
        });
        let mut bodies = Bodies::default();
        bodies.read(&parse_quote! {
            pub struct Call { body: Result<types::builder::Sent, String>, of: Result<types::Filter, String> }
        });
        let sent = sent(&found, bodies);
        let is_sent = ["Sent", "Inner", "Filter", "Answer"].map(|name| sent.contains(name));
        assert_eq!(is_sent, [true, true, true, false]);
        types(&mut found, &sent.bodies);
        builders(&mut builder, &sent.bodies);
        let text = |pieces: Vec<Piece>| {
            let tokens: TokenStream = pieces.into_iter().map(|piece| piece.tokens).collect();
            tokens.to_string()
        };
        let expected = quote! {
            pub struct Sent { inner: Vec<Inner> }
            impl Sent { pub fn builder() -> builder::Sent { Default::default() } }
            pub struct Inner;
            impl Inner { pub fn builder() -> builder::Inner { Default::default() } }
            pub struct Filter;
            pub struct Answer { inner: Inner }
            impl Answer { pub fn other(&self) {} }
        };
        assert_eq!(text(found), expected.to_string());
        let expected = quote! {
            pub struct Sent { inner: Result<Vec<super::Inner>, String> }
            impl TryFrom<Sent> for super::Sent {}
            pub struct Inner;
            impl Default for Inner {}
        };
        assert_eq!(text(builder), expected.to_string());
    }
}
