//! What is in files: what a new token must not take the place of, and what is around a token.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tokenturn_sandbox::Sandbox;
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, OLD_TOKEN, RawServer};

use crate::support::*;

/// Two lines of JSON, one that was edited, and one that an editor has saved in UTF-16.
fn broken_pairs() -> [Vec<u8>; 3] {
    let pair = r#"{"access_token":"ghu_1","refresh_token":"ghr_1"}"#;
    let utf_16 = format!("\u{feff}{pair}");
    [
        format!("{pair}\n{pair}\n").into_bytes(),
        pair.replace("\"}", "\",}").into_bytes(),
        utf_16.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ]
}

/// Calls to a server that is not there: they would not be sent, which is another exit code.
fn arguments<'a>(verb: &'a str, provider: &'a str, out: &'a str) -> Vec<&'a str> {
    let mut arguments = vec![verb, provider, "--base-url", "http://127.0.0.1:1"];
    arguments.extend(["--out", out]);
    match verb {
        "login" => arguments.push("--device"),
        _ => arguments.extend(["--token-file", "-"]),
    }
    match verb {
        "scope" => arguments.extend(["--target", "octocat"]),
        "recover" if provider == "github" => arguments.extend(["--kept", "kept"]),
        _ => {}
    }
    if provider == "github" {
        arguments.extend(["--client-id", CLIENT_ID]);
    }
    arguments
}

const CALLS: [(&str, &str); 7] = [
    ("login", "github"),
    ("rotate", "github"),
    ("rotate", "ohmygpt"),
    ("recover", "github"),
    ("recover", "ohmygpt"),
    ("refresh", "github"),
    ("scope", "github"),
];

/// The token of a real user must not make room for one of a sandbox's.
#[test]
fn a_sandbox_replaces_its_own_tokens_alone() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.txt");
    let real = format!(r#"{{"access_token":"{OLD_TOKEN}","refresh_token":"ghr_1"}}"#);
    let calls = CALLS.iter().filter(|call| **call != ("recover", "github"));
    for (verb, provider) in calls.chain([&("login", "ohmygpt")]) {
        let mut arguments = vec![*verb, *provider, "--sandbox", "--out", "out.txt"];
        match *verb {
            "login" => arguments.push("--no-browser"),
            "scope" => arguments.extend(["--target", "octocat"]),
            _ => {}
        }
        for content in [OLD_TOKEN, &real] {
            fs::write(&out, content).unwrap();
            let output = run(tokenturn(folder.path(), &arguments), "");
            assert_bad_input(&output, "which no sandbox has written");
            assert_eq!(fs::read_to_string(&out).unwrap(), content);
        }
    }
    for provider in ["github", "ohmygpt"] {
        fs::remove_file(&out).unwrap();
        let arguments = ["rotate", provider, "--sandbox", "--out", "out.txt"];
        let mut tokens = Vec::new();
        for _ in 0..2 {
            succeed(tokenturn(folder.path(), &arguments), "");
            tokens.push(fs::read_to_string(&out).unwrap());
        }
        assert_ne!(tokens[0], tokens[1]);
    }
    let kept = [
        "recover",
        "github",
        "--sandbox",
        "--out",
        "o",
        "--kept",
        "out.txt",
    ];
    assert_bad_input(&run(tokenturn(folder.path(), &kept), ""), "--kept");
}

#[test]
fn what_is_no_token_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    succeed(tokenturn(path, &["vault", "init"]), "");
    let key = fs::read(path.join("tokenturn.db.key")).unwrap();
    let vault = fs::read(path.join("tokenturn.db")).unwrap();
    let pem = b"-----BEGIN CERTIFICATE-----\n".to_vec();
    let [lines, comma, utf_16] = broken_pairs();
    fs::write(path.join("kept"), "an answer").unwrap();
    for (verb, provider) in CALLS {
        for (held, advice) in [
            (&lines, "but not an object with an access_token"),
            (&comma, "but not an object with an access_token"),
            (&utf_16, "is in UTF-16"),
            (&pem, "more than one word"),
            (&vault, "no token can be read"),
            (&key, "the key of a vault"),
        ] {
            fs::write(path.join("out"), held).unwrap();
            let mut command = tokenturn(path, &arguments(verb, provider, "out"));
            command.env(SECRET_VARIABLE, CLIENT_SECRET);
            let output = run(command, OLD_TOKEN);
            assert_bad_input(&output, advice);
            assert_bad_input(&output, "name another file");
            assert!(!both(&output).contains("ghr_"), "{}", both(&output));
            assert_eq!(&fs::read(path.join("out")).unwrap(), held);
        }
    }
}

