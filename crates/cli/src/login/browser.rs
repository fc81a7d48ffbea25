//! Taking the user to a page.

use std::io::{self, Write};
use std::thread;

use crate::args::Login;

/// Prints a URL, since nobody knows whether a browser that was started is seen. Standard output is
/// for the report.
pub(super) fn print(what_for: &str, url: &str) {
    let _ = writeln!(io::stderr(), "{what_for}\n\n  {url}\n");
}

/// Starts a browser, unless told otherwise.
pub(super) fn open(url: String, how: &Login) {
    if how.no_browser {
        return;
    }
    // A browser in the terminal is waited for, and the end of the program does not wait for this.
    thread::spawn(move || {
        if let Err(why) = webbrowser::open(&url) {
            let _ = writeln!(io::stderr(), "no browser could be started: {why}");
        }
    });
}
