//! A client for a spec of one's own, with the guarantees of tokenturn's: five lines of `build.rs`
//! and a module.
//!
//! ```no_run
//! use tokenturn_client::{Error, Secret, Transport};
//! use tokenturn_example_build_script::keys::{self, answers, errors};
//!
//! # async fn run(token: Secret) -> Result<(), Box<dyn std::error::Error>> {
//! let transport = Transport::builder("https://keys.example").bearer(token).build()?;
//! let client = keys::Client::new(transport);
//! match client.rotate_key().key_id("k1").send().await {
//!     Ok(answer) => match answer.into_inner() {
//!         answers::RotateKey::Ok(key) => println!("{:?}", key.secret),
//!         _ => println!("not yet"),
//!     },
//!     Err(Error::ErrorResponse(answer)) => match answer.into_inner() {
//!         errors::RotateKey::NotFound(problem) => println!("{:?}", problem.title),
//!         other => println!("{other:?}"),
//!     },
//!     Err(error) => return Err(error.into()),
//! }
//! # Ok(())
//! # }
//! ```

/// The client that `build.rs` made from `keys.yaml`.
#[allow(missing_docs)]
pub mod keys {
    include!(concat!(env!("OUT_DIR"), "/keys.rs"));
}

/// Its mocks.
#[cfg(test)]
#[allow(dead_code, unreachable_pub)]
mod keys_mocks {
    include!(concat!(env!("OUT_DIR"), "/keys_mocks.rs"));
}

/// Every operation, to its mock and back.
#[cfg(test)]
mod keys_round_trip {
    include!(concat!(env!("OUT_DIR"), "/keys_round_trip.rs"));
}

#[cfg(test)]
mod tests {
    use tokenturn_client::{Retry, Secret, Transport};
    use tokenturn_httpmock::MockServer;

    use crate::keys::{Client, OPERATIONS, answers, types};
    use crate::keys_mocks::Mocks as _;

    #[tokio::test]
    async fn a_key_is_rotated() {
        let server = MockServer::start_async().await;
        let key: types::Key = types::Key {
            id: "k1".into(),
            label: None,
            secret: Some(Secret::new("the new secret")),
            created_at: None,
        };
        let rotate = server.rotate_key(|when, then| {
            when.key_id("k1").bearer("account-token");
            then.ok(&key);
        });

        let transport = Transport::builder(server.base_url()).bearer("account-token");
        let client = Client::new(transport.build().unwrap());
        let answer = client.rotate_key().key_id("k1").send().await.unwrap();

        rotate.assert();
        let answers::RotateKey::Ok(found) = answer.into_inner() else {
            panic!("no key")
        };
        assert_eq!(found.secret, key.secret);
        assert!(!format!("{found:?}").contains("the new secret"));
    }

    #[test]
    fn the_operations_say_what_may_be_repeated() {
        let rotate = OPERATIONS
            .iter()
            .find(|operation| operation.id == "rotate_key");
        assert_eq!(rotate.map(|operation| operation.retry), Some(Retry::Never));
    }
}
