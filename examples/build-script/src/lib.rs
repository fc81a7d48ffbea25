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
//!
//! The module [`keycloak`] is made of a description that others wrote: that of Keycloak's Admin API,
//! which `build.rs` finds in the source of the crate `keycloak`. It has no names of operations, says
//! nothing of secrets, and has an answer without the token that is in it. `keycloak.overlay.yaml` adds
//! all that, and what is generated is the part of it that issues tokens and replaces secrets.

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

/// The client that `build.rs` made from Keycloak's description and `keycloak.overlay.yaml`.
#[allow(missing_docs)]
pub mod keycloak {
    include!(concat!(env!("OUT_DIR"), "/keycloak.rs"));
}

#[cfg(test)]
#[allow(dead_code, unreachable_pub)]
mod keycloak_mocks {
    include!(concat!(env!("OUT_DIR"), "/keycloak_mocks.rs"));
}

#[cfg(test)]
mod keycloak_round_trip {
    include!(concat!(env!("OUT_DIR"), "/keycloak_round_trip.rs"));
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokenturn_client::{Retry, Secret, Transport};
    use tokenturn_httpmock::MockServer;

    use crate::keycloak;
    use crate::keycloak_mocks::Mocks as _;
    use crate::keys::{Client, OPERATIONS, answers};
    use crate::keys_mocks::Mocks as _;

    #[tokio::test]
    async fn a_key_is_rotated() {
        let server = MockServer::start_async().await;
        let secret = Some(Secret::new("the new secret"));
        let rotate = server.rotate_key(|when, then| {
            when.key_id("k1").bearer("account-token");
            then.ok_with(|key| key.secret = secret.clone());
        });

        let transport = Transport::builder(server.base_url()).bearer("account-token");
        let client = Client::new(transport.build().unwrap());
        let answer = client.rotate_key().key_id("k1").send().await.unwrap();

        rotate.assert();
        let answers::RotateKey::Ok(found) = answer.into_inner() else {
            panic!("no key")
        };
        assert_eq!(found.secret, secret);
        assert!(!format!("{found:?}").contains("the new secret"));
    }

    #[tokio::test]
    async fn what_the_overlay_marks_does_not_print() {
        let server = MockServer::start_async().await;
        let issued = json!({"id": "t1", "token": "the new token", "expiration": 3600});
        let replaced = json!({"type": "secret", "value": "the new secret"});
        let create = server.create_initial_access(|when, then| {
            when.realm("master").bearer("admin-token");
            then.created(&serde_json::from_value(issued).unwrap());
        });
        let rotate = server.rotate_client_secret(|when, then| {
            when.realm("master").client_uuid("c1").bearer("admin-token");
            then.ok(&serde_json::from_value(replaced).unwrap());
        });
        let transport = Transport::builder(server.base_url()).bearer("admin-token");
        let client = keycloak::Client::new(transport.build().unwrap());

        let order = keycloak::types::ClientInitialAccessCreatePresentation::builder().count(1);
        let create_token = client.create_initial_access().realm("master").body(order);
        let token = create_token.send().await.unwrap().into_inner();
        create.assert();
        assert_eq!(token.token, Some(Secret::new("the new token")));
        assert!(!format!("{token:?}").contains("the new token"));

        let rotate_secret = client.rotate_client_secret().realm("master");
        let answer = rotate_secret.client_uuid("c1").send().await.unwrap();
        rotate.assert();
        let secret = answer.into_inner();
        assert_eq!(secret.value, Some(Secret::new("the new secret")));
        assert!(!format!("{secret:?}").contains("the new secret"));
    }

    #[test]
    fn the_operations_say_what_may_be_repeated() {
        let rotate = OPERATIONS
            .iter()
            .find(|operation| operation.id == "rotate_key");
        assert_eq!(rotate.map(|operation| operation.retry), Some(Retry::Never));
        let operations = keycloak::OPERATIONS.iter();
        let retries = operations.map(|operation| (operation.id, operation.retry));
        assert_eq!(
            retries.collect::<Vec<_>>(),
            [
                ("list_initial_access", Retry::Safe),
                ("create_initial_access", Retry::Never),
                ("delete_initial_access", Retry::Idempotent),
                ("get_client_secret", Retry::Safe),
                ("rotate_client_secret", Retry::Never),
            ]
        );
    }
}
