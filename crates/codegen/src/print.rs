//! Formats generated code.

use syn::File;

/// The source text, with LF line ends.
pub(crate) fn source(file: &File) -> String {
    prettyplease::unparse(file)
}
