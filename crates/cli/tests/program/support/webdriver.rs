//! Headless Chromium, by the handful of WebDriver calls that the tests need.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokenturn_tests::{short_temp_dir, skip};

use super::http::{send, try_send};
use super::{LONGEST, signal};

/// What WebDriver calls the one key that names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// One window. Everything of it ends when it is dropped.
pub(crate) struct Browser {
    driver: Child,
    output: BufReader<ChildStdout>,
    session: String,
    profile: TempDir,
}

impl Browser {
    /// `None`, and the test is skipped, where it is not installed.
    pub(crate) fn start() -> Option<Self> {
        let missing = ["chromium", "chromedriver"]
            .into_iter()
            .find(|program| !is_installed(program));
        if let Some(missing) = missing {
            skip(&format!(
                "{missing} is missing (Debian's chromium and chromium-driver)"
            ));
            return None;
        }
        let profile = TempDir::new_in(short_temp_dir()).unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            // What Chromium leaves in the temporary folder goes away with the profile.
            .env("TMPDIR", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A group of its own, so that Chromium ends with it.
            .process_group(0)
            .spawn()
            .unwrap();
        let output = BufReader::new(driver.stdout.take().unwrap());
        let mut browser = Self {
            driver,
            output,
            session: String::new(),
            profile,
        };
        browser.open_window();
        Some(browser)
    }

    fn open_window(&mut self) {
        let port = self.output.by_ref().lines().find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.split_once("successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let url = format!("http://127.0.0.1:{}/session", port.unwrap());
        let profile = self.profile.path().join("chromium");
        let arguments = [
            "--headless=new",
            // Chromium's own sandbox does not work for root.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--no-proxy-server",
            &format!("--user-data-dir={}", profile.display()),
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
        } } });
        let answer = self.post(&url, wanted);
        let session = answer["sessionId"].as_str().unwrap();
        self.session = format!("{url}/{session}");
    }

    pub(crate) fn go_to(&self, url: &str) {
        let address = format!("{}/url", self.session);
        self.post(&address, json!({ "url": url }));
    }

    pub(crate) fn click(&self, selector: &str) {
        let element = self.find(selector);
        let address = format!("{}/element/{element}/click", self.session);
        self.post(&address, json!({}));
    }

    pub(crate) fn type_in(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        let address = format!("{}/element/{element}/value", self.session);
        self.post(&address, json!({ "text": text }));
    }

    /// The page, as soon as there is one with this text: a click does not wait for the next page.
    pub(crate) fn page_with(&self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let answer = send("GET", &format!("{}/source", self.session), "");
            if answer.starts_with("HTTP/1.1 200 ") && answer.contains(text) {
                return value(&answer).as_str().unwrap().to_owned();
            }
            assert!(begun.elapsed() < LONGEST, "no {text}: {answer}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn find(&self, selector: &str) -> String {
        let address = format!("{}/element", self.session);
        let wanted = json!({ "using": "css selector", "value": selector });
        let element = self.post(&address, wanted);
        element[ELEMENT].as_str().unwrap().to_owned()
    }

    fn post(&self, url: &str, body: Value) -> Value {
        value(&send("POST", url, &body.to_string()))
    }
}

fn is_installed(program: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| output.status.success())
}

/// What an answer holds, which is not an error.
fn value(answer: &str) -> Value {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
    let mut answer: Value = serde_json::from_str(body).unwrap();
    answer["value"].take()
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked like this, Chromium is gone when the answer comes.
        if !self.session.is_empty() {
            let _ = try_send("DELETE", &self.session, "");
        }
        signal("KILL", format!("-{}", self.driver.id()));
        let _ = self.driver.wait();
    }
}
