//! The calls that no provider has.

use std::time::SystemTime;

use serde_json::json;
use tokenturn_sandbox::{Fault, Sandbox};

use super::clock::hours_ahead;
use super::{FORM, JSON, call};

const CLOCK: &str = "POST /_sandbox/clock";

#[tokio::test]
async fn the_clock_is_turned_from_outside() {
    let sandbox = Sandbox::start(0).await.unwrap();
    // What it does to the providers does not concern it.
    sandbox.set_fault(Fault::Outage);
    let mut hours = 0;
    for (query, headers, body, by) in [
        ("?advance=9h", "", "", 9),
        ("?back=1d+1h", "", "", -25),
        ("?advance=1w2d30m30min", "", "", 217),
        ("?advance=7200", "", "", 2),
        ("", FORM, "back=3600s", -1),
        ("", JSON, r#"{"advance":"3 hours 60 m"}"#, 4),
        ("?advance=0", "", "", 0),
    ] {
        let answer = call(&sandbox, &format!("{CLOCK}{query}"), headers, body).await;
        hours += by;
        assert_eq!(answer.status, 200, "{query}{body}: {}", answer.text);
        assert_eq!(hours_ahead(&sandbox), hours, "{query}{body}");
        let content_type = answer.header("content-type");
        assert_eq!(content_type, Some("application/json"));
        let seconds = sandbox.now().duration_since(SystemTime::UNIX_EPOCH);
        let late = seconds.unwrap().as_secs() - answer.body["unix_time"].as_u64().unwrap();
        assert!(late < 600, "{}", answer.text);
        // The hour is the same in all three places.
        let time = answer.text("time");
        let date = answer.header("date").unwrap();
        assert_eq!(time[11..], *format!("{}Z", &date[17..25]), "{date}");
    }
    let shown = call(&sandbox, "GET /_sandbox/clock", "", "").await;
    assert_eq!(shown.status, 200);
    assert!(shown.body["unix_time"].is_u64() && shown.body["error"].is_null());

    for query in [
        "",
        "?advance=",
        "?advance=-1",
        "?advance=+",
        "?advance=h",
        "?advance=1x",
        "?advance=1h2",
        "?advance=1+2h",
        "?advance=%C3%A4",
        "?advance=1h&back=1h",
        "?set=1h",
    ] {
        let answer = call(&sandbox, &format!("{CLOCK}{query}"), "", "").await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text("error").contains("advance=TIME"), "{query}");
        assert_eq!(hours_ahead(&sandbox), hours, "{query}");
    }
    let huge = "9".repeat(30);
    for way in ["advance", "back"] {
        let answer = call(&sandbox, &format!("{CLOCK}?{way}={huge}w"), "", "").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert_eq!(
        call(&sandbox, "PUT /_sandbox/clock", "", "").await.status,
        405
    );
    // Nobody who counts requests counts these.
    assert!(sandbox.requests().is_empty());
    sandbox.set_fault(None);
    let new = json!({ "client_id": "x" }).to_string();
    call(&sandbox, "POST /_sandbox/other", JSON, &new).await;
    assert_eq!(sandbox.requests().len(), 1);
}
