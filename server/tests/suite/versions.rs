//! Rows of earlier versions: this version reads them, and keeps everything of them when it writes them again.
//!
//! `fixtures/0.1/rows.json` was scanned from the tables of version 0.1 after three applications of invented people: one
//! completed, one in review, one that waits for a document. The file is never changed (docs/upgrading.md).

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use domain::event::ApplicationId;
use domain::journey::Journey;
use jiff::Timestamp;
use serde_json::Value;
use server::store::{Committed, Store, Table, Tables, verify_chain};
use sha2::{Digest, Sha256};

use super::support::{Behind, TestStack};

type Item = HashMap<String, AttributeValue>;

/// The recorded rows of each table.
fn recorded() -> HashMap<String, Vec<Item>> {
    let tables: HashMap<String, Vec<HashMap<String, Value>>> =
        serde_json::from_str(include_str!("../fixtures/0.1/rows.json")).unwrap();
    let item = |row: HashMap<String, Value>| row.into_iter().map(|(name, value)| (name, attribute(&value))).collect();
    tables.into_iter().map(|(table, rows)| (table, rows.into_iter().map(item).collect())).collect()
}

/// A value in the JSON form of DynamoDB's API.
fn attribute(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    let text = || value.as_str().unwrap().to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap()),
        "NULL" => AttributeValue::Null(true),
        "B" => AttributeValue::B(base64::engine::general_purpose::STANDARD.decode(text()).unwrap().into()),
        "L" => AttributeValue::L(value.as_array().unwrap().iter().map(attribute).collect()),
        "M" => AttributeValue::M(
            value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), attribute(value))).collect(),
        ),
        other => panic!("type {other}"),
    }
}

/// A stack whose tables hold the recorded rows.
struct Recorded {
    stack: TestStack,
    behind: Behind,
    applications: Vec<ApplicationId>,
}

impl Recorded {
    async fn start() -> Self {
        let stack = TestStack::start().await;
        let behind = Behind::of(&stack).await;
        Tables { client: &behind.dynamodb, names: &behind.names }.ensure().await.unwrap();
        let recorded = recorded();
        for table in Table::ALL {
            for row in recorded.get(table.base_name()).into_iter().flatten() {
                let put = behind.dynamodb.put_item().table_name(behind.names.name(table));
                put.set_item(Some(row.clone())).send().await.unwrap();
            }
        }
        let id = |row: &Item| serde_json::from_value(Value::from(row["applicationId"].as_s().unwrap().as_str()));
        let applications = recorded["applications"].iter().map(|row| id(row).unwrap()).collect();
        Self { stack, behind, applications }
    }

    fn store(&self) -> Store {
        self.behind.store()
    }

    /// The stored JSON of an application's state.
    async fn state(&self, id: &ApplicationId) -> Value {
        let rows = self.behind.rows(Table::Applications).await;
        let row = rows.iter().find(|row| row["applicationId"].as_s().unwrap() == &id.to_string()).unwrap();
        serde_json::from_str(row["state"].as_s().unwrap()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_version_0_1_are_read() {
    let recorded = Recorded::start().await;
    let store = recorded.store();
    let mut completed = 0;
    for id in &recorded.applications {
        let customer = id.customer_id();
        let application = store.application(id).await.unwrap().unwrap();
        let events = store.all_events(customer).await.unwrap();
        assert_eq!(events.last().unwrap().sequence, application.last_sequence);
        assert_eq!(store.application_of(customer).await.unwrap().as_ref(), Some(id));
        let journey = Journey::fold(&events);
        assert_eq!(journey.documents.len(), application.documents.len());
        assert_eq!(journey.kyc.is_some(), application.kyc.is_some());
        assert_eq!(journey.completed.is_some(), application.completed.is_some());
        completed += usize::from(journey.completed.is_some());
        assert_eq!(store.customers_by_email(&application.user_info.email).await.unwrap(), [customer]);
    }
    assert_eq!((recorded.applications.len(), completed), (3, 1));

    let mut errors = 0;
    for day in days(&recorded.behind.rows(Table::ErrorLogs).await) {
        for row in store.errors_of(day.parse().unwrap()).await.unwrap() {
            assert!(row.failure.is_some(), "{}", row.sort);
            errors += 1;
        }
    }
    assert_eq!(errors, 3);
    recorded.stack.stop().await;
}

fn days(rows: &[Item]) -> std::collections::BTreeSet<String> {
    rows.iter().map(|row| row["day"].as_s().unwrap().clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_log_of_version_0_1_verifies_and_is_continued() {
    let recorded = Recorded::start().await;
    let store = recorded.store();
    for id in &recorded.applications {
        let customer = id.customer_id();
        let audit = store.audit_log(customer).await.unwrap();
        assert!(verify_chain(&audit));
        // The hashes are those of the stored events.
        let rows = recorded.behind.rows(Table::KafkaEvents).await;
        let stored = |event_id: String| {
            let row = rows.iter().find(|row| row["eventId"].as_s().unwrap() == &event_id).unwrap();
            row["event"].as_s().unwrap().clone()
        };
        for entry in &audit {
            assert_eq!(entry.event_hash, hex::encode(Sha256::digest(stored(entry.event_id.to_string()))));
        }
        let application = store.application(id).await.unwrap().unwrap();
        let written = store.commit_deletion(&application, &[], Timestamp::now()).await.unwrap();
        assert_eq!(written, Committed::Yes);
        let longer = store.audit_log(customer).await.unwrap();
        assert_eq!(longer.len(), audit.len() + 1);
        assert!(verify_chain(&longer));
    }
    recorded.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_of_version_0_1_keeps_every_field_when_it_is_written_again() {
    let recorded = Recorded::start().await;
    let store = recorded.store();
    for id in &recorded.applications {
        let before = recorded.state(id).await;
        let application = store.application(id).await.unwrap().unwrap();
        assert_eq!(store.commit(&application, None, None).await.unwrap(), Committed::Yes);
        let mut expected = before;
        expected["version"] = (application.version + 1).into();
        let after = recorded.state(id).await;
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&after[name], value, "{name}");
        }
    }
    recorded.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn value_that_this_version_does_not_know_is_refused_as_newer() {
    let recorded = Recorded::start().await;
    let store = recorded.store();
    let id = recorded.applications.iter().find(|id| id.to_string().contains("5ff86b90")).unwrap();
    let mut state = recorded.state(id).await;
    state["documents"][0]["kind"] = "residence_permit".into();
    let table = recorded.behind.names.name(Table::Applications);
    let update = recorded.behind.dynamodb.update_item().table_name(table);
    update
        .key("applicationId", AttributeValue::S(id.to_string()))
        .update_expression("SET #state = :state")
        .expression_attribute_names("#state", "state")
        .expression_attribute_values(":state", AttributeValue::S(state.to_string()))
        .send()
        .await
        .unwrap();
    let error = store.application(id).await.unwrap_err().to_string();
    assert!(error.contains("applications was written by a newer version"), "{error}");
    assert!(!error.contains("residence_permit"), "values stay out of messages: {error}");
    recorded.stack.stop().await;
}
