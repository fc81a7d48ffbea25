//! The application's users, on a PostgreSQL of the test's own.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::HashSet;
use std::process::Command;
use std::time::Duration;

use deadpool_postgres::{Manager, Pool};
use tokenturn::{GitHub, Secret};
use tokenturn_sandbox::{Fault, Sandbox};
use tokenturn_tests::RawServer;
use tokenturn_tests::crash::{Gate, Point};
use tokenturn_tests::postgres::Cluster;
use tokenturn_vault::{
    Client, Filter, Fleet, FleetOptions, Outcome, Rotation, State, Vault, VaultError, What, testing,
};
use tokio_postgres::NoTls;
use users_example::{APPLICATION_SCHEMA, Users};

struct World {
    cluster: &'static Cluster,
    url: String,
    sandbox: Sandbox,
    /// Between the client and the sandbox.
    gate: Gate,
    client: Client,
    /// The users' first tokens.
    first: Vec<String>,
}

impl World {
    /// Users `user1`, `user2` and so on, and one without a token. `None` where there is no
    /// PostgreSQL.
    async fn new(users: usize) -> Option<Self> {
        let cluster = Cluster::shared()?;
        let url = cluster.new_database();
        let sandbox = Sandbox::start(0).await.unwrap();
        let gate = Gate::start(&sandbox.url()).await;
        let github = GitHub::builder(sandbox.client_id(), sandbox.client_secret())
            .base_url(gate.url())
            .build();
        let first = sandbox.new_github_tokens(users);
        cluster.sql(&url, APPLICATION_SCHEMA);
        for (n, token) in (1..).zip(&first) {
            let values = format!("('user{n}', '{token}')");
            let insert = format!("INSERT INTO users (login, github_token) VALUES {values}");
            cluster.sql(&url, &insert);
        }
        cluster.sql(&url, "INSERT INTO users (login) VALUES ('stranger')");
        let world = Self {
            cluster,
            url,
            sandbox,
            gate,
            client: Client::from(github.unwrap()),
            first,
        };
        // The columns come to a table that has rows.
        world.users().migrate().await.unwrap();
        world.users().migrate().await.unwrap();
        Some(world)
    }

    /// Another one each time, as in another process.
    fn users(&self) -> Users {
        let manager = Manager::new(self.url.parse().unwrap(), NoTls);
        let pool = Pool::builder(manager).max_size(4).build().unwrap();
        Users::new(pool, self.client.app())
    }

    fn vault(&self) -> Vault {
        Vault::new(self.users())
    }

    async fn fleet(&self, vault: &Vault, options: FleetOptions) -> Fleet {
        let clients = [self.client.clone()];
        let fleet = vault.rotate_all(clients, Filter::new(), options).await;
        fleet.unwrap()
    }

    fn sql(&self, sql: &str) -> String {
        self.cluster.sql(&self.url, sql)
    }

    /// The application's own query.
    fn token(&self, login: &str) -> String {
        self.sql(&format!(
            "SELECT github_token FROM users WHERE login = '{login}'"
        ))
    }

    /// Every user has the living token, and each of the first ones was reset so many times.
    fn assert_alive(&self, resets: usize) {
        for n in 1..=self.first.len() {
            assert!(self.sandbox.is_alive(&self.token(&format!("user{n}"))));
        }
        let old = self.sandbox.replacements().into_iter().map(|r| r.old);
        let old: Vec<String> = old.collect();
        assert_eq!(old.len(), resets);
        assert_eq!(old.iter().collect::<HashSet<_>>().len(), resets);
    }
}

fn options() -> FleetOptions {
    FleetOptions::new().concurrency(4)
}

