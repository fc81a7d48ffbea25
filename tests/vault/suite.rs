//! The suite for stores of one's own, on those of the engines.

use std::sync::Mutex;

use tokenturn_vault::{Vault, testing};

use crate::vault::place::Place;
use crate::vault::{entry, key, on_all, stream};

on_all!(reads, changes, runs, inserts);

/// Another place each time, and as long as they are asked for.
struct Places(Mutex<Vec<Place>>);

impl Places {
    fn like(place: Place) -> Self {
        Self(Mutex::new(vec![place]))
    }

    /// Two vaults in a place with so many rows.
    async fn fresh(&self, rows: usize) -> [Vault; 2] {
        let (place, key) = (self.0.lock().unwrap()[0].another(), key());
        let vaults = [place.open(&key).await, place.open(&key).await];
        let entries = (0..rows).map(|row| Ok(entry(&format!("row {row}")).with_label("a label")));
        vaults[0].import(stream(entries)).await.unwrap();
        self.0.lock().unwrap().push(place);
        vaults
    }
}

async fn reads(place: Place) {
    let places = Places::like(place);
    testing::reads(&async || places.fresh(testing::ROWS).await).await;
}

async fn changes(place: Place) {
    let places = Places::like(place);
    testing::changes(&async || places.fresh(testing::ROWS).await).await;
}

async fn runs(place: Place) {
    let places = Places::like(place);
    testing::runs(&async || places.fresh(testing::ROWS).await).await;
}

async fn inserts(place: Place) {
    let places = Places::like(place);
    testing::inserts(&async || places.fresh(0).await).await;
}
