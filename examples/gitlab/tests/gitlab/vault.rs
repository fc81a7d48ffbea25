//! A vault and a fleet.

use std::time::Duration;

use tempfile::TempDir;
use tokenturn_example_gitlab::GitLab;
use tokenturn_vault::{
    Client, Entry, Filter, Fleet, FleetOptions, Key, Outcome, Rotation, State, Tokens, Vault,
    VaultError,
};

use super::{Fate, Sandbox, start};

struct World {
    sandbox: Sandbox,
    client: Client,
    folder: TempDir,
    key: Key,
}

impl World {
    /// Rows `0`, `1` and so on.
    async fn new(rows: usize) -> (Self, Vault) {
        let (sandbox, gitlab) = start().await;
        let world = Self {
            sandbox,
            client: Client::from(gitlab),
            folder: TempDir::new().unwrap(),
            key: Key::generate().unwrap(),
        };
        let vault = world.open().await;
        for id in 0..rows {
            let tokens = Tokens::new(world.sandbox.new_token());
            let entry = Entry::new(id.to_string(), world.client.app(), tokens);
            vault.put(entry).await.unwrap();
        }
        (world, vault)
    }

    /// As another process does.
    async fn open(&self) -> Vault {
        let vault = Vault::builder().leave_alone(Duration::from_millis(100));
        let file = self.folder.path().join("vault");
        vault.sqlite(file, &self.key).await.unwrap()
    }

    async fn row(&self, vault: &Vault, id: &str) -> Entry {
        vault.get(id).await.unwrap().unwrap()
    }

    async fn rotate(&self, vault: &Vault, id: &str) -> Result<Rotation, VaultError> {
        let held = self.row(vault, id).await;
        vault.rotate(&self.client, &held).await
    }

    async fn fleet(&self, vault: &Vault) -> Fleet {
        let clients = [self.client.clone()];
        let options = FleetOptions::new().per_second(1000.0);
        let fleet = vault.rotate_all(clients, Filter::new(), options).await;
        fleet.unwrap()
    }

    /// Every row that is active has the living token of its user.
    async fn assert_alive(&self, vault: &Vault, active: usize) {
        let mut rows = vault.list(Filter::new().state(State::Active));
        let mut found = 0;
        while let Some(entry) = rows.next().await {
            let token = entry.unwrap().tokens.token.unwrap();
            assert!(self.sandbox.is_alive(token.expose()));
            found += 1;
        }
        assert_eq!(found, active);
        assert_eq!(self.sandbox.reused(), 0);
    }
}

