//! Somebody's browser: it keeps cookies, and follows nothing by itself.

use std::collections::BTreeMap;

use tokenturn_tests::crash::PATIENCE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::world::{Instance, PUBLIC_URL};

#[derive(Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookies: BTreeMap<String, String>,
    /// More of a request's head, each line with its end.
    pub(crate) more: String,
}

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let named = lines.filter(move |(found, _)| found.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value)
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location").expect("it leads on")
    }
}

impl Browser {
    pub(crate) async fn get(&mut self, at: &Instance, path: &str) -> Page {
        self.send(at, "GET", path, None).await
    }

    /// Sends a form of the application's own page.
    pub(crate) async fn post(&mut self, at: &Instance, path: &str, form: &str) -> Page {
        self.more.push_str(&format!("origin: {PUBLIC_URL}\r\n"));
        let page = self.post_from_elsewhere(at, path, form).await;
        self.more = self.more.replace(&format!("origin: {PUBLIC_URL}\r\n"), "");
        page
    }

    pub(crate) async fn post_from_elsewhere(
        &mut self,
        at: &Instance,
        path: &str,
        form: &str,
    ) -> Page {
        self.send(at, "POST", path, Some(form)).await
    }

    async fn send(&mut self, at: &Instance, method: &str, path: &str, form: Option<&str>) -> Page {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        let form = form.unwrap_or_default();
        // In this version of HTTP, every answer ends with its connection.
        let request = format!(
            "{method} {path} HTTP/1.0\r\nhost: 127.0.0.1\r\ncookie: {}\r\n{}\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            cookies.join("; "),
            self.more,
            form.len(),
        );
        let exchange = async {
            let mut stream = TcpStream::connect(&at.address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let answer = timeout(PATIENCE, exchange).await.expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let page = Page {
            status: head[9..12].parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        };
        for cookie in page.headers("set-cookie") {
            self.keep(cookie);
        }
        assert_eq!(page.header("cache-control"), Some("no-store"));
        page
    }

    fn keep(&mut self, cookie: &str) {
        assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"));
        let (pair, rest) = cookie.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        match rest.contains("Max-Age=0") {
            true => self.cookies.remove(name),
            false => self.cookies.insert(name.to_owned(), value.to_owned()),
        };
    }
}
