//! Leaves out what a client does not need: builders of types that are never sent.
//!
//! They are most of what progenitor generates, and everybody who depends on the client compiles
//! them. A type that only comes in answers is a plain struct with public fields.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{Field, File, ImplItem, Item, ItemImpl, ItemMod, Path, Type};

/// Removes the builders of types that no request holds.
pub(super) fn trim(file: &mut File) {
    let sent = sent(file);
    let Some(types) = file.items.iter_mut().find_map(|item| module(item, "types")) else {
        return;
    };
    types.retain(|item| match item {
        Item::Impl(block) if is_builder_fn(block) => sent.contains(&subject(block)),
        _ => true,
    });
    if let Some(builders) = types.iter_mut().find_map(|item| module(item, "builder")) {
        builders.retain(|item| match item {
            Item::Struct(builder) => sent.contains(&builder.ident.to_string()),
            Item::Impl(block) => sent.contains(&subject(block)),
            _ => true,
        });
    }
}

pub(super) fn module<'a>(item: &'a mut Item, name: &str) -> Option<&'a mut Vec<Item>> {
    match item {
        Item::Mod(ItemMod {
            ident,
            content: Some((_, items)),
            ..
        }) if ident == name => Some(items),
        _ => None,
    }
}

/// `impl T { pub fn builder() -> builder::T }`
fn is_builder_fn(block: &ItemImpl) -> bool {
    matches!(&block.items[..], [ImplItem::Fn(function)] if function.sig.ident == "builder")
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

/// The bodies of all operations, and the types of their fields, and so on.
fn sent(file: &File) -> BTreeSet<String> {
    let mut names = Names::default();
    names.visit_file(file);
    let mut sent = BTreeSet::new();
    let mut next = names.bodies;
    while let Some(name) = next.pop() {
        if sent.insert(name.clone()) {
            next.extend(names.fields.remove(&name).into_iter().flatten());
        }
    }
    sent
}

#[derive(Default)]
struct Names {
    /// What stands as `types::builder::NAME` in an operation.
    bodies: Vec<String>,
    /// The names in the fields of each type.
    fields: BTreeMap<String, Vec<String>>,
    in_types: bool,
}

impl<'ast> Visit<'ast> for Names {
    fn visit_path(&mut self, path: &'ast Path) {
        let segments = path.segments.iter().map(|s| s.ident.to_string());
        if let [.., types, builder, name] = &segments.collect::<Vec<_>>()[..]
            && types == "types"
            && builder == "builder"
        {
            self.bodies.push(name.clone());
        }
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        // The builders of the types name the types, too; those of the operations stand outside.
        if module.ident != "types" {
            return visit::visit_item_mod(self, module);
        }
        let items = module.content.iter().flat_map(|(_, items)| items);
        let items = items.filter(|item| !matches!(item, Item::Mod(_)));
        self.in_types = true;
        items.for_each(|item| self.visit_item(item));
        self.in_types = false;
    }

    fn visit_field(&mut self, field: &'ast Field) {
        // A list of bodies, or a body that may be null, is not given as its builder.
        let is_body = field.ident.as_ref().is_some_and(|name| name == "body");
        if is_body && !self.in_types {
            self.bodies.extend(names_in(std::iter::once(field)));
        }
        visit::visit_field(self, field);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        // The builder of an operation can be called like a type.
        if self.in_types {
            let fields = names_in(item.fields.iter());
            self.fields.insert(item.ident.to_string(), fields);
        }
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        let fields = names_in(item.variants.iter().flat_map(|variant| &variant.fields));
        self.fields.insert(item.ident.to_string(), fields);
        visit::visit_item_enum(self, item);
    }
}

fn names_in<'a>(fields: impl Iterator<Item = &'a Field>) -> Vec<String> {
    struct Paths(Vec<String>);

    impl<'ast> Visit<'ast> for Paths {
        fn visit_path(&mut self, path: &'ast Path) {
            self.0.push(last(path));
            visit::visit_path(self, path);
        }
    }

    let mut paths = Paths(Vec::new());
    fields.for_each(|field| paths.visit_field(field));
    paths.0
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::parse_quote;

    use super::*;

    #[test]
    fn builders_of_what_is_never_sent_are_left_out() {
        let mut file: File = parse_quote! {
            pub mod types {
                pub struct Sent { inner: Vec<Inner> }
                impl Sent { pub fn builder() -> builder::Sent { Default::default() } }
                pub struct Inner;
                impl Inner { pub fn builder() -> builder::Inner { Default::default() } }
                pub struct Answer { inner: Inner }
                impl Answer { pub fn builder() -> builder::Answer { Default::default() } }
                impl Answer { pub fn other(&self) {} }
                pub mod builder {
                    pub struct Sent { inner: Result<Vec<super::Inner>, String> }
                    impl TryFrom<Sent> for super::Sent {}
                    pub struct Inner;
                    impl Default for Inner {}
                    pub struct Answer { inner: Result<super::Inner, String> }
                    impl Default for Answer {}
                    impl From<super::Answer> for Answer {}
                }
            }
            pub mod builder {
                pub struct Call { body: Result<types::builder::Sent, String> }
            }
        };
        trim(&mut file);
        let expected: File = parse_quote! {
            pub mod types {
                pub struct Sent { inner: Vec<Inner> }
                impl Sent { pub fn builder() -> builder::Sent { Default::default() } }
                pub struct Inner;
                impl Inner { pub fn builder() -> builder::Inner { Default::default() } }
                pub struct Answer { inner: Inner }
                impl Answer { pub fn other(&self) {} }
                pub mod builder {
                    pub struct Sent { inner: Result<Vec<super::Inner>, String> }
                    impl TryFrom<Sent> for super::Sent {}
                    pub struct Inner;
                    impl Default for Inner {}
                }
            }
            pub mod builder {
                pub struct Call { body: Result<types::builder::Sent, String> }
            }
        };
        let text = |file: &File| file.to_token_stream().to_string();
        assert_eq!(text(&file), text(&expected));
    }
}
