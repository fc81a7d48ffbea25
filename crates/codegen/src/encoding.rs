//! How the properties of forms and multipart bodies are encoded, where the spec says so.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value};

use crate::operations::Body;
use crate::prepare::{Writing, is_json, is_media_type, is_style, meant};

/// The name of the variant of the runtime's `Style` that an encoding asks for. A list that it says
/// nothing of is a pair for each item. Where it says a style, a media type is ignored (3.1, "Encoding
/// Object").
fn style(encoding: &Value) -> Option<&'static str> {
    let says_style = ["style", "explode", "allowReserved"];
    if !says_style.iter().any(|key| encoding.get(key).is_some()) {
        return media_type(encoding)
            .filter(|media| is_json(media))
            .map(|_| "Json");
    }
    let (style, styled) = meant("query", encoding);
    match style {
        "deepObject" => Some("Deep"),
        style => (is_style("query", style) && !styled.explode).then_some(styled.style),
    }
}

/// The media type of a part, if it is one.
pub(crate) fn media_type(encoding: &Value) -> Option<&str> {
    let media = encoding.get("contentType")?.as_str()?.trim();
    (is_media_type(media) && !media.contains(['*', ','])).then_some(media)
}

/// Whether the items of a list stand between spaces or bars, which they cannot have in them.
pub(crate) fn is_delimited(body: &Body) -> bool {
    let encoding = body.encoding.as_object().into_iter().flat_map(Map::values);
    let mut styles = encoding.filter_map(style);
    body.writing == Writing::Form && styles.any(|style| matches!(style, "Space" | "Pipe"))
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
