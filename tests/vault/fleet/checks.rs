//! Asking about many tokens.

use std::time::Duration;

use tokenturn::GitHub;
use tokenturn_sandbox::{Calls, Fault};
use tokenturn_vault::{Client, Filter, Fleet, FleetOptions, State, Stop};

use super::{World, all, fast, unpaced, words};
use crate::vault::place::Place;
use crate::vault::{FAR, on_all};

on_all!(
    what_lives_is_brought_back,
    no_answer_changes_nothing,
    a_no_to_all_changes_nothing,
    what_is_replaced_meanwhile_is_asked_about_anew,
    what_was_dead_before_is_counted,
    what_cannot_be_noted_stops_it,
);

async fn check(world: &World, client: &Client, options: FleetOptions) -> Fleet {
    let clients = [client.clone()];
    let fleet = world.vault.check_all(clients, Filter::new(), options).await;
    fleet.unwrap()
}

async fn states(world: &World) -> Vec<State> {
    let mut states = Vec::new();
    for entry in &world.entries {
        let now = world.vault.get(&entry.id).await.unwrap().unwrap();
        states.push(now.state());
    }
    states
}

/// The user of this token takes the app's rights away, and nobody tells the vault.
async fn kill(world: &World, row: usize) {
    let github = world.client.downcast_ref::<GitHub>().unwrap();
    let token = world.entries[row].tokens.token.as_ref().unwrap();
    github.delete_token(token).await.unwrap();
}

/// The provider has answered: it is not unknown what it said.
async fn what_cannot_be_noted_stops_it(place: Place) {
    let world = World::new(&place, 3).await;
    place.sql("UPDATE token SET state = 'lost'");
    place.sql(match place {
        Place::Sqlite(_) => {
            "CREATE TRIGGER no BEFORE UPDATE ON token BEGIN SELECT RAISE(ABORT, 'no'); END"
        }
        Place::Postgres(..) => "ALTER TABLE token ADD CHECK (state <> 'active') NOT VALID",
    });
    let mut fleet = check(&world, &world.client, unpaced(1)).await;
    assert_eq!(all(&mut fleet).await.len(), 0);
    let stopped = fleet.summary().stopped.as_ref();
    assert!(matches!(stopped, Some(Stop::Store(_))), "{stopped:?}");
}

async fn what_lives_is_brought_back(place: Place) {
    let world = World::new(&place, 7).await;
    kill(&world, 0).await;
    kill(&world, 1).await;
    place.sql("UPDATE token SET state = 'lost' WHERE id IN ('0001', '0002')");
    place.sql("UPDATE token SET state = 'revoked' WHERE id = '0003'");
    place.sql("UPDATE token SET state = 'unknown' WHERE id = '0004'");
    let hold =
        format!("UPDATE token SET state = 'rotating', until = changed_at + {FAR}, span = {FAR}");
    place.sql(&format!("{hold} WHERE id = '0005'"));
    let mut fleet = check(&world, &world.client, unpaced(4)).await;
    assert_eq!(fleet.expected().left, 7);
    let mut settled = all(&mut fleet).await;
    settled.sort_by(|a, b| a.id.cmp(&b.id));
    let found: Vec<_> = settled.iter().map(|s| s.outcome.as_str()).collect();
    let expected = "invalid invalid restored restored unknown unknown valid";
    assert_eq!(found.join(" "), expected);
    let summary = fleet.summary();
    assert_eq!((summary.valid, summary.restored), (1, 2));
    assert_eq!((summary.invalid, summary.unknown), (2, 2));
    assert_eq!(summary.not_attempted, 0);
    use State::{Active, Lost, Revoked, Rotating, Unknown};
    let expected = [Revoked, Lost, Active, Active, Unknown, Rotating, Active];
    assert_eq!(states(&world).await, expected);
    // Nobody was asked about what is in doubt.
    assert_eq!(world.sandbox.requests().len(), 2 + 5);
}

async fn no_answer_changes_nothing(place: Place) {
    let world = World::new(&place, 40).await;
    place.sql("UPDATE token SET state = 'lost' WHERE id < '0004'");
    let before = states(&world).await;
    world.sandbox.set_fault(Fault::NoChecks);
    let options = unpaced(4).patience(Duration::from_millis(500));
    let mut fleet = check(&world, &world.client, options).await;
    assert_eq!(words(&all(&mut fleet).await), ["unknown"]);
    let summary = fleet.summary();
    assert!(
        matches!(summary.stopped, Some(Stop::ProviderUnavailable(_))),
        "{summary:?}"
    );
    assert_eq!(summary.unknown + summary.not_attempted, 40);
    assert_eq!(states(&world).await, before);

    world.sandbox.set_fault(None);
    world.sandbox.add_fault(Fault::NoChecks, Calls::Next(1));
    let mut fleet = check(&world, &world.client, fast()).await;
    assert_eq!(words(&all(&mut fleet).await), ["restored", "valid"]);
}

async fn a_no_to_all_changes_nothing(place: Place) {
    let world = World::new(&place, 40).await;
    let wrong = GitHub::builder(world.sandbox.client_id(), "wrong");
    let wrong = wrong.base_url(world.sandbox.url()).build().unwrap().into();
    let mut fleet = check(&world, &wrong, unpaced(4)).await;
    assert!(all(&mut fleet).await.is_empty());
    let summary = fleet.summary();
    assert!(
        matches!(summary.stopped, Some(Stop::BadCredentials(_))),
        "{summary:?}"
    );
    assert_eq!(summary.not_attempted, 40);
    assert_eq!(states(&world).await, [State::Active; 40]);
}

/// Both go through all tokens at once: no token is called invalid that is not the row's any more.
async fn what_is_replaced_meanwhile_is_asked_about_anew(place: Place) {
    let world = World::new(&place, 100).await;
    let mut rotating = world.begin(unpaced(4)).await;
    let mut checking = check(&world, &world.client, unpaced(4)).await;
    let (_, settled) = tokio::join!(all(&mut rotating), all(&mut checking));
    assert!(
        words(&settled).iter().all(|word| *word != "invalid"),
        "{:?}",
        words(&settled)
    );
    assert_eq!(states(&world).await, [State::Active; 100]);
}

async fn what_was_dead_before_is_counted(place: Place) {
    let world = World::new(&place, 5).await;
    place.sql("UPDATE token SET state = 'lost' WHERE id = '0000'");
    place.sql("UPDATE token SET state = 'revoked' WHERE id = '0001'");
    let mut fleet = world.begin(fast()).await;
    all(&mut fleet).await;
    let summary = fleet.summary();
    assert_eq!((summary.replaced, summary.dead), (3, 2));
}
