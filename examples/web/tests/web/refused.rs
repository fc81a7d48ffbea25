//! What an attacker tries.

use super::browser::Browser;
use super::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_is_taken_once_and_from_its_own_browser() {
    let world = World::new(None).await;
    let mut browser = Browser::default();
    let callback = world.approve(&mut browser).await;

    // Somebody is sent to the callback of an attacker, to be signed in as them.
    let mut victim = Browser::default();
    let page = victim.get(&world.two, &callback).await;
    assert_eq!((page.status, page.header("set-cookie")), (400, None));
    // Also when they are signing in themselves.
    let own = world.approve(&mut victim).await;
    let page = victim.get(&world.two, &callback).await;
    assert_eq!((page.status, page.header("set-cookie")), (400, None));
    // With the code of the attacker and the state of their own, GitHub knows better, by the code verifier.
    let state = |url: &str| url.split_once("&state=").unwrap().1.to_owned();
    let mixed = callback.replace(&state(&callback), &state(&own));
    let page = victim.get(&world.two, &mixed).await;
    assert_eq!(page.status, 400, "{page:?}");
    assert!(victim.cookies.is_empty(), "the sign-in is used up");

    // A state that was not given, twice, or nearly right.
    for url in [
        "/callback".to_owned(),
        "/callback?code=0123456789abcdef0123".to_owned(),
        format!("{callback}&state={}", state(&callback)),
        format!("{callback}x"),
    ] {
        let page = browser.get(&world.one, &url).await;
        assert_eq!(
            (page.status, page.header("set-cookie")),
            (400, None),
            "{url}"
        );
    }
    assert!(world.rows().await.is_empty());

    // GitHub has taken the code already.
    let callback = world.approve(&mut browser).await;
    let before = browser.clone();
    let page = browser.get(&world.one, &callback).await;
    assert_eq!(page.status, 303);
    let row = world.row().await.id;
    for mut again in [browser.clone(), before] {
        let page = again.get(&world.two, &callback).await;
        assert_eq!(page.status, 400, "{page:?}");
    }
    assert_eq!(world.row().await.id, row);
    assert_eq!(browser.get(&world.one, "/").await.status, 200);
    let code = &callback["/callback?code=".len()..][..20];
    assert!(!world.log().contains(code) && !world.log().contains(&state(&callback)));
    world.assert_no_secret("");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_may_say_no() {
    let world = World::new(None).await;
    let mut browser = Browser::default();
    let page = browser.get(&world.one, "/sign-in").await;
    let page = page
        .location()
        .replace(&world.gate.url(), &world.sandbox.url());
    let callback = world.sandbox.deny(&page).unwrap();
    let callback = callback.split_once("/callback").unwrap().1;
    let page = browser
        .get(&world.two, &format!("/callback{callback}"))
        .await;
    assert_eq!(page.status, 400);
    assert!(
        page.body.contains("You did not let this app in."),
        "{page:?}"
    );
    assert!(browser.cookies.is_empty());
}

/// An attacker has put a session into somebody's browser before they sign in.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_cannot_be_fixed() {
    let world = World::new(None).await;
    let mut attacker = Browser::default();
    world.sign_in(&mut attacker).await;
    let fixed = attacker.cookies["session"].clone();
    let row = world.row().await.id;

    let mut victim = attacker.clone();
    world.sign_in(&mut victim).await;
    assert_ne!(victim.cookies["session"], fixed);
    let page = victim.get(&world.one, "/").await;
    assert!(page.status == 200 && !page.body.contains(&row), "{page:?}");
    let page = attacker.get(&world.one, "/").await;
    assert!(page.status == 200 && page.body.contains(&row), "{page:?}");

    // What this application has not encrypted is no session, nor is a cookie for something else.
    world.approve(&mut attacker).await;
    let (_, sign_in) = attacker
        .cookies
        .iter()
        .find(|(name, _)| name.starts_with("sign-in"))
        .unwrap();
    for value in [&row, "", "AAAA", &fixed[1..], sign_in] {
        let mut forger = Browser::default();
        forger
            .cookies
            .insert("session".to_owned(), value.to_owned());
        let page = forger.get(&world.one, "/").await;
        assert!(page.body.contains("Nobody is signed in"), "{page:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_other_sites_do_nothing() {
    let world = World::new(None).await;
    let mut browser = Browser::default();
    world.sign_in(&mut browser).await;
    for origin in ["", "origin: null\r\n", "origin: https://evil.example\r\n"] {
        browser.more = origin.to_owned();
        for path in ["/sign-out", "/admin/reset-all"] {
            let page = browser.post_from_elsewhere(&world.one, path, "").await;
            assert_eq!(page.status, 403, "{page:?}");
        }
    }
    browser.more = String::new();
    assert_eq!(browser.get(&world.one, "/sign-out").await.status, 405);
    assert_eq!(browser.get(&world.one, "/").await.status, 200);
    assert_eq!(world.row().await.generation, 1);
}