#[cfg(unix)]
#[test]
fn the_client_secret_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    fs::write(path.join("secret"), CLIENT_SECRET).unwrap();
    fs::write(path.join("kept"), "an answer").unwrap();
    std::os::unix::fs::symlink("secret", path.join("link")).unwrap();
    fs::hard_link(path.join("secret"), path.join("hard")).unwrap();
    for (verb, provider) in CALLS {
        if provider == "ohmygpt" {
            continue;
        }
        for out in ["secret", "./secret", "link", "hard"] {
            let mut arguments = arguments(verb, provider, out);
            arguments.extend(["--client-secret-file", "secret"]);
            let output = run(tokenturn(path, &arguments), OLD_TOKEN);
            assert_bad_input(&output, "--client-secret-file, which stays in use");
            assert_eq!(read(path, "secret"), CLIENT_SECRET);
        }
        // The variable was set from that file.
        let mut command = tokenturn(path, &arguments(verb, provider, "secret"));
        command.env(SECRET_VARIABLE, CLIENT_SECRET);
        let advice = format!("which holds what is in {SECRET_VARIABLE}");
        assert_bad_input(&run(command, OLD_TOKEN), &advice);
        assert_eq!(read(path, "secret"), CLIENT_SECRET);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_empty_may_be_replaced() {
    let sandbox = Sandbox::start(0).await.unwrap();
    let folder = TempDir::new().unwrap();
    let (url, id, secret) = (sandbox.url(), sandbox.client_id(), sandbox.client_secret());
    for held in ["", "\u{feff}\n", "gho_another\n"] {
        fs::write(folder.path().join("new.txt"), held).unwrap();
        let more = ["--out", "new.txt"];
        let command = github("rotate", folder.path(), &url, &id, &secret, &more);
        succeed(command, &sandbox.new_github_token());
        assert!(sandbox.is_alive(read(folder.path(), "new.txt").trim()));
    }
}

/// The new token may be in it and nowhere else.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_kept_answer_is_neither_out_nor_the_token_file() {
    use std::os::unix::fs::symlink;

    const ANSWER: &str = r#"<p>{"token":"gho_new"}"#;
    let server = RawServer::start([""; 0]).await;
    let url = server.url();
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let write = |name: &str, text: &str| fs::write(path.join(name), text).unwrap();
    write("kept", ANSWER);
    write("token", OLD_TOKEN);
    write("secret", CLIENT_SECRET);
    symlink("kept", path.join("to-kept")).unwrap();
    symlink("token", path.join("to-token")).unwrap();
    fs::hard_link(path.join("kept"), path.join("hard")).unwrap();
    for (kept, out, advice) in [
        ("kept", "kept", "--out would replace the file of --kept"),
        ("kept", "./kept", "--out would replace the file of --kept"),
        ("kept", "to-kept", "--out would replace the file of --kept"),
        ("to-kept", "kept", "--out would replace the file of --kept"),
        ("kept", "hard", "--out would replace the file of --kept"),
        ("token", "new", "--kept is the file of --token-file"),
        ("to-token", "new", "--kept is the file of --token-file"),
        (
            "secret",
            "new",
            "--kept is the file of --client-secret-file",
        ),
    ] {
        let mut arguments = vec!["recover", "github", "--base-url", &url];
        arguments.extend(["--client-id", CLIENT_ID, "--client-secret-file", "secret"]);
        arguments.extend(["--token-file", "token", "--kept", kept, "--out", out]);
        assert_bad_input(&run(tokenturn(path, &arguments), ""), advice);
        assert_eq!(read(path, "kept"), ANSWER);
        assert_eq!(read(path, "token"), OLD_TOKEN);
        assert!(!path.join("new").exists());
    }
    assert_eq!(server.requests().len(), 0);
}

/// Whoever is told that it is not valid believes that the token in it is dead.
#[test]
fn text_around_a_token_of_github_is_told() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let told = |verb: &str, text: &str| {
        let mut arguments = vec![verb, "github", "--base-url", "http://127.0.0.1:1"];
        arguments.extend(["--client-id", CLIENT_ID, "--token-file", "-"]);
        match verb {
            "rotate" | "refresh" => arguments.extend(["--out", "new"]),
            "scope" => arguments.extend(["--out", "new", "--target", "octocat"]),
            _ => {}
        }
        let mut command = tokenturn(path, &arguments);
        command.env(SECRET_VARIABLE, CLIENT_SECRET);
        run(command, text)
    };
    for text in [
        "\"gho_canary\",",
        "GITHUB_TOKEN=gho_canary",
        "gho_canary;",
        "<gho_canary>",
        "gho_canary,gho_canary",
        "gho_canary\\n",
        "token:gho_canary",
        "https://gho_canary@github.com",
        "gho_canary****",
        "[gho_canary]",
        "{gho_canary}",
        "token(gho_canary)",
        "'gho_canary",
        r#"{"access_token":"gho_canary;","refresh_token":"ghr_canary"}"#,
        r#"{"access_token":"gho_canary","refresh_token":"<ghr_canary>"}"#,
    ] {
        for verb in ["check", "rotate", "recover", "scope", "revoke", "refresh"] {
            let output = told(verb, text);
            let is_object = text.starts_with("{g");
            let advice = match is_object {
                true => "holds JSON, but not",
                false => "in it, which no token of GitHub's has; take off what is around the token",
            };
            assert_bad_input(&output, advice);
            assert!(!both(&output).contains("canary"), "{}", both(&output));
        }
        if !text.starts_with('{') {
            let line = serde_json::json!({ "token": text, "client_id": CLIENT_ID }).to_string();
            assert_not_imported(path, &line);
        }
    }
    let pair = r#"{"token":"gho_canary","refresh_token":"ghr_canary;","client_id":"x"}"#;
    assert_not_imported(path, pair);
    // Of other servers' tokens nothing is known, so these are sent: there is no server.
    for text in ["old-token", "a.b-c_d", "a/b+c~d"] {
        assert_eq!(told("check", text).status.code(), Some(4), "{text}");
    }
}

#[track_caller]
fn assert_not_imported(folder: &Path, line: &str) {
    let arguments = ["vault", "import", "--init", "-", "--format", "jsonl"];
    let output = run(tokenturn(folder, &arguments), line);
    let told = both(&output);
    assert!(!output.status.success(), "{line}");
    assert!(told.contains("take off what is around the token"), "{told}");
    assert!(!told.contains("canary"), "{told}");
}
