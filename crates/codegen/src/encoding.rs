//! How the properties of forms and multipart bodies are encoded, where the spec says so.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value};

use crate::operations::Body;
use crate::prepare::{Writing, is_media_type};

/// The name of the variant of the runtime's `Style` that an encoding asks for. A list that it says
/// nothing of is a pair for each item.
pub(crate) fn style(encoding: &Value) -> Option<&'static str> {
    let style = encoding.get("style").and_then(Value::as_str);
    let explode = encoding.get("explode").and_then(Value::as_bool);
    match (style, explode) {
        (Some("deepObject"), _) => Some("Deep"),
        (None | Some("form"), Some(false)) => Some("Form"),
        (Some("spaceDelimited"), None | Some(false)) => Some("Space"),
        (Some("pipeDelimited"), None | Some(false)) => Some("Pipe"),
        _ => None,
    }
}

/// The media type of a part, if it is one.
pub(crate) fn media_type(encoding: &Value) -> Option<&str> {
    let media = encoding.get("contentType")?.as_str()?.trim();
    (is_media_type(media) && !media.contains(['*', ','])).then_some(media)
}

/// What the runtime needs to know of the properties: pairs of a name and a style, or a media type.
pub(crate) fn table(body: &Body, style_path: &TokenStream) -> Vec<TokenStream> {
    let encoding = body.encoding.as_object().into_iter().flat_map(Map::iter);
    let pairs = encoding.filter_map(|(name, encoding)| {
        let value = match body.writing {
            Writing::Multipart => media_type(encoding).map(|media| quote!(#media)),
            _ => style(encoding).map(|style| {
                let style = format_ident!("{style}");
                quote!(#style_path::#style)
            }),
        };
        value.map(|value| quote!((#name, #value)))
    });
    pairs.collect()
}
