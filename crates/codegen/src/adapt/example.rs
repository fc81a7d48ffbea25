//! An example for each operation that compiles as it stands.

use quote::quote;
use syn::{Attribute, Fields, GenericArgument, PathArguments, Type};

use super::docs::doc;
use crate::operations::Operation;

/// The doc lines of an operation's example. There are none where no doc test could name the client.
pub(super) fn lines(operation: &Operation, fields: &Fields, path: &str) -> Vec<Attribute> {
    if !is_nameable(path) {
        return Vec::new();
    }
    let required = fields.iter().filter_map(|field| {
        let name = field.ident.as_ref()?.to_string();
        Some((name, value(&field.ty)?))
    });
    let required: Vec<(String, String)> = required.collect();
    let arguments = required.iter().map(|(name, ty)| format!(", {name}: {ty}"));
    let setters = required
        .iter()
        .map(|(name, _)| format!("\n    .{name}({name})"));
    let function = operation.method_name();
    let module = path.rsplit("::").next().unwrap_or(path);
    let needs_types = required.iter().any(|(_, ty)| ty.contains("types::"));
    let imports = if needs_types { "::{self, types}" } else { "" };
    let text = format!(
        "\n```no_run\n\
         # use {path}{imports};\n\
         # async fn example(client: {module}::Client{}) -> Result<(), Box<dyn std::error::Error>> {{\n\
         let answer = client\n    .{function}(){}\n    .send()\n    .await?;\n\
         println!(\"{{}}\", answer.status());\n\
         # Ok(())\n\
         # }}\n```",
        arguments.collect::<String>(),
        setters.collect::<String>(),
    );
    text.lines()
        .map(|line| match line {
            "" => line.to_owned(),
            line => format!(" {line}"),
        })
        .map(|line| doc(&line))
        .collect()
}

/// Whether a doc test can name what lies at a path.
pub(crate) fn is_nameable(path: &str) -> bool {
    !["crate", "self", "super"].contains(&path.split("::").next().unwrap_or(""))
}

/// The type that a required field is set with: `T` of `Result<T, String>`.
fn value(field: &Type) -> Option<String> {
    let Type::Path(path) = field else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let GenericArgument::Type(ty) = arguments.args.first()? else {
        return None;
    };
    let text = quote!(#ty).to_string().replace(' ', "");
    if last.ident != "Result" || text.starts_with("Option<") {
        return None;
    }
    let text = text.replace("types::builder::", "types::");
    let runtime = "::tokenturn_client::runtime::";
    let text = text.replace("::serde_json", &format!("{runtime}serde_json"));
    let text = if text.starts_with("reqwest") {
        format!("{runtime}{text}")
    } else {
        text
    };
    Some(
        text.replace("::std::string::String", "String")
            .replace("::std::vec::Vec", "Vec"),
    )
}
