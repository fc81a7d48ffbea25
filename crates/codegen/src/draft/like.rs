//! How like a name is to what was asked for.

/// Whether a text is like a pattern, in which `*` stands for any text.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return text == pattern;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let text = text.strip_prefix(start);
    let Some(mut text) = text.and_then(|text| text.strip_suffix(end)) else {
        return false;
    };
    // The first place where a part stands leaves the most for the others.
    middle.split('*').all(|part| {
        let found = text.split_once(part).map(|(_, after)| text = after);
        found.is_some()
    })
}

/// How many letters have to be changed, added or left out.
pub(super) fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], number + 1);
        for (at, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (text, pattern, expected) in [
            ("/a/b", "/a/b", true),
            ("/a/b", "/a/*", true),
            ("/a/b/{c}", "/a/*", true),
            ("/a/b", "*", true),
            ("/a/b", "*b", true),
            ("/a/b/c", "/*/b/*", true),
            ("/a/ü", "/a/*", true),
            ("/a/b/a/c/b", "/a/*/a/*b", true),
            ("/aa", "*a*a*", true),
            ("/aa", "*a*a*a*", false),
            ("/a", "/a*a", false),
            ("/a", "/a/*", false),
            ("/b/a/", "/a/*", false),
            ("/a/b", "/a", false),
            ("", "*", true),
        ] {
            assert_eq!(is_like(text, pattern), expected, "{text} {pattern}");
        }
    }

    #[test]
    fn the_distance_of_two_names() {
        for (one, other, expected) in [
            ("", "", 0),
            ("reset_token", "reset_tokn", 1),
            ("reset_token", "", 11),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), expected);
            assert_eq!(distance(other, one), expected);
        }
    }
}
