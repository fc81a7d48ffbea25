//! An answer that may have the new token in it is kept with its row until the doubt is resolved.

use tokenturn::{GitHub, Secret};
use tokenturn_tests::crash::PATIENCE;
use tokenturn_tests::{CLIENT_ID, CLIENT_SECRET, RawRequest, RawServer, json_answer};
use tokenturn_vault::{Client, Entry, State, Tokens, VaultError};

use crate::vault::place::Place;
use crate::vault::{key, on_all};

on_all!(a_token_in_an_answer_that_is_not_believed_is_recovered);

const ABOUT_THE_TOKEN: &str = r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest/apps/oauth-applications#check-a-token"}"#;

/// Resets, and lets a gateway answer that takes all away but the token; it knows the new tokens.
fn behind_a_gateway(request: &RawRequest) -> String {
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    let asked = body["access_token"].as_str().unwrap();
    match () {
        () if request.line.starts_with("PATCH ") => {
            let new = asked.replace("old", "new");
            json_answer("200 OK", "", &format!(r#"{{"token":"{new}","ttl":300}}"#))
        }
        () if asked.contains("new") => {
            let body = format!(r#"{{"token":"{asked}","user":{{"id":7}}}}"#);
            json_answer("200 OK", "", &body)
        }
        () => json_answer("404 Not Found", "", ABOUT_THE_TOKEN),
    }
}

async fn a_token_in_an_answer_that_is_not_believed_is_recovered(place: Place) {
    let server =
        RawServer::start_with(|request: &RawRequest| behind_a_gateway(request).into()).await;
    let github = GitHub::builder(CLIENT_ID, CLIENT_SECRET).base_url(server.url());
    let client = Client::from(github.build().unwrap());
    let vault = place.open_quick(&key()).await;
    for (id, user_id) in [("a", None), ("b", Some(7)), ("c", Some(8))] {
        let (old, new) = (
            format!("gho_old{id}0123456789"),
            format!("gho_new{id}0123456789"),
        );
        let mut tokens = Tokens::github(&*old);
        tokens.user_id = user_id;
        let held = Entry::new(id, client.app(), tokens);
        vault.put(held).await.unwrap();
        let held = vault.get(id).await.unwrap().unwrap();
        let error = vault.rotate(&client, &held).await.unwrap_err();
        assert!(matches!(error, VaultError::Unknown(_)), "{error:?}");

        let row = vault.get(id).await.unwrap().unwrap();
        assert_eq!(row.state(), State::Unknown);
        assert_eq!(row.tokens.token, Some(Secret::new(&*old)));
        let kept = &row.tokens.kept[..];
        assert_eq!(kept.len(), 1);
        assert!(String::from_utf8_lossy(kept[0].body()).contains(&new));
        assert!(!format!("{row:?}").contains("0123456789"));

        // After it was left alone.
        let recovered = async { vault.recover(&client, id).await.unwrap() };
        let recovered = tokio::time::timeout(PATIENCE, recovered).await;
        let row = recovered.unwrap();
        if user_id == Some(8) {
            // Somebody else's, so it is lost; the answer stays where it can be exported.
            assert_eq!(row.state(), State::Lost);
            assert_eq!(row.tokens.kept.len(), 1);
        } else {
            assert_eq!(row.state(), State::Active);
            assert_eq!(row.tokens.token, Some(Secret::new(&*new)));
            assert_eq!(row.tokens.user_id, Some(7));
            assert!(row.tokens.kept.is_empty());
        }
    }
}
