//! What the program says of itself: help, manual, completions, version.

use std::fs;

use tempfile::TempDir;

use crate::support::*;

#[test]
fn the_exit_codes_stand_once() {
    let folder = TempDir::new().unwrap();
    let help = |arguments: &[&str]| succeed(tokenturn(folder.path(), arguments), "");
    for arguments in [&["--help"][..], &["-h"], &["help"]] {
        let text = help(arguments);
        for code in 0..=9 {
            let line = format!("\n  {code}  ");
            assert_eq!(text.matches(&line).count(), 1, "{code}: {text}");
        }
    }
    for arguments in [&["rotate", "github", "--help"][..], &["check", "--help"]] {
        let text = help(arguments);
        assert!(!text.contains("authorize the app again"), "{text}");
    }
}

#[test]
fn the_version_is_the_programs() {
    let folder = TempDir::new().unwrap();
    let text = succeed(tokenturn(folder.path(), &["--version"]), "");
    assert_eq!(text, concat!("tokenturn ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn each_command_has_a_page() {
    let folder = TempDir::new().unwrap();
    succeed(tokenturn(folder.path(), &["man", "pages"]), "");
    let page = |name: &str| read(folder.path(), &format!("pages/{name}.1"));
    let top = page("tokenturn");
    assert!(top.contains(".SH \"EXIT STATUS\""), "{top}");
    assert_eq!(top.matches("authorize the app again").count(), 1, "{top}");
    assert!(page("tokenturn-rotate").contains("per\\-second"));
    assert!(page("tokenturn-rotate-github").contains("token\\-file"));
    assert!(page("tokenturn-vault-import").contains("oauth_token"));
    // Only the program's page has the codes.
    assert!(!page("tokenturn-rotate").contains("authorize the app again"));

    let all = succeed(tokenturn(folder.path(), &["man"]), "");
    let files = fs::read_dir(folder.path().join("pages")).unwrap();
    assert_eq!(all.matches(".TH ").count(), files.count());
    assert!(all.contains(&top));
}

#[test]
fn shells_complete_commands_and_options() {
    let folder = TempDir::new().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = succeed(tokenturn(folder.path(), &["completions", shell]), "");
        for word in ["tokenturn", "rekey", "leave-alone"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        assert!(!script.contains("tokenturn-cli"), "{shell}");
    }
    let none = run(tokenturn(folder.path(), &["completions", "dos"]), "");
    assert_bad_input(&none, "possible values");
}
