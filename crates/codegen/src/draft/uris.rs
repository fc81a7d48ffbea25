//! References to schemas by their `$id`.

/// A reference to a resource, in the place of another one (RFC 3986, without dots).
pub(super) fn joined(base: &str, reference: &str) -> String {
    let has_scheme = |uri: &str| {
        uri.split(['/', '?'])
            .next()
            .is_some_and(|s| s.contains(':'))
    };
    if base.is_empty() || has_scheme(reference) {
        return reference.to_owned();
    }
    let authority = base.find("://").map_or(0, |at| at + 3);
    let path = base[authority..]
        .find('/')
        .map_or(base.len(), |at| at + authority);
    if reference.starts_with('/') {
        return format!("{}{reference}", &base[..path]);
    }
    let reference = reference.trim_start_matches("./");
    match base[path..].rfind('/') {
        Some(end) => format!("{}{reference}", &base[..=path + end]),
        None if authority > 0 => format!("{base}/{reference}"),
        None => reference.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_meant_from_where_it_stands() {
        for (base, reference, expected) in [
            ("", "a", "a"),
            ("a", "b", "b"),
            ("a/b", "c", "a/c"),
            ("https://h/a/b", "c", "https://h/a/c"),
            ("https://h/a/b", "./c", "https://h/a/c"),
            ("https://h/a/b", "/c", "https://h/c"),
            ("https://h", "c", "https://h/c"),
            ("https://h", "/c", "https://h/c"),
            ("https://h/a", "urn:x:y", "urn:x:y"),
            ("urn:x:y", "/c", "urn:x:y/c"),
        ] {
            assert_eq!(joined(base, reference), expected, "{base} {reference}");
        }
    }
}