async fn read(mut fleet: Fleet) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    while let Some(settled) = fleet.next().await {
        outcomes.push(settled.outcome);
    }
    assert!(fleet.summary().stopped.is_none(), "{:?}", fleet.summary());
    outcomes
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_resolved_by_a_question() {
    for (fate, rotations, state) in [
        (Fate::NotDone, 1, State::Active),
        (Fate::AnswerLost, 1, State::Lost),
        (Fate::CutShort, 1, State::Active),
    ] {
        let (world, vault) = World::new(1).await;
        world.sandbox.next_is(fate);
        let error = world.rotate(&vault, "0").await.unwrap_err();
        assert!(matches!(error, VaultError::Unknown(_)), "{error}");
        let again = world.rotate(&vault, "0").await;
        assert_eq!(again.is_err(), state == State::Lost, "{fate:?}");
        assert_eq!(world.row(&vault, "0").await.state(), state);
        assert_eq!(world.sandbox.rotations(), rotations, "{fate:?}");
        world
            .assert_alive(&vault, usize::from(state == State::Active))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_somebody_else_has_replaced_is_given_up() {
    let (world, vault) = World::new(1).await;
    let token = world.row(&vault, "0").await.tokens.token.unwrap();
    let gitlab = world.client.downcast_ref::<GitLab>().unwrap();
    let new = tokenturn::Provider::replace(gitlab, &token).await.unwrap();
    let error = world.rotate(&vault, "0").await.unwrap_err();
    assert!(matches!(error, VaultError::Revoked(_)), "{error}");
    assert!(world.sandbox.is_alive(new.token.expose()));
    assert_eq!(world.sandbox.reused(), 0);
}

/// Of two processes with many that want one token replaced, one replaces it, also after an outcome that
/// nobody knows.
#[tokio::test(flavor = "multi_thread")]
async fn two_processes_replace_a_token_once() {
    for fate in [None, Some(Fate::NotDone), Some(Fate::CutShort)] {
        let (world, one) = World::new(1).await;
        let two = world.open().await;
        let held = world.row(&one, "0").await;
        if let Some(fate) = fate {
            world.sandbox.next_is(fate);
            world.rotate(&two, "0").await.unwrap_err();
        }
        let vaults = [&one, &two].into_iter().cycle().take(8);
        let tasks = vaults.map(|vault| {
            let (vault, client, held) = (vault.clone(), world.client.clone(), held.clone());
            tokio::spawn(async move { vault.rotate(&client, &held).await.unwrap() })
        });
        let tasks: Vec<_> = tasks.collect();
        for task in tasks {
            let token = task.await.unwrap().into_entry().tokens.token.unwrap();
            assert!(world.sandbox.is_alive(token.expose()));
        }
        assert_eq!(world.sandbox.rotations(), 1, "{fate:?}");
        world.assert_alive(&one, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_a_fleet() {
    const ROWS: usize = 40;
    let (world, one) = World::new(ROWS).await;
    let two = world.open().await;
    let (first, second) = tokio::join!(world.fleet(&one), world.fleet(&two));
    world.sandbox.next_is(Fate::NotDone);
    let (mut outcomes, others) = tokio::join!(read(first), read(second));
    outcomes.extend(others);
    let is_new = |one: &&Outcome| matches!(one, Outcome::Replaced | Outcome::Resolved);
    let replaced = outcomes.iter().filter(is_new).count();
    assert_eq!(replaced, ROWS, "{outcomes:?}");
    assert_eq!(world.sandbox.rotations(), ROWS);
    world.assert_alive(&one, ROWS).await;
}

/// A third of them is dead, a lost answer is one user's, and revoking ends the rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_tells_what_became_of_each() {
    let (world, vault) = World::new(6).await;
    let gitlab = world.client.downcast_ref::<GitLab>().unwrap();
    let dead = world.row(&vault, "5").await.tokens.token.unwrap();
    let revoked = tokenturn_vault::VaultProvider::revoke(gitlab, &dead);
    revoked.await.unwrap();
    let mut fleet = world.fleet(&vault).await;
    let mut lost = 0;
    while let Some(settled) = fleet.next().await {
        if settled.id == "2" && lost == 0 {
            world.sandbox.next_is(Fate::AnswerLost);
        }
        lost += usize::from(matches!(settled.outcome, Outcome::Lost));
    }
    let summary = fleet.summary();
    assert!(summary.stopped.is_none(), "{summary:?}");
    assert_eq!(summary.invalid, 1, "{summary:?}");
    let active = 5 - lost;
    world.assert_alive(&vault, active).await;

    let clients = || [world.client.clone()];
    let options = || FleetOptions::new().per_second(1000.0);
    let checked = vault.check_all(clients(), Filter::new(), options()).await;
    let valid = read(checked.unwrap()).await.into_iter();
    assert_eq!(
        valid.filter(|one| matches!(one, Outcome::Valid)).count(),
        active
    );
    let ended = vault.revoke_all(clients(), Filter::new(), options()).await;
    let ended = read(ended.unwrap()).await.into_iter();
    assert_eq!(
        ended.filter(|one| matches!(one, Outcome::Revoked)).count(),
        active
    );
    world.assert_alive(&vault, 0).await;
}

/// Without options, a fleet keeps to a call a second, and a plan says so.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_provider_is_paced() {
    let (world, vault) = World::new(3).await;
    let options = FleetOptions::new();
    let plan = vault
        .plan([world.client.clone()], &Filter::new(), &options)
        .await
        .unwrap();
    let [app] = &plan.apps[..] else {
        panic!("{plan:?}")
    };
    assert_eq!(
        (app.tokens, app.per_second, &app.trouble),
        (3, Some(1.0), &None)
    );
    assert_eq!(
        app.app.to_string(),
        format!("gitlab at {}", world.sandbox.url())
    );
    assert_eq!(world.sandbox.rotations(), 0);
}
