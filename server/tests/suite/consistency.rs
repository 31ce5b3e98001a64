//! What operators do after a restore: compare state and log, publish again what nobody handled. And the health check of
//! containers.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::{Envelope, KycStatus};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use server::store::Table;

use super::command_line::{Environment, append_published, both, decision, event, handled, refused, run};
use super::support::{Behind, Person, TestServer, eventually};

/// Runs a command that finds something, and returns its text and its JSON.
async fn found(environment: &Environment, arguments: &[&str]) -> (String, Value) {
    let text = run(environment, arguments).await;
    assert_eq!(text.code, Some(1), "{arguments:?}: {} {}", text.out, text.err);
    assert_eq!(text.err.lines().count(), 1, "{}", text.err);
    let json = run(environment, &[arguments, &["--json"]].concat()).await;
    (text.out, serde_json::from_str(&json.out).unwrap())
}

/// A server with one applicant, whose first event is handled.
async fn started() -> (TestServer, Person, Behind) {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let behind = server.behind().await;
    eventually("the first event is handled", async || {
        (behind.store().audit_log(ingrid.customer()).await.unwrap().len() == 1).then_some(())
    })
    .await;
    (server, ingrid, behind)
}

/// An event that was committed two minutes ago.
fn earlier(ingrid: &Person, sequence: u64) -> Envelope {
    let timestamp = (Timestamp::now() - SignedDuration::from_mins(2)).round(jiff::Unit::Millisecond).unwrap();
    let application_id = ingrid.application();
    Envelope { application_id, timestamp, ..event(ingrid.customer(), sequence, decision(KycStatus::Rejected)) }
}

/// As after the loss of Kafka: the log has an event that was published, and no topic has it.
#[tokio::test(flavor = "multi_thread")]
async fn event_that_no_topic_has_is_published_again_once() {
    let (server, ingrid, behind) = started().await;
    let environment = server.environment();
    let (text, json) = both(&environment, &["events", "republish", "--unhandled"]).await;
    assert!(text.starts_with("Nothing to publish again") && json["unhandled"] == json!([]), "{text}");

    let lost = earlier(&ingrid, 2);
    append_published(&behind, &lost).await;
    let recent = ["events", "republish", "--unhandled", "--older-than", "600", "--dry-run"];
    assert!(both(&environment, &recent).await.0.starts_with("Nothing to publish again"));
    let (text, json) = both(&environment, &["events", "republish", "--unhandled", "--dry-run"]).await;
    let place = json!([{ "customerId": ingrid.customer(), "sequence": 2 }]);
    assert!(text.contains("1 event would be published again") && json["unhandled"] == place, "{text}");
    assert_eq!(behind.published().await.len(), 1, "only the first event");

    let again = run(&environment, &["events", "republish", "--unhandled"]).await;
    assert!(again.code == Some(0) && again.out.contains("1 event published again"), "{} {}", again.out, again.err);
    handled(&behind, &lost).await;
    assert_eq!(behind.rows(Table::KycResults).await.len(), 1);
    let published = behind.published().await;
    assert_eq!(published.iter().filter(|event| event.event_id == lost.event_id).count(), 1);
    assert!(both(&environment, &["events", "republish", "--unhandled"]).await.0.starts_with("Nothing to publish"));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_what_state_log_and_audit_disagree_in() {
    let (server, ingrid, behind) = started().await;
    let (environment, customer) = (server.environment(), ingrid.customer());
    let (text, json) = both(&environment, &["check", "--audit"]).await;
    assert!(text.contains("1 application and 1 event compared: no differences."), "{text}");
    assert_eq!((&json["applications"], &json["audited"], &json["differences"]), (&1.into(), &true.into(), &json!([])));

    // The log of a later moment than the state.
    append_published(&behind, &earlier(&ingrid, 2)).await;
    let (text, json) = found(&environment, &["check"]).await;
    assert!(text.contains("the log ends at 2, and the application is at sequence 1"), "{text}");
    assert!(text.contains("1 event published and not handled for more than a minute"), "{text}");
    assert_eq!((&json["differences"][0]["customerId"], &json["unhandled"]), (&json!(customer), &1.into()));

    // An event that was changed after it was handled.
    let key = |sequence: u64| {
        let update = behind.dynamodb.update_item().table_name(behind.names.name(Table::KafkaEvents));
        update
            .key("customerId", AttributeValue::S(customer.to_string()))
            .key("sequence", AttributeValue::N(sequence.to_string()))
    };
    let changed = key(1).update_expression("SET #event = :event").expression_attribute_names("#event", "event");
    changed.expression_attribute_values(":event", AttributeValue::S("{}".to_owned())).send().await.unwrap();
    let (text, _) = found(&environment, &["check", "--audit"]).await;
    assert!(text.contains("event 1 differs from the hash in the audit log"), "{text}");

    // The state of an earlier moment than the application.
    let table = behind.names.name(Table::Applications);
    let id = AttributeValue::S(ingrid.application().to_string());
    behind.dynamodb.delete_item().table_name(table).key("applicationId", id).send().await.unwrap();
    let (text, json) = found(&environment, &["check"]).await;
    assert!(text.contains("2 events in the log, and no application") && json["applications"] == 0, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_asks_the_server_on_its_address() {
    let server = TestServer::start().await;
    let with = |address: &str| vec![("LEPTOS_SITE_ADDR", address.to_owned())];
    let everywhere = with(&format!("0.0.0.0:{}", server.server.address.port()));
    for arguments in [&["health"][..], &["health", "--ready"]] {
        let (text, json) = both(&everywhere, arguments).await;
        assert!(text.contains("answers 200") && json["status"] == 200, "{text}");
    }
    let port = server.server.address.port();
    server.server.stop().await;
    assert!(refused(&with(&format!("127.0.0.1:{port}")), &["health"]).await.contains("no answer"));
    assert!(refused(&with("127.0.0.1:0"), &["health"]).await.contains("LEPTOS_SITE_ADDR"));
}
