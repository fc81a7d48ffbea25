//! `tokenturn login` with a real browser: headless Chromium, which clicks through both providers.
//!
//! It needs Debian's packages `chromium` and `chromium-driver`. Without them it is skipped.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::login::Waiting;
use crate::support::webdriver::Browser;
use crate::support::*;
use tempfile::TempDir;

/// `login PROVIDER --sandbox`, waiting for its user.
fn login(folder: &Path, provider: &str, more: &[&str]) -> (Waiting, String) {
    let arguments = ["login", provider, "--sandbox", "--no-browser"];
    let arguments = [&arguments[..], &["--out", "t.txt"], more].concat();
    Waiting::start(tokenturn(folder, &arguments))
}

#[track_caller]
fn assert_signed_in(folder: &Path, output: &Output, page: &str) {
    assert_eq!(output.status.code(), Some(0), "{}", both(output));
    let path = folder.join("t.txt");
    assert_eq!(mode(&path), 0o600);
    let token = fs::read_to_string(path).unwrap();
    assert!(token.trim().len() > 20);
    for shown in [page, &both(output)] {
        assert!(!shown.contains(token.trim()), "{shown}");
    }
}

#[test]
fn a_browser_signs_in_at_both_providers() {
    let Some(browser) = Browser::start() else {
        return;
    };
    for provider in ["github", "ohmygpt"] {
        let folder = TempDir::new().unwrap();
        let (program, url) = login(folder.path(), provider, &[]);
        browser.go_to(&url);
        browser.click("#authorize");
        let page = browser.page_with("Signed in.");
        assert!(page.contains("You can close this page."), "{page}");
        assert_signed_in(folder.path(), &program.end(), &page);
    }

    let folder = TempDir::new().unwrap();
    let (program, url) = login(folder.path(), "github", &[]);
    browser.go_to(&url);
    browser.click("#cancel");
    browser.page_with("Not signed in.");
    let output = program.end();
    assert_eq!(output.status.code(), Some(3), "{}", both(&output));

    let (program, url) = login(folder.path(), "github", &["--device"]);
    browser.go_to(&url);
    browser.type_in("#user_code", &program.user_code());
    browser.click("#authorize");
    let page = browser.page_with("The device is authorized.");
    assert_signed_in(folder.path(), &program.end(), &page);
}
