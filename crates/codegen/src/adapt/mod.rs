//! Moves progenitor's output onto the runtime of `tokenturn-client`.
//!
//! progenitor-client prints whole bodies in its errors and forgets the status of an answer that it
//! cannot decode. The types and the builders are progenitor's; the client, what a builder sends and
//! what is made of the answer are ours.

mod about;
mod absence;
mod check;
mod choose;
mod display;
mod docs;
mod example;
mod order;
mod paths;
mod pieces;
mod send;
mod setters;
mod trim;

use std::collections::HashMap;

use absence::Marked;
pub(crate) use docs::{Docs, doc};
pub(crate) use example::is_nameable;
use order::Order;
pub(crate) use order::wire_name;
use paths::Shorten;
use pieces::{Kind, Module, split};
use proc_macro2::{Span, TokenStream};
use quote::format_ident;
use serde_json::Value;
use setters::{Block, Printed};
use syn::visit_mut::VisitMut;
use syn::{Attribute, Fields, File, ImplItem, Item, ItemImpl, ItemMod, parse_quote, parse2};
use trim::Bodies;

use crate::choices::Choice;
use crate::mocks::shapes::Shapes;
use crate::operations::Operation;
use crate::{enums, print, table};

/// What is wrong with progenitor's output.
pub(crate) struct Problem {
    /// The type that it is about, if it is about one.
    pub(crate) name: String,
    pub(crate) words: String,
    /// Whether the client has any JSON value in its place.
    pub(crate) is_mended: bool,
}

/// A client, and what has to be known of it to write its mocks and tests.
pub(crate) struct Client {
    pub(crate) source: String,
    pub(crate) shapes: Shapes,
}

/// Makes a client of progenitor's output and of what it lacks, and tells of what it is not as described.
pub(crate) fn adapt(
    client: TokenStream,
    document: &Value,
    choices: &[Choice],
    operations: &[Operation],
    path: &str,
) -> Result<(Client, Vec<Problem>), Vec<Problem>> {
    let broken = |error: syn::Error| {
        vec![Problem {
            name: String::new(),
            words: error.to_string(),
            is_mended: false,
        }]
    };
    let [mut types, builder] = modules(client).map_err(broken)?;
    let problems = check::problems(&mut types.pieces);
    if problems.iter().any(|problem| !problem.is_mended) {
        return Err(problems);
    }
    let pieces = types.pieces.iter().chain(&builder.pieces);
    let own = pieces.filter(|piece| matches!(piece.kind, Kind::Struct | Kind::Enum));
    let writer = Writer {
        document,
        choices,
        operations,
        path,
        shorten: Shorten::beside(&own.map(|piece| &*piece.name).collect()),
    };
    let client = writer.client(types, builder).map_err(broken)?;
    Ok((client, problems))
}

/// The modules `types` and `builder`.
fn modules(client: TokenStream) -> syn::Result<[Module; 2]> {
    let mut found = [None, None];
    for piece in split(client) {
        match (&piece.kind, &*piece.name) {
            (Kind::Mod, "types") => found[0] = Some(piece.module()?),
            (Kind::Mod, "builder") => found[1] = Some(piece.module()?),
            _ => {}
        }
    }
    let [Some(types), Some(builder)] = found else {
        let words = "progenitor makes no types or no builders";
        return Err(syn::Error::new(Span::call_site(), words));
    };
    Ok([types, builder])
}

/// Writes the parts of a client, item by item.
struct Writer<'a> {
    document: &'a Value,
    choices: &'a [Choice],
    operations: &'a [Operation],
    path: &'a str,
    shorten: Shorten,
}

