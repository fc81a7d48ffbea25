//! What a run would do.

use tokenturn::GitHub;
use tokenturn_vault::{App, Client, Entry, Filter, FleetOptions, Provider, Tokens};

use super::{World, all, fast};
use crate::vault::on_all;
use crate::vault::place::Place;

on_all!(
    it_says_what_would_be_done_and_does_nothing,
    it_says_what_would_stop_it,
    it_counts_what_is_left,
    what_a_later_run_has_ended_is_begun_anew
);

async fn it_says_what_would_be_done_and_does_nothing(place: Place) {
    let world = World::new(&place, 10).await;
    let elsewhere = App {
        provider: Provider::GITHUB,
        server: "https://api.github.com".into(),
        client_id: "another".into(),
    };
    let other = Entry::new("other", elsewhere, Tokens::github("gho_other"));
    world.vault.put(other).await.unwrap();
    let options = FleetOptions::new().per_second(2.0);
    let clients = [world.client.clone()];
    let plan = world
        .vault
        .plan(clients, &Filter::new(), &options)
        .await
        .unwrap();
    assert_eq!(plan.without_client, 1);
    let app = &plan.apps[0];
    assert_eq!((app.tokens, app.in_doubt, app.done), (10, 0, 0));
    assert_eq!(app.takes.unwrap().as_secs(), 5);
    assert_eq!(app.trouble, None);
    assert_eq!(world.resets(), 0);

    // Afterwards the run is a new one.
    let fleet = world.begin(fast()).await;
    assert!(!fleet.runs()[0].is_resumed);
}

async fn it_says_what_would_stop_it(place: Place) {
    let world = World::new(&place, 1).await;
    let wrong = GitHub::builder(world.sandbox.client_id(), "wrong");
    let wrong = Client::from(wrong.base_url(world.sandbox.url()).build().unwrap());
    let plan = world
        .vault
        .plan([wrong], &Filter::new(), &fast())
        .await
        .unwrap();
    let trouble = plan.apps[0].trouble.clone().unwrap();
    assert!(trouble.contains("credentials"), "{trouble}");
}

async fn what_a_later_run_has_ended_is_begun_anew(place: Place) {
    let world = World::new(&place, 3).await;
    let mine = Filter::new().provider(Provider::GITHUB);
    let begin = async |filter: &Filter| {
        let fleet = world
            .vault
            .rotate_all([world.client.clone()], filter.clone(), fast());
        fleet.await.unwrap()
    };
    let fleet = begin(&mine).await;
    fleet.stopper().stop();
    drop(fleet);
    world.vault.drain().await;
    all(&mut world.begin(fast()).await).await;
    let options = fast();
    let plan = world.vault.plan([world.client.clone()], &mine, &options);
    let plan = plan.await.unwrap();
    assert_eq!((plan.apps[0].tokens, plan.apps[0].done), (3, 0));
}

async fn it_counts_what_is_left(place: Place) {
    let world = World::new(&place, 30).await;
    let mut fleet = world.begin(fast()).await;
    for _ in 0..5 {
        fleet.next().await.unwrap();
    }
    fleet.stopper().stop();
    let done = 5 + all(&mut fleet).await.len() as u64;
    let clients = [world.client.clone()];
    let plan = world
        .vault
        .plan(clients, &Filter::new(), &fast())
        .await
        .unwrap();
    assert_eq!((plan.apps[0].done, plan.apps[0].tokens), (done, 30 - done));
}
