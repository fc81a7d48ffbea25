//! What comes of it with the git that is installed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use tokenturn_sandbox::Fault;
use tokenturn_tests::skip;

use super::http_backend::{HttpBackend, forget_settings};
use super::*;

const PAGE: &str = include_str!("../../../../../docs/git.md");
const PROGRAM: &str = env!("CARGO_BIN_EXE_tokenturn");

/// A git server with one repository, and somebody with a clone of it.
struct Site {
    world: Arc<World>,
    server: HttpBackend,
    /// The home of whoever uses git.
    home: TempDir,
    repositories: TempDir,
}

impl Site {
    /// `None` where git is missing. `next` is one more helper, which is asked after ours.
    async fn start(world: World, next: Option<&str>) -> Option<Self> {
        if !has_git() {
            skip("git with its http-backend is missing (Debian's git)");
            return None;
        }
        let world = Arc::new(world);
        let (home, repositories) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let judge = Arc::clone(&world);
        let lives = move |password: &str| judge.sandbox.is_alive(password);
        let server = HttpBackend::start(repositories.path().to_owned(), lives).await;
        let site = Self {
            world,
            server,
            home,
            repositories,
        };
        fs::create_dir(site.home.path().join("bin")).unwrap();
        symlink(PROGRAM, site.home.path().join("bin/tokenturn")).unwrap();
        site.configure(next);
        let bare = site.repository();
        site.succeed(
            "init",
            &["--quiet", "--bare", "-b", "main", bare.to_str().unwrap()],
        );
        site.succeed("init", &["--quiet", "-b", "main", "seed"]);
        site.commit("seed", "first");
        site.in_clone("seed", "push", &["--quiet", bare.to_str().unwrap(), "main"]);
        Some(site)
    }

    /// The usual helper of the user's stores whatever it is told. For this host, there is what the page says,
    /// and `next`.
    fn configure(&self, next: Option<&str>) {
        let stored = self.home.path().join("stored");
        let text = format!(
            "[user]\n\tname = Mona\n\temail = mona@example.com\n\
             [credential]\n\thelper = store --file {}\n",
            stored.display()
        );
        fs::write(self.home.path().join(".gitconfig"), text).unwrap();
        let here = format!(
            "--host {} --base-url {} --leave-alone 10ms --vault {}",
            self.server.host(),
            self.world.sandbox.url(),
            self.world.path().join("tokenturn.db").display()
        );
        let commands = PAGE.lines().filter(|line| line.starts_with("git config "));
        let commands: Vec<_> = commands
            .map(|line| line.replace("https://github.com", &self.server.url()))
            .map(|line| line.replace("--vault /home/mona/tokens.db", &here))
            .collect();
        assert_eq!(commands.len(), 2);
        assert!(commands[1].contains(&here), "{commands:?}");
        let mut shell = self.as_user("sh");
        shell.args(["-c", &commands.join(" && ")]);
        succeed(shell, "");
        if let Some(next) = next {
            let name = format!("credential.{}.helper", self.server.url());
            self.succeed("config", &["--global", "--add", &name, next]);
        }
    }

    fn repository(&self) -> PathBuf {
        self.repositories.path().join("repo.git")
    }

    fn url(&self) -> String {
        format!("{}/repo.git", self.server.url())
    }

    fn git(&self, arguments: &[&str]) -> Command {
        let mut git = self.as_user("git");
        git.args(arguments);
        git
    }

