//! How parameters are written. progenitor knows two of the styles: what a value shows, in a path or
//! a header, and `name=value`, in a query.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value, json};

use super::converted::is_secret;
use super::parameters::{ARGUMENT, key};
use super::references::add_schemas;
use super::{change_paths, operations_mut};
use crate::flat::Flat;
use crate::names::pascal;

/// The style of a parameter whose `content` is JSON.
pub(super) const JSON: &str = "json";

/// Whether OpenAPI has this style in this place.
pub(crate) fn is_style(place: &str, style: &str) -> bool {
    match place {
        "path" => ["simple", "label", "matrix"].contains(&style),
        "query" => ["form", "spaceDelimited", "pipeDelimited", "deepObject"].contains(&style),
        "cookie" => style == "form",
        _ => style == "simple",
    }
}

/// The style of what says none.
pub(crate) fn usual_style(place: &str) -> &'static str {
    match place {
        "query" | "cookie" => "form",
        _ => "simple",
    }
}

/// The style that is meant, with the name of its variant of the runtime's `Style`, and whether it explodes:
/// of a parameter, or of a property of a form, which is written like a query.
pub(crate) fn meant<'a>(place: &str, said: &'a Value) -> (&'a str, Styled) {
    let style = said.get("style").and_then(Value::as_str);
    let style = style.unwrap_or(usual_style(place));
    let explode = said.get("explode").and_then(Value::as_bool);
    let explode = explode.unwrap_or(style == "form");
    let variant = match style {
        "label" => "Label",
        "matrix" => "Matrix",
        "form" => "Form",
        "spaceDelimited" => "Space",
        "pipeDelimited" => "Pipe",
        "deepObject" => "Deep",
        JSON => "Json",
        _ => "Simple",
    };
    let styled = Styled {
        style: variant,
        explode,
    };
    (style, styled)
}

/// How a parameter is written that progenitor would not write rightly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Styled {
    /// The name of a variant of the runtime's `Style`.
    pub(crate) style: &'static str,
    pub(crate) explode: bool,
}

impl Styled {
    /// The last arguments of the runtime's functions.
    pub(crate) fn arguments(self) -> TokenStream {
        let style = format_ident!("{}", self.style);
        let explode = self.explode;
        quote!(, runtime::Style::#style, #explode)
    }
}

/// None for what is written as it is shown, and for a query of `name=value` pairs.
pub(crate) fn styled(document: &Value, parameter: &Value) -> Option<Styled> {
    let (place, _) = key(parameter);
    let (style, styled) = meant(place, parameter);
    let schema = &parameter["schema"];
    let is_plain = match place {
        "query" if style == "form" && styled.explode => true,
        "query" => style != JSON && is_scalar(document, schema),
        "cookie" => false,
        _ => style == "simple" && is_scalar(document, schema) && !is_secret(schema),
    };
    (!is_plain).then_some(styled)
}

fn is_scalar(document: &Value, schema: &Value) -> bool {
    let flat = Flat::of(document, schema);
    let kind = flat.kind();
    flat.choices.is_empty() && matches!(kind, Some("string" | "integer" | "number" | "boolean"))
}

/// Makes components of objects: of another one, progenitor makes no parameter.
pub(super) fn name_objects(document: &mut Value) {
    let schemas = document.pointer("/components/schemas");
    let schemas = schemas.and_then(Value::as_object).into_iter().flatten();
    let taken: HashSet<String> = schemas.map(|(name, _)| pascal(name)).collect();
    let mut named = Vec::new();
    change_paths(document, |paths, document| {
        for (_, operation) in operations_mut(paths) {
            let id = operation.get("operationId").and_then(Value::as_str);
            let id = id.unwrap_or_default().to_owned();
            let parameters = operation
                .get_mut("parameters")
                .and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten() {
                let argument = parameter.get(ARGUMENT).unwrap_or(&parameter["name"]);
                let argument = argument.as_str().unwrap_or_default();
                let name = format!("{id}-{argument}");
                let Some(schema) = parameter.get_mut("schema") else {
                    continue;
                };
                if schema.get("$ref").is_some() || !is_object(document, schema) {
                    continue;
                }
                let mut name = pascal(&name);
                while taken.contains(&name) {
                    name.push_str("Parameter");
                }
                let reference = json!({"$ref": format!("#/components/schemas/{name}")});
                named.push((name, std::mem::replace(schema, reference)));
            }
        }
    });
    add_schemas(document, named);
}

/// Whether it becomes a struct. A map does not.
pub(crate) fn is_object(document: &Value, schema: &Value) -> bool {
    let flat = Flat::of(document, schema);
    let is_map = flat.get("properties").is_none()
        && flat.choices.is_empty()
        && flat.get("additionalProperties") != Some(&json!(false));
    flat.kind() == Some("object") && !is_map
}

/// Tells progenitor of a parameter that we write: it knows how to take any value of a query.
pub(super) fn reduce(document: &Value, operation: &mut Map<String, Value>) {
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let is_plain = styled(document, parameter).is_none() || parameter["in"] == "path";
        let Some(fields) = parameter.as_object_mut() else {
            continue;
        };
        fields.shift_remove("style");
        fields.shift_remove("explode");
        if !is_plain {
            fields.insert("in".into(), json!("query"));
        }
    }
}
