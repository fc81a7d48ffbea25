//! Names that the generated code needs for itself. What a spec calls so has a `_` at its end.
//!
//! No other name ends like that, but for keywords: so no name becomes another one's.

use crate::names::{pascal, snake};

/// What the generated code means by these names is not what a type of the spec would be.
const TYPES: [&str; 10] = [
    "Box", "Default", "Err", "None", "Ok", "Option", "Result", "Some", "String", "Vec",
];

/// The same of operations, whose types stand beside other code.
const OPERATIONS: [&str; 2] = ["Client", "From"];

/// The methods of a client and of a server of mocks.
const METHODS: [&str; 9] = [
    "base_url",
    "clone",
    "into",
    "mock",
    "new",
    "operation",
    "transport",
    "try_into",
    "verify",
];

/// The methods of an operation's builder, and what its code works with.
const ARGUMENTS: [&str; 8] = [
    "body",
    "body_map",
    "client",
    "encode_path",
    "header_map",
    "new",
    "request",
    "send",
];

/// The type that a component schema becomes.
pub(crate) fn schema_type(name: &str) -> String {
    marked(pascal(name), &TYPES)
}

/// The builder, and the enums, of an operation.
pub(crate) fn operation_type(id: &str) -> String {
    let name = marked(pascal(id), &TYPES);
    marked(name, &OPERATIONS)
}

/// The client's method for an operation.
pub(crate) fn method(id: &str) -> String {
    marked(snake(id), &METHODS)
}

/// The setter of a parameter.
pub(crate) fn argument(name: &str) -> String {
    marked(snake(name), &ARGUMENTS)
}

/// The field of a property. typify calls another one `extra`.
pub(crate) fn field(name: &str) -> String {
    marked(snake(name), &["extra"])
}

fn marked(mut name: String, reserved: &[&str]) -> String {
    if reserved.contains(&name.as_str()) {
        name.push('_');
    }
    name
}
