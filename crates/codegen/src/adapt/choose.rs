//! Decodes a choice as what the document means, and not as the first that can be read.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Expr, ExprLit, Field, Fields, Item, ItemEnum, ItemImpl, Lit, Meta, Variant,
    parse_quote,
};

use crate::choices::{Alternative, Choice, KINDS};
use crate::prepare::MARK;

/// Takes the marks out of the docs of an item. Gives the number of the choice that it comes of, if it is a type.
pub(super) fn unmark(item: &mut Item) -> Option<usize> {
    let mut marks = Marks::default();
    marks.visit_item_mut(item);
    marks.found
}

#[derive(Default)]
struct Marks {
    last: Option<usize>,
    found: Option<usize>,
}

impl VisitMut for Marks {
    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        let Meta::NameValue(meta) = &mut attribute.meta else {
            return;
        };
        if let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &mut meta.value
            && text.value().contains(MARK)
        {
            let words = text.value();
            let mut parts = words.splitn(3, MARK);
            let (before, number) = (parts.next(), parts.next());
            self.last = number.and_then(|number| number.parse().ok());
            let rest = [before, parts.next()].into_iter().flatten();
            *text = syn::LitStr::new(&rest.collect::<String>(), text.span());
        }
    }

    fn visit_item_enum_mut(&mut self, item: &mut ItemEnum) {
        self.last = None;
        item.attrs
            .iter_mut()
            .for_each(|attribute| self.visit_attribute_mut(attribute));
        self.found = self.last.take();
        visit_mut::visit_item_enum_mut(self, item);
    }
}

/// Gives the enum of a choice a `Deserialize` of its own, where serde's could take one object for another.
pub(super) fn decode(item: &mut ItemEnum, choice: &Choice) -> Option<Item> {
    let is_it = is_untagged(item)
        && item.variants.len() == choice.alternatives.len()
        && choice.needs_care();
    let block = is_it.then(|| deserialize(item, choice));
    block.flatten().map(Item::Impl)
}

fn is_untagged(item: &ItemEnum) -> bool {
    let mut serde = item.attrs.iter().filter(|a| a.path().is_ident("serde"));
    serde.any(|attribute| {
        let mut found = false;
        // What else stands there does not matter here.
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident("untagged");
            Ok(())
        });
        found
    })
}

impl Choice {
    /// Whether several of its alternatives are objects. A list can be read as one, too.
    fn needs_care(&self) -> bool {
        let can_be = |one: &&Alternative| {
            one.kinds.is_empty() || one.kinds.contains("object") || one.kinds.contains("array")
        };
        self.alternatives.iter().filter(can_be).count() > 1
    }
}

fn deserialize(item: &mut ItemEnum, choice: &Choice) -> Option<ItemImpl> {
    for attribute in &mut item.attrs {
        if attribute.path().is_ident("derive") {
            drop_deserialize(attribute)?;
        }
    }
    let name = &item.ident;
    let plan = plan(choice);
    let arms = item.variants.iter().enumerate();
    let arms = arms.map(|(index, variant)| {
        let read = read(variant);
        quote!(#index => #read,)
    });
    let none = format!("this is nothing that {name} can be");
    Some(parse_quote! {
        impl<'de> serde::Deserialize<'de> for #name {
            fn deserialize<De_: serde::Deserializer<'de>>(deserializer: De_) -> ::std::result::Result<Self, De_::Error> {
                const CHOICE: runtime::Choice = #plan;
                let value = serde_json::Value::deserialize(deserializer)?;
                CHOICE.read(&value, |index| match index {
                    #(#arms)*
                    _ => None,
                }).ok_or_else(|| serde::de::Error::custom(#none))
            }
        }
    })
}

fn drop_deserialize(attribute: &mut Attribute) -> Option<()> {
    let mut kept: Vec<syn::Path> = Vec::new();
    attribute
        .parse_nested_meta(|meta| {
            let is_it = meta
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == "Deserialize");
            kept.extend((!is_it).then_some(meta.path));
            Ok(())
        })
        .ok()?;
    *attribute = parse_quote!(#[derive(#(#kept),*)]);
    Some(())
}

/// Reads one variant of `value`.
fn read(variant: &Variant) -> TokenStream {
    let name = &variant.ident;
    match &variant.fields {
        Fields::Unnamed(_) => quote!(serde::Deserialize::deserialize(&value).ok().map(Self::#name)),
        Fields::Named(fields) => {
            let names: Vec<_> = fields.named.iter().map(|field| &field.ident).collect();
            let fields = fields.named.iter().map(|field| Field {
                vis: syn::Visibility::Inherited,
                ..field.clone()
            });
            quote! {{
                #[derive(serde::Deserialize)]
                struct Variant_ { #(#fields),* }
                let read: ::std::option::Option<Variant_> = serde::Deserialize::deserialize(&value).ok();
                read.map(|read| Self::#name { #(#names: read.#names),* })
            }}
        }
        Fields::Unit => quote!(value.is_null().then_some(Self::#name)),
    }
}

/// What the runtime has to know.
fn plan(choice: &Choice) -> TokenStream {
    let tag = match &choice.tag {
        Some((property, tags)) => {
            let tags = tags.iter().map(|(value, index)| quote!((#value, #index)));
            quote!(Some((#property, &[#(#tags),*])))
        }
        None => quote!(None),
    };
    let alternatives = choice.alternatives.iter().map(alternative);
    quote!(runtime::Choice { tag: #tag, alternatives: &[#(#alternatives),*] })
}

fn alternative(one: &Alternative) -> TokenStream {
    let kinds = KINDS.iter().filter(|kind| one.kinds.contains(**kind));
    let (required, known) = (one.required.iter(), one.known.iter());
    let (is_closed, is_map) = (one.is_closed, one.is_map);
    let values = one.values.iter().map(|(name, values)| {
        let values = values.iter().map(Value::to_string);
        quote!((#name, &[#(#values),*]))
    });
    let items = match &one.items {
        Some(items) => {
            let items = alternative(items);
            quote!(Some(&#items))
        }
        None => quote!(None),
    };
    quote! {
        runtime::Alternative {
            kinds: &[#(#kinds),*],
            required: &[#(#required),*],
            known: &[#(#known),*],
            values: &[#(#values),*],
            is_closed: #is_closed,
            is_map: #is_map,
            items: #items,
        }
    }
}
