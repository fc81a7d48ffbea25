//! Fields of requests that may be left out and may be null.
//!
//! typify knows an `Option` only. Such a field gets a type with three values, in the struct and in
//! its builder.

use std::collections::BTreeSet;

use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, Field, FieldsNamed, ImplItem, Item, Lit, Meta, Type, parse_quote};

use super::trim::subject;
use crate::mocks::shapes::argument;
use crate::prepare::MAY_BE_NULL;

/// The marked fields, by the names of struct and field.
#[derive(Default)]
pub(super) struct Marked {
    owner: String,
    found: BTreeSet<(String, String)>,
    owners: BTreeSet<String>,
}

impl Marked {
    /// Gives the marked fields of a type what they hold, and takes the marks out.
    pub(super) fn fields(&mut self, item: &mut Item) {
        if let Item::Struct(item) = item {
            self.owner = item.ident.to_string();
        }
        self.visit_item_mut(item);
        self.owner.clear();
    }

    /// Whether a type has such a field.
    pub(super) fn is_any_of(&self, owner: &str) -> bool {
        self.owners.contains(owner)
    }

    /// The same for what a type is built with.
    pub(super) fn builder(&self, item: &mut Item) {
        let is_marked = |owner: &str, field: &syn::Ident| {
            !self.found.is_empty() && self.found.contains(&(owner.to_owned(), field.to_string()))
        };
        match item {
            Item::Struct(item) => {
                let owner = item.ident.to_string();
                for field in &mut item.fields {
                    let name = field.ident.as_ref();
                    if name.is_some_and(|name| is_marked(&owner, name)) {
                        Options.visit_type_mut(&mut field.ty);
                    }
                }
            }
            Item::Impl(block) if block.trait_.is_none() => {
                let owner = subject(block);
                for item in &mut block.items {
                    if let ImplItem::Fn(setter) = item
                        && is_marked(&owner, &setter.sig.ident)
                    {
                        Options.visit_generics_mut(&mut setter.sig.generics);
                    }
                }
            }
            _ => {}
        }
    }
}

impl VisitMut for Marked {
    fn visit_fields_named_mut(&mut self, fields: &mut FieldsNamed) {
        for field in &mut fields.named {
            let is_marked = field
                .attrs
                .iter()
                .any(|attribute| doc(attribute).is_some_and(|text| text.contains(MAY_BE_NULL)));
            if is_marked && let Some(name) = &field.ident {
                self.owners.insert(self.owner.clone());
                self.found.insert((self.owner.clone(), name.to_string()));
                three_values(field);
            } else if is_option_in_box(&field.ty) && may_lack(field) {
                // Of what a thing has of its own kind, typify would send that there is none.
                field.attrs.push(parse_quote! {
                    #[serde(skip_serializing_if = "::tokenturn_client::runtime::is_none_in_box")]
                });
            }
        }
        visit_mut::visit_fields_named_mut(self, fields);
    }

    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        if let Some(text) = doc(attribute).filter(|text| text.contains(MAY_BE_NULL)) {
            let text = text.replace(MAY_BE_NULL, "");
            *attribute = parse_quote!(#[doc = #text]);
        }
    }
}

/// The type of a field that holds what it is in, or nothing.
fn is_option_in_box(ty: &Type) -> bool {
    let inner = argument(ty, "Box").and_then(|ty| argument(ty, "Option"));
    inner.is_some()
}

/// Whether typify fills the field in. Without that, what is required and may be null is null where there is none.
fn may_lack(field: &Field) -> bool {
    let mut has_default = false;
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("serde")) {
        let _ = attribute.parse_nested_meta(|meta| {
            has_default |= meta.path.is_ident("default");
            if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<Lit>()?;
            }
            Ok(())
        });
    }
    has_default
}

fn doc(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn three_values(field: &mut Field) {
    Options.visit_type_mut(&mut field.ty);
    let rename = field.attrs.iter().filter(|a| a.path().is_ident("serde"));
    let mut renamed = None;
    for attribute in rename {
        // Of what typify says, only the name is still true.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.input.peek(syn::Token![=]) {
                let value: Lit = meta.value()?.parse()?;
                if meta.path.is_ident("rename") {
                    renamed = Some(value);
                }
            }
            Ok(())
        });
    }
    field
        .attrs
        .retain(|attribute| !attribute.path().is_ident("serde"));
    let rename = renamed.map(|name| quote!(rename = #name,));
    field.attrs.push(parse_quote! {
        #[serde(#rename default, skip_serializing_if = "::tokenturn_client::Field::is_absent")]
    });
}

/// Makes the outermost `Option` a `Field`.
struct Options;

impl VisitMut for Options {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        match path.segments.last() {
            Some(last) if last.ident == "Option" => {
                let arguments = last.arguments.to_token_stream();
                *path = parse_quote!(::tokenturn_client::Field #arguments);
            }
            _ => visit_mut::visit_path_mut(self, path),
        }
    }
}