async fn read(mut fleet: Fleet) -> Vec<&'static str> {
    let mut words = Vec::new();
    while let Some(settled) = fleet.next().await {
        words.push(settled.outcome.as_str());
    }
    assert!(fleet.summary().stopped.is_none(), "{:?}", fleet.summary());
    words
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_does_what_a_store_does() {
    if Cluster::shared().is_none() {
        return;
    }
    let fresh = async || {
        let world = World::new(testing::ROWS).await.unwrap();
        [world.vault(), world.vault()]
    };
    testing::reads(&fresh).await;
    testing::changes(&fresh).await;
    testing::runs(&fresh).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_users() {
    const USERS: usize = 60;
    let Some(world) = World::new(USERS).await else {
        return;
    };
    let others = "SELECT id, login, created_at FROM users ORDER BY id";
    let before = world.sql(others);
    let [one, two] = [world.vault(), world.vault()];
    let paced = || options().per_second(1000.0);
    let (mut one, mut two) = tokio::join!(world.fleet(&one, paced()), world.fleet(&two, paced()));
    assert_eq!(one.runs()[0].number, two.runs()[0].number);
    // Nobody reads the other one, which comes to a halt then and leaves some of them.
    for fleet in [&mut one, &mut two] {
        let settled = fleet.next().await.expect("they share it");
        assert!(matches!(settled.outcome, Outcome::Replaced));
    }
    let (one, two) = tokio::join!(read(one), read(two));
    assert_eq!(2 + one.len() + two.len(), USERS);
    assert!(one.iter().chain(&two).all(|word| *word == "replaced"));
    world.assert_alive(USERS);
    assert_eq!(world.sql(others), before);
    assert_eq!(world.token("stranger"), "");

    // Another run is another run.
    let vault = world.vault();
    let again = read(world.fleet(&vault, options()).await).await;
    assert_eq!(again.len(), USERS);
    world.assert_alive(2 * USERS);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_replaces_a_token() {
    let Some(world) = World::new(2).await else {
        return;
    };
    let held = world.vault().get("1").await.unwrap().unwrap();
    assert_eq!(held.label.as_deref(), Some("user1"));
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let (vault, client, held) = (world.vault(), world.client.clone(), held.clone());
            tokio::spawn(async move { vault.rotate(&client, &held).await.unwrap() })
        })
        .collect();
    let mut rotated = 0;
    for task in tasks {
        let rotation = task.await.unwrap();
        rotated += usize::from(matches!(rotation, Rotation::Rotated(_)));
        let found = rotation.into_entry().tokens.token.unwrap();
        assert_eq!(found.expose(), world.token("user1"));
    }
    assert_eq!(rotated, 1);
    assert_eq!(world.token("user2"), world.first[1]);
    world.assert_alive(1);
}

/// A process died after it had claimed two users and before it sent anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_owner_is_succeeded() {
    let Some(world) = World::new(3).await else {
        return;
    };
    world.sql(
        "UPDATE users SET rotation = rotation || jsonb_build_object('state', 'rotating', \
         'fence', 1, 'owner', 'the dead one', 'span', 60000, 'until', \
         floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + 200) WHERE id <= 2",
    );
    let vault = world.vault();
    let held = vault.get("1").await.unwrap().unwrap();
    assert_eq!(held.state(), State::Rotating);
    let rotation = vault.rotate(&world.client, &held).await.unwrap();
    assert!(matches!(rotation, Rotation::Rotated(_)));
    let in_doubt = Filter::new().state(State::Rotating);
    assert_eq!(vault.count(&in_doubt).await.unwrap(), 1);
    let mut words = read(world.fleet(&vault, options()).await).await;
    words.sort_unstable();
    assert_eq!(words, ["replaced", "replaced", "resolved"]);
    world.assert_alive(4);
}

/// Its answers are lost, which the old tokens tell; a login brings the user back.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_token_is_said_to_be() {
    let Some(world) = World::new(2).await else {
        return;
    };
    let quick = Vault::builder().leave_alone(Duration::from_millis(200));
    let vault = quick.store(world.users());
    let held = vault.get("1").await.unwrap().unwrap();
    world.sandbox.set_fault(Fault::AfterChange);
    let unknown = vault.rotate(&world.client, &held).await.unwrap_err();
    assert!(matches!(unknown, VaultError::Unknown(_)), "{unknown}");
    world.sandbox.set_fault(None);
    let clients = [world.client.clone()];
    let fleet = vault.recover_all(clients, Filter::new(), options()).await;
    let settled = fleet.unwrap().next().await.unwrap();
    assert!(matches!(settled.outcome, Outcome::Lost));
    let lost = vault.count(&Filter::new().state(State::Lost)).await;
    assert_eq!(lost.unwrap(), 1);

    let token = world.sandbox.new_github_token();
    world.sql(&format!(
        "UPDATE users SET github_token = '{token}' WHERE id = 1"
    ));
    let now = vault.get("1").await.unwrap().unwrap();
    assert_eq!((now.state(), now.generation), (State::Active, 2));
    vault.rotate(&world.client, &now).await.unwrap();
    world.assert_alive(2);

    let mut history = vault.history(Some("1"));
    let mut words = Vec::new();
    while let Some(event) = history.next().await {
        words.push(event.unwrap().what);
    }
    assert_eq!(words, [What::Unknown, What::Lost, What::Replaced]);
}

