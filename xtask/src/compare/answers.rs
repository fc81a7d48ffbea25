//! The answers: those of GitHub, each changed in one thing.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

/// The new token.
pub(super) const NEW: &str = "ghu_new0new0new0new0new0new0new0new0new0";
/// One that comes before it, where two come.
pub(super) const FIRST: &str = "ghu_one0one0one0one0one0one0one0one0one0";

/// An answer that is odd in one thing.
pub(super) struct Odd {
    pub(super) name: &'static str,
    /// The word for the program.
    pub(super) call: &'static str,
    /// Replaced in the body of the documented answer.
    change: (&'static str, &'static str),
    wire: Wire,
}

/// How the body is sent.
enum Wire {
    Status(&'static str),
    EarlyHints,
    NoDate,
    /// By a program of this name.
    Packed(&'static str),
    /// It ends after this.
    CutAfter(&'static str),
    /// A page of somebody else's, with this status.
    Page(&'static str),
}

const USUAL: Wire = Wire::Status("200 OK");
const SAME: (&str, &str) = ("", "");

const fn odd(
    name: &'static str,
    call: &'static str,
    change: (&'static str, &'static str),
    wire: Wire,
) -> Odd {
    Odd {
        name,
        call,
        change,
        wire,
    }
}

/// To a code, from the login host.
pub(super) const EXCHANGES: [Odd; 17] = {
    const fn of(name: &'static str, change: (&'static str, &'static str), wire: Wire) -> Odd {
        odd(name, "exchange", change, wire)
    }
    const fn scopes(name: &'static str, scope: &'static str) -> Odd {
        odd(name, "scopes", (r#""scope":"""#, scope), USUAL)
    }
    const LIFETIME: &str = r#""expires_in":28800"#;
    [
        of("as documented", SAME, USUAL),
        of(
            "`expires_in` is `28800.0`",
            (LIFETIME, r#""expires_in":28800.0"#),
            USUAL,
        ),
        of(
            "`expires_in` is `\"28800\"`",
            (LIFETIME, r#""expires_in":"28800""#),
            USUAL,
        ),
        of(
            "`expires_in` is `null`",
            (LIFETIME, r#""expires_in":null"#),
            USUAL,
        ),
        of("no `token_type`", (r#","token_type":"bearer""#, ""), USUAL),
        scopes("`scope` is `\"repo,gist\"`", r#""scope":"repo,gist""#),
        scopes("`scope` is `\"repo gist\"`", r#""scope":"repo gist""#),
        of("the token twice, first another one", TWICE_EXCHANGED, USUAL),
        of("status 201", SAME, Wire::Status("201 Created")),
        of("a refusal with status 200", REFUSED_EXCHANGE, USUAL),
        of("a 103 before the 200", SAME, Wire::EarlyHints),
        of("no header `date`", SAME, Wire::NoDate),
        of("`content-encoding: gzip`", SAME, Wire::Packed("gzip")),
        of("`content-encoding: zstd`", SAME, Wire::Packed("zstd")),
        of("breaks off after the token", SAME, Wire::CutAfter(NEW)),
        of("a gateway's page, status 200", SAME, Wire::Page("200 OK")),
        of(
            "a gateway's page, status 502",
            SAME,
            Wire::Page("502 Bad Gateway"),
        ),
    ]
};

/// To a reset, from the API.
pub(super) const RESETS: [Odd; 13] = {
    const fn of(name: &'static str, change: (&'static str, &'static str), wire: Wire) -> Odd {
        odd(name, "reset", change, wire)
    }
    const SCOPES: &str = r#""scopes":["repo","gist"]"#;
    [
        of("as documented", SAME, USUAL),
        of("`scopes` is `null`", (SCOPES, r#""scopes":null"#), USUAL),
        of(
            "`scopes` is `\"repo,gist\"`",
            (SCOPES, r#""scopes":"repo,gist""#),
            USUAL,
        ),
        of("no `app`", APP_MISSING, USUAL),
        of("the token twice, first another one", TWICE_RESET, USUAL),
        of("status 201", SAME, Wire::Status("201 Created")),
        of("a refusal with status 200", REFUSED_RESET, USUAL),
        of("a 103 before the 200", SAME, Wire::EarlyHints),
        of("`content-encoding: gzip`", SAME, Wire::Packed("gzip")),
        of("`content-encoding: zstd`", SAME, Wire::Packed("zstd")),
        of("breaks off after the token", SAME, Wire::CutAfter(NEW)),
        of("a gateway's page, status 200", SAME, Wire::Page("200 OK")),
        of(
            "a gateway's page, status 502",
            SAME,
            Wire::Page("502 Bad Gateway"),
        ),
    ]
};

const EXCHANGED: &str = r#"{"access_token":"ghu_new0new0new0new0new0new0new0new0new0","expires_in":28800,"refresh_token":"ghr_new0new0","refresh_token_expires_in":15897600,"scope":"","token_type":"bearer"}"#;
const REFUSED_EXCHANGE: (&str, &str) = (
    EXCHANGED,
    r#"{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired.","error_uri":"https://docs.github.com/"}"#,
);
const TWICE_EXCHANGED: (&str, &str) = (
    r#"{"#,
    r#"{"access_token":"ghu_one0one0one0one0one0one0one0one0one0","#,
);

// `hashed_token` is the SHA-256 of the token.
const RESET: &str = r#"{"id":1,"url":"https://api.github.com/authorizations/1","scopes":["repo","gist"],"token":"ghu_new0new0new0new0new0new0new0new0new0","token_last_eight":"new0new0","hashed_token":"a0885f433469f1af1f0ae4e4d0704769eeeb614cfed5b6938a83f98bc28dfb5e","app":{"url":"https://app.example","name":"an app","client_id":"abcde12345fghij67890"},"note":null,"note_url":null,"updated_at":"2026-01-01T00:00:00Z","created_at":"2026-01-01T00:00:00Z","expires_at":null,"fingerprint":null}"#;
const REFUSED_RESET: (&str, &str) = (
    RESET,
    r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest"}"#,
);
const TWICE_RESET: (&str, &str) = (
    r#"{"id":1,"#,
    r#"{"id":1,"token":"ghu_one0one0one0one0one0one0one0one0one0","#,
);
const APP_MISSING: (&str, &str) = (
    r#""app":{"url":"https://app.example","name":"an app","client_id":"abcde12345fghij67890"},"#,
    "",
);
const PAGE: &str = "<html><head><title>Gateway</title></head><body>Please wait.</body></html>";

impl Odd {
    /// The bytes.
    pub(super) fn answer(&self) -> Result<Vec<u8>> {
        let whole = if self.call == "reset" {
            RESET
        } else {
            EXCHANGED
        };
        let (from, to) = self.change;
        assert!(whole.contains(from), "{} changes nothing", self.name);
        let body = whole.replacen(from, to, 1);
        // GitHub's mark.
        let mark = ("x-github-request-id", "C0DE:1234:5678".to_owned());
        let date = ("date", httpdate::fmt_http_date(SystemTime::now()));
        let json_of = |status| json(status, &[mark.clone(), date.clone()], &body);
        Ok(match self.wire {
            Wire::Status(status) => json_of(status),
            Wire::NoDate => json("200 OK", &[mark], &body),
            Wire::EarlyHints => {
                let mut bytes =
                    b"HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n".to_vec();
                bytes.extend(json_of("200 OK"));
                bytes
            }
            Wire::Packed(coding) => {
                let named = ("content-encoding", coding.to_owned());
                let headers = [("content-type", JSON.to_owned()), mark, date, named];
                answer("200 OK", &headers, &packed(coding, &body)?)
            }
            Wire::CutAfter(last) => {
                let mut bytes = json_of("200 OK");
                let end = String::from_utf8_lossy(&bytes).find(last);
                bytes.truncate(end.expect("it is in there") + last.len() + 1);
                bytes
            }
            Wire::Page(status) => {
                let headers = [("content-type", "text/html".to_owned()), date];
                answer(status, &headers, PAGE.as_bytes())
            }
        })
    }

    /// The coding of the body.
    pub(super) fn coding(&self) -> Option<&'static str> {
        match self.wire {
            Wire::Packed(coding) => Some(coding),
            _ => None,
        }
    }
}

const JSON: &str = "application/json; charset=utf-8";

/// A whole answer with JSON.
pub(super) fn json(status: &str, headers: &[(&str, String)], body: &str) -> Vec<u8> {
    let kind = ("content-type", JSON.to_owned());
    answer(status, &[&[kind], headers].concat(), body.as_bytes())
}

fn answer(status: &str, headers: &[(&str, String)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// The body, packed by the program that is named as the coding.
fn packed(coding: &str, body: &str) -> Result<Vec<u8>> {
    let mut program = Command::new(coding);
    program.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = program
        .spawn()
        .with_context(|| format!("cannot run {coding}"))?;
    // The pipe holds all of it, and is closed with this line.
    let stdin = child.stdin.take();
    stdin.context("no pipe")?.write_all(body.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{coding} failed");
    Ok(output.stdout)
}