    /// A program that somebody starts who uses git.
    fn as_user(&self, program: &str) -> Command {
        let set = tokenturn(self.home.path(), &[]);
        let mut git = Command::new(program);
        for (name, value) in set.get_envs() {
            match value {
                Some(value) => git.env(name, value),
                None => git.env_remove(name),
            };
        }
        forget_settings(&mut git);
        let programs = self.home.path().join("bin").into_os_string();
        let others = std::env::var_os("PATH").unwrap_or_default();
        git.current_dir(self.home.path())
            .env("PATH", [programs, others].join(":".as_ref()))
            .env("HOME", self.home.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .env(SECRET_VARIABLE, self.world.sandbox.client_secret())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        git
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = run(self.git(arguments), "");
        for secret in ["ghu_", "ghr_", &self.world.sandbox.client_secret()] {
            assert!(!both(&output).contains(secret), "{}", both(&output));
        }
        output
    }

    #[track_caller]
    fn succeed(&self, verb: &str, more: &[&str]) -> String {
        let output = self.run(&[&[verb], more].concat());
        assert!(output.status.success(), "{verb}: {}", both(&output));
        stdout(&output).trim().to_owned()
    }

    #[track_caller]
    fn in_clone(&self, clone: &str, verb: &str, more: &[&str]) -> String {
        let output = self.run(&[&["-C", clone, verb], more].concat());
        assert!(output.status.success(), "{verb}: {}", both(&output));
        stdout(&output).trim().to_owned()
    }

    /// Commits something, and returns its name.
    fn commit(&self, clone: &str, what: &str) -> String {
        let commit = ["--quiet", "--allow-empty", "-m", what];
        self.in_clone(clone, "commit", &commit);
        self.in_clone(clone, "rev-parse", &["HEAD"])
    }

    /// The commit that the server has.
    fn pushed(&self) -> String {
        let bare = self.repository();
        self.succeed("--git-dir", &[bare.to_str().unwrap(), "rev-parse", "main"])
    }

    /// The passwords of what the server has accepted since it was asked last.
    fn passwords(&self) -> Vec<String> {
        let accepted = self.server.accepted().into_iter();
        let mut passwords: Vec<_> = accepted.map(|request| request.password).collect();
        passwords.dedup();
        passwords
    }

    /// Nobody else was told of a token.
    fn assert_stored_nowhere(&self) {
        assert!(!self.home.path().join("stored").exists());
    }
}

fn has_git() -> bool {
    let asked = Command::new("git").arg("--exec-path").output();
    let folder = asked.ok().filter(|asked| asked.status.success());
    let folder = folder.map(|asked| String::from_utf8(asked.stdout).unwrap());
    folder.is_some_and(|folder| {
        PathBuf::from(folder.trim())
            .join("git-http-backend")
            .exists()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_goes_on_where_the_token_has_ended_since_the_clone() {
    let (world, pair) = World::with_mona().await;
    let Some(site) = Site::start(world, None).await else {
        return;
    };
    site.succeed("clone", &["--quiet", &site.url(), "clone"]);
    assert_eq!(site.passwords(), [pair.token.as_str()]);
    assert_eq!(site.world.refreshes(), 0);

    // After nine hours.
    site.world.sandbox.advance(9 * HOUR);
    assert!(!site.world.sandbox.is_alive(&pair.token));
    let row = site.world.row("mona", &pair.expired());
    site.world.import(&[row]);
    let commit = site.commit("clone", "second");
    site.in_clone("clone", "push", &["--quiet"]);
    assert_eq!(site.pushed(), commit);
    assert_eq!(site.world.refreshes(), 1);
    let (new, _) = site.world.get();
    let accepted = site.server.accepted();
    assert!(
        accepted.iter().all(|request| request.password == new),
        "{accepted:?}"
    );
    let is_pack = |path: &str| path.ends_with("/git-receive-pack");
    assert!(
        accepted.iter().any(|request| is_pack(&request.path)),
        "{accepted:?}"
    );
    assert_eq!(site.world.refreshes(), 1);
    site.assert_stored_nowhere();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_refresh_once() {
    let (world, pair) = World::with_mona().await;
    let Some(site) = Site::start(world, None).await else {
        return;
    };
    for clone in ["one", "two"] {
        site.succeed("clone", &["--quiet", &site.url(), clone]);
    }
    site.passwords();
    site.world.sandbox.advance(9 * HOUR);
    let row = site.world.row("mona", &pair.expired());
    site.world.import(&[row]);
    let fetches = ["one", "two"].map(|clone| start(site.git(&["-C", clone, "fetch"]), ""));
    for fetch in fetches {
        let output = fetch.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", both(&output));
    }
    assert_eq!(site.world.refreshes(), 1);
    assert_eq!(site.passwords(), [site.world.get().0]);
}

/// Nobody has told the vault that the token is dead: git's command fails, and the next one does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_server_refuses_is_another_one_next_time() {
    let (world, pair) = World::with_mona().await;
    let Some(site) = Site::start(world, None).await else {
        return;
    };
    site.world.sandbox.advance(9 * HOUR);
    assert_eq!(site.world.get().0, pair.token);
    let ls = ["ls-remote", &site.url()];
    let refused = site.run(&ls);
    assert!(!refused.status.success());
    assert!(
        both(&refused).contains("Authentication failed"),
        "{}",
        both(&refused)
    );
    let output = site.run(&ls);
    assert!(output.status.success(), "{}", both(&output));
    assert_eq!(site.world.refreshes(), 1);
    assert_eq!(site.passwords(), [site.world.get().0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn git_asks_nobody_else_while_the_provider_is_away() {
    let (world, pair) = World::with_mona().await;
    let next = "!f() { echo username=x; echo password=y; echo asked >> $HOME/asked; }; f";
    let Some(site) = Site::start(world, Some(next)).await else {
        return;
    };
    let row = site.world.row("mona", &pair.expired());
    site.world.import(&[row]);
    site.world.sandbox.set_fault(Fault::Outage);
    let output = site.run(&["ls-remote", &site.url()]);
    let text = both(&output);
    assert!(!output.status.success());
    assert!(text.contains("error: \"mona\": "), "{text}");
    assert!(text.contains("told us to quit"), "{text}");
    assert!(!site.home.path().join("asked").exists(), "{text}");
    site.world.sandbox.set_fault(None);
    let output = site.run(&["ls-remote", &site.url()]);
    assert!(output.status.success(), "{}", both(&output));
}

/// Another helper signs its user in, and the vault keeps what it has got.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_of_the_next_helper_comes_into_the_vault() {
    let (world, pair) = World::with_mona().await;
    let next = "!f() { cat > /dev/null; test $1 = get && cat $HOME/signed-in; }; f";
    let Some(site) = Site::start(world, Some(next)).await else {
        return;
    };
    site.world.end("mona", &pair);
    let new = site.world.sign_in().await;
    let words = format!(
        "username=mona\npassword={}\npassword_expiry_utc=32503680000\noauth_refresh_token={}\n",
        new.token, new.refresh_token
    );
    fs::write(site.home.path().join("signed-in"), words).unwrap();
    let output = site.run(&["ls-remote", &site.url()]);
    assert!(output.status.success(), "{}", both(&output));
    assert!(
        both(&output).contains("sign in with: tokenturn login github"),
        "{}",
        both(&output)
    );

    // From now on, it comes from the vault.
    fs::remove_file(site.home.path().join("signed-in")).unwrap();
    let output = site.run(&["ls-remote", &site.url()]);
    assert!(output.status.success(), "{}", both(&output));
    assert_eq!(site.passwords(), [new.token.as_str()]);
    assert_eq!(site.world.get().0, new.token);
    site.assert_stored_nowhere();
}
