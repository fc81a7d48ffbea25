//! The types that the generated client uses, read from its code.

use std::collections::{HashMap, HashSet};

use proc_macro2::Ident;
use syn::{
    Fields, GenericArgument, ImplItem, Item, ItemStruct, PathArguments, ReturnType, Type,
    parse_quote,
};

use crate::adapt::wire_name;
use crate::operations::Operation;

/// What the builders of the operations take and give.
#[derive(Default)]
pub(crate) struct Shapes {
    arguments: HashMap<(String, String), Type>,
    optional: HashSet<(String, String)>,
    answers: HashMap<String, Type>,
    fields: HashMap<(String, String), (Ident, Type)>,
}

impl Shapes {
    /// Reads an item of the module of the builders.
    pub(crate) fn read(&mut self, item: &Item) {
        match item {
            Item::Struct(item) => self.read_fields(&item.ident.to_string(), &item.fields),
            Item::Impl(block) => {
                if let Type::Path(path) = &*block.self_ty
                    && let Some(name) = path.path.segments.last()
                {
                    self.read_send(&name.ident.to_string(), &block.items);
                }
            }
            _ => {}
        }
    }

    fn read_fields(&mut self, builder: &str, fields: &Fields) {
        for field in fields {
            if let Some(name) = &field.ident
                && let Some(ty) = argument(&field.ty, "Result")
            {
                let key = (builder.to_owned(), name.to_string());
                // A parameter may be left out; a body is there, and may be null.
                let ty = match argument(ty, "Option") {
                    Some(inner) if name != "body" => {
                        self.optional.insert(key.clone());
                        inner
                    }
                    _ => ty,
                };
                self.arguments.insert(key, without_builder(ty.clone()));
            }
        }
    }

    /// Reads a type.
    pub(crate) fn read_type(&mut self, item: &ItemStruct) {
        for field in &item.fields {
            if let Some(name) = &field.ident {
                let key = (item.ident.to_string(), wire_name(field));
                self.fields.insert(key, (name.clone(), field.ty.clone()));
            }
        }
    }

    /// What the setter of a type's field is called, and what it holds, by its name in JSON.
    pub(crate) fn field(&self, owner: &str, name: &str) -> Option<&(Ident, Type)> {
        self.fields.get(&(owner.to_owned(), name.to_owned()))
    }

    fn read_send(&mut self, builder: &str, items: &[ImplItem]) {
        for item in items {
            if let ImplItem::Fn(function) = item
                && function.sig.ident == "send"
                && let ReturnType::Type(_, ty) = &function.sig.output
                && let Some(ty) = argument(ty, "Result")
                && let Some(ty) = argument(ty, "ResponseValue")
            {
                self.answers.insert(builder.to_owned(), ty.clone());
            }
        }
    }

    /// What a parameter, or the body, is set with.
    pub(crate) fn argument(&self, operation: &Operation, name: &str) -> Option<&Type> {
        self.arguments
            .get(&(operation.type_name(), name.to_owned()))
    }

    /// Whether a parameter may be left out.
    pub(crate) fn is_optional(&self, operation: &Operation, name: &str) -> bool {
        let key = (operation.type_name(), name.to_owned());
        self.optional.contains(&key)
    }

    /// What `send` returns.
    pub(crate) fn answer(&self, operation: &Operation) -> Option<&Type> {
        self.answers.get(&operation.type_name())
    }
}

/// The first argument of a generic type with this name.
pub(crate) fn argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) if last.ident == name => {
            match arguments.args.first()? {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `types::builder::T` builds a `types::T`.
fn without_builder(ty: Type) -> Type {
    match &ty {
        Type::Path(path) if path.path.segments.iter().any(|s| s.ident == "builder") => {
            match path.path.segments.last() {
                Some(name) => parse_quote!(types::#name),
                None => ty,
            }
        }
        _ => ty,
    }
}