/// Somebody answers for GitHub, and with the same each time.
#[tokio::test(flavor = "multi_thread")]
async fn no_two_users_get_one_token() {
    let Some(mut world) = World::new(2).await else {
        return;
    };
    let token = format!("gho_{}", "n".repeat(36));
    let hash = Secret::new(&*token).fingerprint();
    let body = format!(r#"{{"id":1,"token":"{token}","hashed_token":"{hash}"}}"#);
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-github-request-id: C0DE:1\r\n";
    let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    let server = RawServer::start_with(move |_| answer.clone().into()).await;
    let github = GitHub::builder(world.sandbox.client_id(), "secret").base_url(server.url());
    world.client = Client::from(github.build().unwrap());
    let vault = world.vault();
    let one = vault.get("1").await.unwrap().unwrap();
    let two = vault.get("2").await.unwrap().unwrap();
    vault.rotate(&world.client, &one).await.unwrap();
    let refused = vault.rotate(&world.client, &two).await.unwrap_err();
    assert!(
        matches!(&refused, VaultError::NotSaved { why, .. } if why.is_duplicate()),
        "{refused}"
    );
    assert_eq!(world.token("user1"), token);
    assert_eq!(world.token("user2"), world.first[1]);
    let in_doubt = vault.get("2").await.unwrap().unwrap();
    assert_eq!(in_doubt.state(), State::Unknown);
}

/// The user logs in while their token is replaced.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_not_overwritten() {
    let Some(world) = World::new(1).await else {
        return;
    };
    let vault = world.vault();
    let held = vault.get("1").await.unwrap().unwrap();
    let answer = world.gate.hold("PATCH", Point::Answer);
    let rotating = tokio::spawn({
        let (vault, client) = (vault.clone(), world.client.clone());
        async move { vault.rotate(&client, &held).await.unwrap() }
    });
    answer.is_there().await;
    let token = world.sandbox.new_github_token();
    world.sql(&format!(
        "UPDATE users SET github_token = '{token}' WHERE id = 1"
    ));
    answer.release().await;
    let entry = rotating.await.unwrap().into_entry();
    assert_eq!(entry.tokens.token.unwrap().expose(), token);
    assert_eq!(world.token("user1"), token);
    world.assert_alive(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_here_says_so() {
    let Some(world) = World::new(1).await else {
        return;
    };
    let vault = world.vault();
    assert!(vault.get("user1").await.unwrap().is_none());
    let mut entry = vault.get("1").await.unwrap().unwrap();
    let other_app = Filter::new().client_id("another");
    assert_eq!(vault.count(&other_app).await.unwrap(), 0);
    assert_eq!(vault.count(&Filter::new().id("1")).await.unwrap(), 1);
    let old = Filter::new().older_than(Duration::from_secs(3600));
    assert_eq!(vault.count(&old).await.unwrap(), 0);
    entry.id = "2".into();
    assert!(vault.put(entry).await.is_err(), "the stranger has no token");
    // Out of the vault, a user is still a user.
    assert!(vault.remove("1").await.unwrap());
    assert_eq!(world.sql("SELECT count(*) FROM users"), "2");
    assert_eq!(vault.count(&Filter::new()).await.unwrap(), 0);
}

#[test]
fn the_program_says_what_it_did() {
    let program = || Command::new(env!("CARGO_BIN_EXE_users-example"));
    let without = program().env_remove("DATABASE_URL").output().unwrap();
    assert_eq!(without.status.code(), Some(2));
    assert!(
        String::from_utf8(without.stderr)
            .unwrap()
            .contains("DATABASE_URL")
    );

    let Some(cluster) = Cluster::shared() else {
        return;
    };
    let url = cluster.new_database();
    // Somebody else's table of this name is left alone.
    cluster.sql(&url, "CREATE TABLE users (other int)");
    for _ in 0..2 {
        let output = program().env("DATABASE_URL", &url).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        let text = String::from_utf8(output.stdout).unwrap();
        for line in ["works: true", "octocat: replaced", "all: 4 replaced"] {
            assert!(text.contains(line), "{text}");
        }
        assert!(!text.contains("gho_"), "{text}");
        let tokens = "SELECT github_token FROM users_example.users";
        for token in cluster.sql(&url, tokens).lines() {
            assert!(!text.contains(token));
        }
    }
    assert_eq!(cluster.sql(&url, "SELECT count(*) FROM users"), "0");
}
