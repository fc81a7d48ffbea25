//! The words on a page for people.

/// The text of a page, without its title where there is more than that.
pub(super) fn words(page: &str) -> String {
    let text = without(page, &["script", "style", "title"]);
    match text.is_empty() {
        true => without(page, &["script", "style"]),
        false => text,
    }
}

/// What stands outside of tags, comments and these elements, with one space between two words.
fn without(page: &str, hidden: &[&str]) -> String {
    let (mut text, mut rest) = (String::new(), page);
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let end = if tag.starts_with("!--") { "-->" } else { ">" };
        rest = tag.split_once(end).map_or("", |(_, rest)| rest);
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next();
        let is = |other: &str| name.is_some_and(|name| name.eq_ignore_ascii_case(other));
        if let Some(name) = hidden.iter().find(|name| is(name)) {
            let closes = |at: &usize| {
                let close = rest.get(at + 2..at + 2 + name.len());
                close.is_some_and(|close| close.eq_ignore_ascii_case(name))
            };
            let mut ends = rest.match_indices("</").map(|(at, _)| at);
            rest = ends.find(closes).map_or("", |at| &rest[at..]);
        }
    }
    text.push_str(rest);
    for (entity, c) in [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, c);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_words() {
        for (page, words_on_it) in [
            (
                "<html>\r\n<head><title>403 Forbidden</title></head>\n<body><center><h1>403 \
                 Forbidden</h1></center><hr>nginx</body></html>",
                "403 Forbidden nginx",
            ),
            (
                "<!DOCTYPE html><style>a{}</style><SCRIPT src='x'>if (a<b) {}</script ><p>It&#39;s a \
                 &lt;firewall&gt;<!-- <b>not</b> this -->.",
                "It's a <firewall> .",
            ),
            ("<title>Sign in</title><script>", "Sign in"),
            ("<p>cut <b", "cut"),
            ("<script>never ends", ""),
            ("<", ""),
            ("", ""),
        ] {
            assert_eq!(words(page), words_on_it, "{page}");
        }
    }
}
