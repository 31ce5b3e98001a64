//! The effects of consumers: read models, the audit log, parked messages.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::{Envelope, EventType};
use rdkafka::producer::{FutureProducer, FutureRecord};
use server::consumers::effects;
use server::store::{Table, verify_chain};
use specimens::Person as Shown;

use super::decisions::bill;
use super::support::{Behind, Person, Process, TestServer, TestStack, eventually, needs};

/// Publishes bytes to the topic of USER_INFO_SUBMITTED.
async fn publish(behind: &Behind, key: &str, payload: &str) {
    let producer: FutureProducer = behind.kafka.client().create().unwrap();
    let topic = behind.kafka.topic(EventType::UserInfoSubmitted);
    let record = FutureRecord::to(&topic).key(key).payload(payload);
    producer.send(record, Duration::from_secs(10)).await.unwrap();
}

/// The rows of parked messages, once there are `count` of them.
async fn parked(behind: &Behind, count: usize) -> Vec<HashMap<String, AttributeValue>> {
    eventually("messages are parked", async || {
        let rows = behind.rows(Table::ErrorLogs).await;
        let parked: Vec<_> = rows.into_iter().filter(|row| row.contains_key("payload")).collect();
        (parked.len() == count).then_some(parked)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn effects_are_written_to_their_tables() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    ingrid.hand_in("proof_of_address", "bill.pdf", bill(&Shown::ingrid())).await;
    ingrid.post(&ingrid.own("/selection"), &"refused").await;

    let behind = server.behind().await;
    let events = ingrid.events().await;
    let audit = eventually("every event is audited", async || {
        let audit = behind.store().audit_log(ingrid.customer()).await.unwrap();
        (audit.len() == events.len()).then_some(audit)
    })
    .await;
    assert!(verify_chain(&audit));
    let mut forged = audit;
    forged[1].event_hash = forged[0].event_hash.clone();
    assert!(!verify_chain(&forged), "a changed entry breaks the chain");

    let id = ingrid.application().to_string();
    let users = behind.rows(Table::Users).await;
    assert_eq!(users.len(), 1);
    assert_eq!(users[0]["email"].as_s().unwrap(), "ingrid@example.com");
    let read = behind.rows(Table::AiResults).await;
    assert_eq!(read.len(), 1);
    assert_eq!(
        (read[0]["applicationId"].as_s().unwrap(), read[0]["aiProvider"].as_s().unwrap().as_str()),
        (&id, "custom")
    );
    let errors = behind.rows(Table::ErrorLogs).await;
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0]["code"].as_s().unwrap(), "malformed_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn unhandled_message_is_parked_and_later_events_are_handled() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let behind = server.behind().await;
    let stray = ingrid.events().await.remove(0);
    let newer = serde_json::to_string(&serde_json::json!({"schemaVersion": 99, "data": {}})).unwrap();
    let elsewhere =
        serde_json::to_string(&stray).unwrap().replace(&stray.event_id.to_string(), &uuid::Uuid::now_v7().to_string());
    for payload in ["not an event", newer.as_str(), elsewhere.as_str(), ""] {
        publish(&behind, &ingrid.customer().to_string(), payload).await;
    }
    let parked = parked(&behind, 4).await;
    assert!(parked.iter().any(|row| row["payload"].as_b().is_ok_and(|bytes| bytes.as_ref() == b"not an event")));

    let next = Person::known(server.base()).await;
    eventually("handled", async || {
        let rows = behind.rows(Table::Users).await;
        rows.iter().any(|row| row["customerId"].as_s().unwrap() == &next.customer().to_string()).then_some(())
    })
    .await;
    let events = ingrid.events().await;
    assert_eq!(events.iter().filter(|event| event.event_type() == EventType::WorkflowError).count(), 4, "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn message_of_a_customer_with_unreadable_log_is_parked() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let behind = server.behind().await;
    let customer = ingrid.customer().to_string();
    behind
        .dynamodb
        .update_item()
        .table_name(behind.names.name(Table::KafkaEvents))
        .key("customerId", AttributeValue::S(customer.clone()))
        .key("sequence", AttributeValue::N("1".into()))
        .update_expression("SET #event = :event")
        .expression_attribute_names("#event", "event")
        .expression_attribute_values(":event", AttributeValue::S("{}".into()))
        .send()
        .await
        .unwrap();
    publish(&behind, &customer, "not an event").await;
    parked(&behind, 1).await;
    // WORKFLOW_ERROR is raised without a customer, so that support is notified.
    eventually("an error is raised", async || {
        let rows = behind.rows(Table::ErrorLogs).await;
        let code = |row: &HashMap<String, AttributeValue>| row.get("code").map(|code| code.as_s().unwrap().clone());
        rows.iter().any(|row| code(row).as_deref() == Some("event_parked")).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_message_is_logged_once() {
    let stack = TestStack::start().await;
    let behind = Behind::of(&stack).await;
    let log = stack.data("log");
    let program = Process::start_logging(&stack.data("program"), &stack.environment(), &log).await;
    publish(&behind, "nobody", "not an event").await;
    parked(&behind, 1).await;
    program.signal("TERM");
    assert!(program.ended().await.success());
    let log = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("not an event")).collect();
    assert!(lines.len() == 1 && lines[0].contains("message parked"), "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_keeps_what_a_newer_version_wrote() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let behind = server.behind().await;
    let first = ingrid.events().await.remove(0);
    let row = async || behind.rows(Table::Users).await.into_iter().next();
    eventually("the row is written", row).await;
    let update = behind.dynamodb.update_item().table_name(behind.names.name(Table::Users));
    let update = update.key("customerId", AttributeValue::S(ingrid.customer().to_string()));
    let update = update.update_expression("SET salutation = :salutation");
    update.expression_attribute_values(":salutation", AttributeValue::S("Dr".into())).send().await.unwrap();

    // A later event of the customer writes the row again.
    let store = behind.store();
    let later = Envelope { event_id: uuid::Uuid::now_v7(), sequence: 2, ..first };
    store.append(&later, None).await.unwrap();
    store
        .apply(
            &later,
            &serde_json::to_string(&later).unwrap(),
            &effects(&later, later.timestamp).unwrap(),
            None,
            later.timestamp,
        )
        .await
        .unwrap();
    let row = eventually("the later event is handled", async || {
        row().await.filter(|row| row["sequence"].as_n().unwrap() == "2")
    })
    .await;
    assert_eq!(row["salutation"].as_s().unwrap(), "Dr");

    // A command does not overwrite a row of unknown format.
    let id = AttributeValue::S(ingrid.application().to_string());
    let format = behind.dynamodb.update_item().table_name(behind.names.name(Table::Applications));
    let format = format.key("applicationId", id).update_expression("SET #format = :format");
    let format = format.expression_attribute_names("#format", "format");
    format.expression_attribute_values(":format", AttributeValue::N("2".into())).send().await.unwrap();
    let before = behind.rows(Table::Applications).await;
    let refused = ingrid.post(&ingrid.own("/recommendations"), &needs()).await;
    assert_eq!(refused.codes(), (503, "unavailable".into(), vec![]));
    assert_eq!(behind.rows(Table::Applications).await, before);
}
