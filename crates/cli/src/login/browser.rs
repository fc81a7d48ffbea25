//! Taking the user to a page.

use std::io::{self, Write};
use std::thread;

/// Prints the URL, since nobody knows whether a browser that was started is seen, and starts one
/// unless told otherwise. Standard output is for the report.
pub(super) fn show(what_for: &str, url: &str, no_browser: bool) {
    let _ = writeln!(io::stderr(), "{what_for}\n\n  {url}\n");
    if no_browser {
        return;
    }
    let url = url.to_owned();
    // A browser in the terminal is waited for, and the end of the program does not wait for this.
    thread::spawn(move || {
        if let Err(why) = webbrowser::open(&url) {
            let _ = writeln!(io::stderr(), "no browser could be started: {why}");
        }
    });
}
