//! The types that the generated client uses, read from its code.

use std::collections::HashMap;

use syn::{
    Fields, File, GenericArgument, ImplItem, Item, ItemMod, PathArguments, ReturnType, Type,
    parse_quote,
};

use crate::operations::Operation;

/// What the builders of the operations take and give.
pub(crate) struct Shapes {
    arguments: HashMap<(String, String), Type>,
    answers: HashMap<String, Type>,
}

impl Shapes {
    pub(crate) fn of(client: &File) -> Self {
        let mut shapes = Self {
            arguments: HashMap::new(),
            answers: HashMap::new(),
        };
        let module = client.items.iter().find_map(|item| match item {
            Item::Mod(ItemMod { ident, content, .. }) if ident == "builder" => content.as_ref(),
            _ => None,
        });
        for item in module.into_iter().flat_map(|(_, items)| items) {
            match item {
                Item::Struct(item) => shapes.read_fields(&item.ident.to_string(), &item.fields),
                Item::Impl(block) => {
                    if let Type::Path(path) = &*block.self_ty
                        && let Some(name) = path.path.segments.last()
                    {
                        shapes.read_send(&name.ident.to_string(), &block.items);
                    }
                }
                _ => {}
            }
        }
        shapes
    }

    fn read_fields(&mut self, builder: &str, fields: &Fields) {
        for field in fields {
            if let Some(name) = &field.ident
                && let Some(ty) = argument(&field.ty, "Result")
            {
                // A parameter may be left out; a body is there, and may be null.
                let ty = match argument(&ty, "Option") {
                    Some(inner) if name != "body" => inner,
                    _ => ty,
                };
                let key = (builder.to_owned(), name.to_string());
                self.arguments.insert(key, without_builder(ty));
            }
        }
    }

    fn read_send(&mut self, builder: &str, items: &[ImplItem]) {
        for item in items {
            if let ImplItem::Fn(function) = item
                && function.sig.ident == "send"
                && let ReturnType::Type(_, ty) = &function.sig.output
                && let Some(ty) = argument(ty, "Result")
                && let Some(ty) = argument(&ty, "ResponseValue")
            {
                self.answers.insert(builder.to_owned(), ty);
            }
        }
    }

    /// What a parameter, or the body, is set with.
    pub(crate) fn argument(&self, operation: &Operation, name: &str) -> Option<&Type> {
        self.arguments
            .get(&(operation.type_name(), name.to_owned()))
    }

    /// What `send` returns.
    pub(crate) fn answer(&self, operation: &Operation) -> Option<&Type> {
        self.answers.get(&operation.type_name())
    }
}

/// The first argument of a generic type with this name.
fn argument(ty: &Type, name: &str) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) if last.ident == name => {
            match arguments.args.first()? {
                GenericArgument::Type(ty) => Some(ty.clone()),
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
