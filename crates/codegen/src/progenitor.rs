//! Runs progenitor.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, InterfaceStyle};
use schemars::schema::SchemaObject;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::aliases::Aliases;
use crate::merges;
use crate::names::pascal;
use crate::prepare::{FILE, change_paths, is_object, operations_mut};
use crate::tree::unescaped;

/// The formats that have a type of their own, and the type beside which they have it.
pub(crate) const CONVERSIONS: [(&str, &str, &str); 5] = [
    ("string", "password", "::tokenturn_client::Secret"),
    ("string", "date-time", "::tokenturn_client::Timestamp"),
    ("string", "decimal", "::tokenturn_client::Amount"),
    ("string", FILE, "::tokenturn_client::FilePart"),
    ("integer", "seconds", "::tokenturn_client::Seconds"),
];

/// The client that progenitor makes of a generation copy, or its own words about why not.
pub(crate) fn run(mut document: Value) -> Result<TokenStream, String> {
    if !merges::end(&document) {
        return Err("there is no end to what its parts and alternatives say together".into());
    }
    let aliases = Aliases::give(&mut document);
    let mut settings = GenerationSettings::default();
    settings.with_interface(InterfaceStyle::Builder);
    let structs = structs(&mut document);
    let structs = structs
        .iter()
        .map(|ty| ("string", ty.as_str(), ty.as_str()));
    let spec = OpenAPI::deserialize(&document).map_err(|e| e.to_string())?;
    drop(document);
    for (kind, format, ours) in CONVERSIONS.into_iter().chain(structs) {
        // The second is what typify makes of the first when it merges it with another string.
        for kind in [json!(kind), json!([kind])] {
            let mut schema: SchemaObject =
                serde_json::from_value(json!({"type": kind, "format": format}))
                    .map_err(|e| e.to_string())?;
            settings.with_conversion(schema.clone(), ours, std::iter::empty());
            schema.string = Some(Default::default());
            settings.with_conversion(schema, ours, std::iter::empty());
        }
        // What it makes of a property and what another part says of all properties.
        let one = json!({"type": kind, "format": format});
        let both: SchemaObject =
            serde_json::from_value(json!({"allOf": [one, one]})).map_err(|e| e.to_string())?;
        settings.with_conversion(both, ours, std::iter::empty());
    }
    // The lint finds what progenitor is known to panic on; this is for the rest.
    let result = quietly(|| Generator::new(&settings).generate_tokens(&spec));
    drop(spec);
    match result {
        Ok(Ok(tokens)) => Ok(aliases.take_back(tokens)),
        Ok(Err(error)) => Err(aliases.words(&error.to_string())),
        Err(panic) => Err(aliases.words(&message(&*panic))),
    }
}

/// Takes the structs out of the parameters: progenitor takes none, unless it does not know what it
/// is. Gives their types.
fn structs(document: &mut Value) -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    change_paths(document, |paths, document| {
        for (_, operation) in operations_mut(paths) {
            let parameters = operation
                .get_mut("parameters")
                .and_then(Value::as_array_mut);
            let parameters = parameters.into_iter().flatten();
            for schema in parameters.filter_map(|parameter| parameter.get_mut("schema")) {
                let name = schema.get("$ref").and_then(Value::as_str);
                let name = name.and_then(|target| target.strip_prefix("#/components/schemas/"));
                if let Some(name) = name.map(unescaped)
                    && is_object(document, schema)
                {
                    let ty = format!("types::{}", pascal(&name));
                    *schema = json!({"type": "string", "format": ty});
                    types.insert(ty);
                }
            }
        }
    });
    types
}

/// Runs what may panic, without a word on standard error.
fn quietly<T>(run: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    thread_local! {
        static QUIET: Cell<bool> = const { Cell::new(false) };
    }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                previous(info);
            }
        }));
    });
    QUIET.set(true);
    let result = catch_unwind(AssertUnwindSafe(run));
    QUIET.set(false);
    result
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(message), _) => message,
        (_, Some(message)) => *message,
        _ => "it does not say what",
    };
    // A whole schema may follow.
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(200).collect()
}