impl Writer<'_> {
    fn client(self, types: Module, builder: Module) -> syn::Result<Client> {
        let mut found = Found::default();
        let builder = self.builder(builder, &mut found)?;
        let mut source = self.print(structure(self.document), 0);
        source.push_str(&self.methods(found.examples));
        source.push_str(&self.print(table::table(self.operations), 0));
        source.push_str(&self.types(types, found.bodies, &mut found.shapes)?);
        source.push_str(&self.enums(enums::errors(self.operations))?);
        source.push_str(&self.enums(enums::answers(self.operations))?);
        source.push_str(&builder);
        let shapes = found.shapes;
        Ok(Client { source, shapes })
    }

    /// The source of an item in so many modules.
    fn print(&self, mut item: Item, depth: usize) -> String {
        self.finish(&mut item);
        print::nested(item, depth)
    }

    /// The source of what is in a block, itself in so many modules.
    fn members(&self, block: ItemImpl, depth: usize) -> String {
        let mut block = Item::Impl(block);
        self.finish(&mut block);
        match block {
            Item::Impl(block) => print::members(block.items, depth),
            _ => String::new(),
        }
    }

    /// The last changes to an item.
    fn finish(&self, item: &mut Item) {
        (&self.shorten).visit_item_mut(item);
        Docs.visit_item_mut(item);
    }

    /// The source of a module with these lines in it.
    fn module(&self, module: ItemMod, depth: usize, lines: &str) -> String {
        let mut module = Item::Mod(module);
        self.finish(&mut module);
        print::filled(module, depth, lines)
    }

    /// The builders of the operations.
    fn builder(&self, module: Module, found: &mut Found) -> syn::Result<String> {
        let names = order::operations(self.operations);
        let operation = |name: &String| names.get(name).map(|index| &self.operations[*index]);
        found.examples.resize(self.operations.len(), Vec::new());
        let mut lines = [parent(), runtime()]
            .map(|item| self.print(item, 1))
            .concat();
        let mut printed = Printed::default();
        // They are dropped together: in the holes that each would leave, finding memory takes long.
        let groups = order::groups(module.pieces, &names);
        for group in &groups {
            let arguments = group
                .name
                .as_ref()
                .and_then(operation)
                .map(order::arguments);
            for piece in group.pieces.iter().filter(|piece| piece.kind != Kind::Use) {
                if let (Kind::Impl(None), Some(arguments), Some(index)) =
                    (&piece.kind, &arguments, names.get(&piece.name))
                {
                    let mut order = Order(arguments);
                    let (operation, index) = (&self.operations[*index], *index);
                    let mut block = Block::of(piece)?;
                    order.setters(&mut block.setters);
                    found.bodies.read_block(&block.rest);
                    order.visit_item_impl_mut(&mut block.rest);
                    send::rewrite(&mut block.rest, operation, index);
                    let mut head = Item::Impl(block.rest);
                    self.finish(&mut head);
                    found.shapes.read(&head);
                    let Item::Impl(mut head) = head else { continue };
                    // What is known of the operation, and `new`, come before the setters, and `send` after them.
                    let mut items = std::mem::take(&mut head.items);
                    let send = items.split_off(items.len().saturating_sub(1));
                    let mut inner = print::members(items, 1);
                    for setter in &block.setters {
                        let bodies = &mut found.bodies;
                        inner.push_str(printed.source(setter, |block| {
                            bodies.read_block(&block);
                            self.members(block, 1)
                        })?);
                    }
                    inner.push_str(&print::members(send, 1));
                    lines.push_str(&print::filled(Item::Impl(head), 1, &inner));
                    continue;
                }
                let mut item = parse2(piece.tokens.clone())?;
                found.bodies.read(&item);
                if let Some(arguments) = &arguments {
                    Order(arguments).visit_item_mut(&mut item);
                }
                if let (Some(index), Item::Struct(item)) = (names.get(&piece.name), &item) {
                    let operation = &self.operations[*index];
                    found.examples[*index] = example::lines(operation, &item.fields, self.path);
                }
                self.finish(&mut item);
                found.shapes.read(&item);
                lines.push_str(&print::nested(item, 1));
            }
        }
        Ok(self.module(opened(module.head), 0, &lines))
    }

    fn types(
        &self,
        mut module: Module,
        bodies: Bodies,
        shapes: &mut Shapes,
    ) -> syn::Result<String> {
        let sent = trim::sent(&module.pieces, bodies);
        trim::types(&mut module.pieces, &sent.bodies);
        let shown = display::shown(&module.pieces);
        let properties = order::properties(self.document);
        let names = order::schemas(self.document);
        let mut marked = Marked::default();
        let mut fields = HashMap::new();
        let mut lines = [parent(), runtime()]
            .map(|item| self.print(item, 1))
            .concat();
        let mut groups = order::groups(module.pieces, &names);
        for piece in groups.iter_mut().flat_map(|group| &mut group.pieces) {
            match (&piece.kind, &*piece.name) {
                (Kind::Use, _) => continue,
                // It comes after all types.
                (Kind::Mod, "builder") => {
                    let mut module = piece.take().module()?;
                    trim::builders(&mut module.pieces, &sent.bodies);
                    lines.push_str(&self.type_builders(module, &names, &fields, &marked)?);
                    continue;
                }
                _ => {}
            }
            let mut item = parse2(piece.tokens.clone())?;
            let mut choice = None;
            if let Item::Struct(_) | Item::Enum(_) = item {
                choice = choose::unmark(&mut item).and_then(|number| self.choices.get(number));
                marked.fields(&mut item);
            }
            let more = match &mut item {
                Item::Struct(item) => {
                    shapes.read_type(item);
                    if let Some(order) = order::fields(item, &properties) {
                        fields.insert(piece.name.clone(), order);
                    }
                    if !sent.contains(&piece.name) && matches!(item.fields, Fields::Named(_)) {
                        // Users read it, so a new field breaks nobody.
                        item.attrs.push(parse_quote!(#[non_exhaustive]));
                    }
                    display::scalar(item, &shown)
                }
                Item::Enum(item) => choice.and_then(|choice| choose::decode(item, choice)),
                Item::Mod(module) if module.ident == "defaults" => {
                    // What does not fit into its type is left out before.
                    let allow = parse_quote!(#[allow(clippy::unwrap_used)]);
                    module.attrs.push(allow);
                    None
                }
                _ => None,
            };
            for item in [Some(item), more].into_iter().flatten() {
                lines.push_str(&self.print(item, 1));
            }
        }
        Ok(self.module(opened(module.head), 0, &lines))
    }

    /// The builders of the types.
    fn type_builders(
        &self,
        module: Module,
        names: &HashMap<String, usize>,
        fields: &HashMap<String, Vec<String>>,
        marked: &Marked,
    ) -> syn::Result<String> {
        let mut lines = self.print(runtime(), 2);
        let mut printed = Printed::default();
        let groups = order::groups(module.pieces, names);
        for group in &groups {
            let order = group.name.as_ref().and_then(|name| fields.get(name));
            for piece in &group.pieces {
                if piece.kind == Kind::Impl(None) && !marked.is_any_of(&piece.name) {
                    let mut block = Block::of(piece)?;
                    if let Some(order) = order {
                        Order(order).setters(&mut block.setters);
                    }
                    let mut head = Item::Impl(block.rest);
                    self.finish(&mut head);
                    let Item::Impl(mut head) = head else { continue };
                    let mut inner = print::members(std::mem::take(&mut head.items), 2);
                    for setter in &block.setters {
                        let print = |block| self.members(block, 2);
                        inner.push_str(printed.source(setter, print)?);
                    }
                    lines.push_str(&print::filled(Item::Impl(head), 2, &inner));
                    continue;
                }
                let mut item = parse2(piece.tokens.clone())?;
                marked.builder(&mut item);
                if let Some(order) = order {
                    Order(order).visit_item_mut(&mut item);
                }
                lines.push_str(&self.print(item, 2));
            }
        }
        Ok(self.module(module.head, 1, &lines))
    }

    /// The source of a module of enums. None, if it has none.
    fn enums(
        &self,
        (module, enums): (ItemMod, impl Iterator<Item = TokenStream>),
    ) -> syn::Result<String> {
        let mut lines = String::new();
        for tokens in enums {
            for item in parse2::<File>(tokens)?.items {
                lines.push_str(&self.print(item, 1));
            }
        }
        if lines.is_empty() {
            return Ok(lines);
        }
        let mut module = module;
        let imports = module
            .content
            .iter_mut()
            .flat_map(|(_, items)| items.drain(..));
        let imports: String = imports.map(|item| self.print(item, 1)).collect();
        Ok(self.module(module, 0, &format!("{imports}{lines}")))
    }

    /// The methods of the client, each with its example at the end of its docs.
    fn methods(&self, examples: Vec<Vec<Attribute>>) -> String {
        let mut lines = print::within(self.finished(constructor()), 1);
        for (operation, example) in self.operations.iter().zip(examples) {
            let mut block = self.finished(method(operation));
            // Unlike what the spec shows, it is Rust.
            if let Item::Impl(block) = &mut block
                && let Some(ImplItem::Fn(function)) = block.items.first_mut()
            {
                function.attrs.extend(example);
            }
            lines.push_str(&print::within(block, 1));
        }
        print::filled(parse_quote!(impl Client {}), 0, &lines)
    }

    fn finished(&self, mut item: Item) -> Item {
        self.finish(&mut item);
        item
    }
}

/// What is found in the builders of the operations.
#[derive(Default)]
struct Found {
    bodies: Bodies,
    shapes: Shapes,
    examples: Vec<Vec<Attribute>>,
}

/// Lets clippy look at the items of a module.
fn opened(mut module: ItemMod) -> ItemMod {
    // typify writes out what could be derived; progenitor silences all of clippy.
    let is_allow = |attribute: &Attribute| attribute.path().is_ident("allow");
    for attribute in module.attrs.iter_mut().filter(|a| is_allow(a)) {
        *attribute = parse_quote!(#[allow(clippy::derivable_impls, non_camel_case_types)]);
    }
    module
}

fn parent() -> Item {
    parse_quote! {
        #[allow(unused_imports)]
        use super::*;
    }
}

fn runtime() -> Item {
    parse_quote! {
        #[allow(unused_imports)]
        use ::tokenturn_client::runtime::{
            self, RequestBuilderExt as _, reqwest, serde, serde_json,
        };
    }
}

fn structure(document: &Value) -> Item {
    let text = |key: &str| {
        let value = document.get("info").and_then(|info| info.get(key));
        value.and_then(Value::as_str).unwrap_or_default().trim()
    };
    let title = format!("{} {}", text("title"), text("version"));
    let description = text("description");
    parse_quote! {
        #[doc = #title]
        ///
        #[doc = #description]
        #[derive(Clone, Debug)]
        pub struct Client {
            transport: ::tokenturn_client::Transport,
        }
    }
}

fn constructor() -> Item {
    parse_quote! {
        impl Client {
            /// A client that sends through `transport`, which knows the base URL.
            pub fn new(transport: ::tokenturn_client::Transport) -> Self {
                Self { transport }
            }

            /// What sends the requests.
            pub fn transport(&self) -> &::tokenturn_client::Transport {
                &self.transport
            }
        }
    }
}

fn method(operation: &Operation) -> Item {
    let function = format_ident!("{}", operation.method_name());
    let builder = format_ident!("{}", operation.type_name());
    let docs = about::about(operation);
    parse_quote! {
        impl Client {
            #[doc = #docs]
            pub fn #function(&self) -> builder::#builder<'_> {
                builder::#builder::new(self)
            }
        }
    }
}
