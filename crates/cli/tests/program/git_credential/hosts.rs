//! Whom a token is given to.

use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn no_other_host_is_given_anything() {
    let (world, pair) = World::with_mona().await;
    let url = world.sandbox.url();
    let host = url.strip_prefix("http://").unwrap();
    let calls = world.calls();
    for (protocol, host) in [
        ("http", "127.0.0.1"),
        ("http", "127.0.0.1:1"),
        ("https", host),
        ("http", &format!("{host}/o")),
        ("http", &format!("evil.example@{host}")),
        ("http", &format!("{host}.evil.example")),
        ("http", "evil.example"),
        ("https", "github.com"),
        ("ssh", host),
        ("cert", ""),
    ] {
        for options in [&["--id", "mona"][..], &[]] {
            for operation in ["get", "store", "erase"] {
                let words = format!(
                    "protocol={protocol}\nhost={host}\npassword={}\n",
                    pair.token
                );
                let output = run(world.helper(options, operation), &words);
                assert_eq!(output.status.code(), Some(0), "{}", both(&output));
                assert_eq!(both(&output), "", "{protocol} {host}");
            }
        }
    }
    for words in ["", "\n", "protocol=http\n", &format!("host={host}\n")] {
        let output = run(world.helper(&["--id", "mona"], "get"), words);
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        assert_eq!(both(&output), "");
    }
    assert_eq!(world.calls(), calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_host_is_given_the_token_of_its_api() {
    let world = World::new().await;
    let servers = [
        ("dotcom", "https://api.github.com", "github.com"),
        ("tenant", "https://api.octocorp.ghe.com", "octocorp.ghe.com"),
        ("enterprise", "https://ghe.example/api/v3", "ghe.example"),
    ];
    let rows = servers.map(|(id, server, _)| {
        json!({ "id": id, "token": format!("gho_{id}"), "client_id": "Iv1.app", "server": server })
    });
    world.import(&rows);
    let version = [
        "--enterprise",
        "ghe.example",
        "--enterprise-version",
        "3.14",
    ];
    for (id, _, host) in servers {
        for named in [&[][..], &["--id", id]] {
            let arguments = [&["git-credential"], &version[..], named, &["get"]].concat();
            let command = world.program(&arguments);
            let text = succeed(command, &format!("protocol=https\nhost={host}\n"));
            assert!(text.ends_with(&format!("\npassword=gho_{id}\n")), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_the_vault_names_is_told_nothing() {
    let (world, _) = World::with_mona().await;
    let calls = world.calls();
    let command = world.program(&["git-credential", "--id", "mona", "get"]);
    let output = run(command, &world.words(""));
    assert_bad_input(&output, "is not known to be a server of github's");
    assert_eq!(stdout(&output), "quit=1\n");
    assert_eq!(world.calls(), calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_tokens_one_has_to_be_named() {
    let (world, pair) = World::with_mona().await;
    let lisa = world.sign_in().await;
    world.import(&[world.row("lisa", &lisa)]);
    let output = world.ask(&[], "get", "username=mona\n");
    assert_bad_input(
        &output,
        "such as \"lisa\" and \"mona\": say which one git is to have, with --id",
    );
    assert_eq!(stdout(&output), "");
    assert_eq!(world.get().0, pair.token);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_named_takes_the_place_of_the_tokens_own() {
    let (world, pair) = World::with_mona().await;
    let options = ["--id", "mona", "--host", "Git.example.com:8443"];
    let ask = |protocol: &str, host: &str| {
        let words = format!("protocol={protocol}\nhost={host}\n");
        succeed(world.helper(&options, "get"), &words)
    };
    let text = ask("https", "git.example.com:8443");
    assert!(text.contains(&pair.token));
    for (protocol, host) in [
        ("http", "git.example.com:8443"),
        ("https", "git.example.com"),
        ("https", "evil.example:8443"),
    ] {
        assert_eq!(ask(protocol, host), "", "{protocol} {host}");
    }
    assert_eq!(succeed(world.helper(&options, "get"), &world.words("")), "");
    // Whose token it would be given is not to depend on what else is in the vault.
    let output = world.ask(&["--host", "git.example.com"], "get", "");
    assert_bad_input(&output, "--id");
    for wrong in ["", "https://git.example.com", "me@git.example.com"] {
        let output = world.ask(&["--id", "mona", "--host", wrong], "get", "");
        assert_bad_input(&output, "it is a host and");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_provider_is_for_no_git_host() {
    let world = World::new().await;
    let url = world.sandbox.url();
    let user = world.sandbox.new_ohmygpt_user();
    let row = json!({
        "id": "mona", "provider": "ohmygpt", "oauth_token": user.oauth_token, "server": url,
    });
    world.import(&[row]);
    let output = world.ask(&["--id", "mona"], "get", "");
    assert_bad_input(&output, "git hosts take those of GitHub's");
    assert_eq!(stdout(&output), "");
    // Unless it is named, it is not meant.
    assert_eq!(succeed(world.helper(&[], "get"), &world.words("")), "");
}
