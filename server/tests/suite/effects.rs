//! What consumers leave behind: the tables, the audit log, parked messages.

use std::time::Duration;

use domain::event::EventType;
use rdkafka::producer::{FutureProducer, FutureRecord};
use server::store::{Table, verify_chain};
use specimens::Person as Shown;

use super::decisions::bill;
use super::support::{Person, TestServer, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn events_reach_their_tables() {
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
    assert!(!verify_chain(&forged), "a changed line breaks the chain");

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
async fn what_cannot_be_handled_is_parked_and_the_rest_goes_on() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let behind = server.behind().await;
    let producer: FutureProducer = behind.kafka.client().create().unwrap();
    let stray = ingrid.events().await.remove(0);
    let newer = serde_json::to_string(&serde_json::json!({"schemaVersion": 99, "data": {}})).unwrap();
    let elsewhere =
        serde_json::to_string(&stray).unwrap().replace(&stray.event_id.to_string(), &uuid::Uuid::now_v7().to_string());
    let topic = behind.kafka.topic(EventType::UserInfoSubmitted);
    for payload in ["not an event", newer.as_str(), elsewhere.as_str(), ""] {
        let key = ingrid.customer().to_string();
        let record = FutureRecord::to(&topic).key(&key).payload(payload);
        producer.send(record, Duration::from_secs(10)).await.unwrap();
    }
    let parked = eventually("all four are parked", async || {
        let rows = behind.rows(Table::ErrorLogs).await;
        let parked: Vec<_> = rows.into_iter().filter(|row| row.contains_key("payload")).collect();
        (parked.len() == 4).then_some(parked)
    })
    .await;
    assert!(parked.iter().any(|row| row["payload"].as_b().is_ok_and(|bytes| bytes.as_ref() == b"not an event")));

    // Its own customer's next event is handled all the same.
    let next = Person::known(server.base()).await;
    eventually("handled", async || {
        let rows = behind.rows(Table::Users).await;
        rows.iter().any(|row| row["customerId"].as_s().unwrap() == &next.customer().to_string()).then_some(())
    })
    .await;
    let told = ingrid.events().await;
    assert_eq!(told.iter().filter(|event| event.event_type() == EventType::WorkflowError).count(), 4, "{told:?}");
}
