//! The generation copy: the spec as progenitor can digest it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use quote::quote;
use serde_json::{Value, json};

use crate::spec::{Error, METHODS};

/// Runs progenitor on a copy of the spec from which all but the 2xx answers are removed.
///
/// progenitor has one error type per operation and panics where statuses differ. Without declared
/// errors it hands over every other answer whole, which is what the runtime wants.
pub(crate) fn run_progenitor(mut document: Value) -> Result<TokenStream, Error> {
    keep_success_responses(&mut document);
    let spec: OpenAPI = serde_json::from_value(document)
        .map_err(|e| Error::new(format!("not a valid OpenAPI 3.0 document: {e}")))?;

    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::Transport));
    for (format, ours) in [
        ("password", "crate::Secret"),
        ("date-time", "crate::Timestamp"),
        ("decimal", "crate::Amount"),
    ] {
        let schema = serde_json::from_value(json!({"type": "string", "format": format}))
            .map_err(|e| Error::new(e.to_string()))?;
        settings.with_conversion(schema, ours, std::iter::empty());
    }
    // progenitor panics on much of what it does not support.
    let result = catch_unwind(AssertUnwindSafe(|| {
        Generator::new(&settings).generate_tokens(&spec)
    }));
    match result {
        Ok(tokens) => tokens.map_err(|e| Error::new(e.to_string())),
        Err(panic) => Err(Error::new(format!(
            "progenitor does not support something in this spec: {}",
            message(&*panic)
        ))),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(message), _) => message,
        (_, Some(message)) => message,
        _ => "it does not say what",
    }
}

fn keep_success_responses(document: &mut Value) {
    let items = document
        .get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|paths| paths.values_mut());
    for item in items {
        for method in METHODS {
            let responses = item
                .get_mut(method)
                .and_then(|operation| operation.get_mut("responses"))
                .and_then(Value::as_object_mut);
            if let Some(responses) = responses {
                responses.retain(|status, _| status.starts_with('2'));
            }
        }
    }
}
