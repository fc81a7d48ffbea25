//! A symbolic link stays, and the file that it means is written.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use crate::sinks::{names, refusal, save};

/// Saves through the link `a` in a folder like this, and looks what is at its end.
async fn goes_to(end: &str, links: &[(&str, &str)], is_there: bool) {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("sub")).unwrap();
    for (link, to) in links {
        let to = to.replace("ROOT", &folder.path().display().to_string());
        symlink(to, at(link)).unwrap();
    }
    if is_there {
        fs::write(at(end), "old").unwrap();
    }
    save(&at("a"), "new").await;
    for (link, _) in links {
        assert!(
            fs::symlink_metadata(at(link)).unwrap().is_symlink(),
            "{links:?}"
        );
    }
    assert!(
        fs::symlink_metadata(at(end)).unwrap().is_file(),
        "{links:?}"
    );
    assert_eq!(fs::read_to_string(at(end)).unwrap(), "new\n");
    assert_eq!(fs::read_to_string(at("a")).unwrap(), "new\n");
    // No draft is left anywhere.
    let (top, sub) = (names(folder.path()), names(&at("sub")));
    assert!(!top.iter().chain(&sub).any(|name| name.starts_with('.')));
}

#[tokio::test]
async fn a_link_stays_whatever_it_means() {
    for is_there in [true, false] {
        for (end, links) in [
            ("real", &[("a", "real")][..]),
            ("real", &[("a", "ROOT/real")]),
            ("sub/real", &[("a", "sub/real")]),
            ("real", &[("sub/b", "../real"), ("a", "sub/b")]),
            ("sub/real", &[("c", "sub"), ("b", "c/real"), ("a", "./b")]),
            ("sub/real", &[("b", "sub/../sub/real"), ("a", "ROOT/b")]),
        ] {
            goes_to(end, links, is_there).await;
        }
    }
}

#[tokio::test]
async fn a_link_that_means_no_file_is_refused() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (link, to) in [
        ("a", "b"),
        ("b", "a"),
        ("own", "own"),
        ("folder", "."),
        ("nowhere", "none/real"),
        ("null", "/dev/null"),
    ] {
        symlink(to, at(link)).unwrap();
    }
    let many = names(folder.path()).len();
    for (link, why) in [
        ("a", "links lead in a circle"),
        ("own", "links lead in a circle"),
        ("folder", "not a regular file"),
        ("null", "not a regular file"),
        ("nowhere", "No such file"),
    ] {
        let text = refusal(&at(link)).await;
        assert!(text.contains(why), "{link}: {text}");
        assert!(text.contains(&at(link).display().to_string()), "{text}");
    }
    assert_eq!(names(folder.path()).len(), many);
}

#[tokio::test]
async fn a_slash_at_the_end_does_not_take_a_link_away() {
    let folder = TempDir::new().unwrap();
    let link = folder.path().join("link");
    symlink("real", &link).unwrap();
    save(Path::new(&format!("{}/", link.display())), "new").await;
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(
        fs::read_to_string(folder.path().join("real")).unwrap(),
        "new\n"
    );
}
