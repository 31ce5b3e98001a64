//! The commands as processes beside a running server, and replays from a parked message to its effects.

use std::collections::BTreeMap;
use std::process::Stdio;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::api::ServerFrame;
use domain::event::{
    ApplicationId, Envelope, EventData, KycStatus, KycVerified, PolicyRecommended, Premium, RiskLevel, SCHEMA_VERSION,
    Stage, WorkflowCompleted,
};
use jiff::Timestamp;
use rand::seq::SliceRandom;
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::Value;
use server::store::{Application, Applied, MAX_PARKED, Parked, Store, Table, TableNames, Tables, verify_chain};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use uuid::Uuid;

use specimens::Person as Shown;

use super::decisions::bill;
use super::stack::TestStack;
use super::support::{Behind, PATIENCE, Person, TestServer, details, eventually};

pub type Environment = Vec<(&'static str, String)>;

/// The exit code and output of a command.
pub struct Printed {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub async fn run(environment: &Environment, arguments: &[&str]) -> Printed {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command.env("RUST_LOG", "off").envs(environment.iter().map(|(name, value)| (name, value))).args(arguments);
    let output = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).output()).await.expect("not ended").unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    Printed { code: output.status.code(), out, err }
}

/// Runs a successful command twice and returns its text and its JSON.
pub async fn both(environment: &Environment, arguments: &[&str]) -> (String, Value) {
    let text = run(environment, arguments).await;
    assert_eq!(text.code, Some(0), "{arguments:?}: {}", text.err);
    for line in text.out.lines() {
        assert!(line.chars().count() <= 120, "{arguments:?}: {line}");
    }
    let json = run(environment, &[arguments, &["--json"]].concat()).await;
    assert_eq!(json.code, Some(0), "{arguments:?}: {}", json.err);
    (text.out, serde_json::from_str(&json.out).unwrap())
}

/// Asserts that a command fails with one line of error, and returns it.
pub async fn refused(environment: &Environment, arguments: &[&str]) -> String {
    let output = run(environment, arguments).await;
    assert_eq!((output.code, output.out.as_str()), (Some(1), ""), "{arguments:?}: {}", output.err);
    assert_eq!(output.err.lines().count(), 1, "{}", output.err);
    output.err
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_listed_and_deleted() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let document = ingrid.hand_in("proof_of_address", "bill.pdf", bill(&Shown::ingrid())).await;
    let page = ingrid.own(&format!("/documents/{document}/pages/1"));
    assert_eq!(ingrid.get(&page).await.headers["content-type"], "image/jpeg");
    let (environment, id) = (server.environment(), ingrid.application().to_string());

    let (text, json) = both(&environment, &["documents", "due"]).await;
    assert!(text.contains("Nothing is due.") && json["applications"].as_array().unwrap().is_empty(), "{text}{json}");
    let (text, json) = both(&environment, &["documents", "show", &id]).await;
    assert!(text.contains(&document.to_string()) && text.contains("next deletion"), "{text}");
    assert_eq!(json["kept"][0]["documentId"], document.to_string());
    let (text, _) = both(&environment, &["documents", "delete", "--due"]).await;
    assert!(text.contains("Nothing was due."), "{text}");
    assert_eq!(ingrid.get(&page).await.status, 200);

    let erased = run(&environment, &["documents", "delete", &id, "--json"]).await;
    assert_eq!(erased.code, Some(0), "{}", erased.err);
    let erased: Value = serde_json::from_str(&erased.out).unwrap();
    assert_eq!(
        (&erased["deleted"][0]["documents"][0], &erased["deleted"][0]["files"]),
        (&document.to_string().into(), &2.into())
    );
    assert_eq!(ingrid.get(&page).await.codes().0, 404);
    let (text, json) = both(&environment, &["documents", "show", &id]).await;
    assert!(text.contains("No files are kept.") && text.contains("were deleted on"), "{text}");
    assert!(json["deletedAt"].is_string() && json["due"].is_null(), "{json}");

    let unknown = format!("APP-{}-1781234567", Uuid::new_v4());
    assert!(refused(&environment, &["documents", "delete", &unknown]).await.contains("no such application"));
    for wrong in
        [&["documents", "delete"][..], &["documents", "delete", "nobody"], &["documents", "delete", &id, "--due"]]
    {
        assert_eq!(run(&environment, wrong).await.code, Some(2), "{wrong:?}");
    }
    // Without the folder of documents, the command fails and reports no deletion.
    let mut elsewhere = environment.clone();
    elsewhere.push(("ONBOARD_DOCUMENTS__FOLDER", "/nowhere/documents".to_owned()));
    assert!(refused(&elsewhere, &["documents", "delete", &id]).await.contains("no such folder"));
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_describe_a_running_server() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    ingrid.post(&ingrid.own("/selection"), &"refused").await;
    let mut socket = ingrid.socket(0).await;
    let behind = server.behind().await;
    eventually("both events are handled", async || {
        (behind.store().audit_log(ingrid.customer()).await.unwrap().len() == 2).then_some(())
    })
    .await;
    let (environment, customer) = (server.environment(), ingrid.customer().to_string());

    let (text, json) = both(&environment, &["topics", "describe"]).await;
    assert!(text.contains("All topics have the expected settings."), "{text}");
    let topics = json["topics"].as_array().unwrap();
    assert_eq!((topics.len(), topics[0]["messages"].as_i64()), (6, Some(1)), "{json}");
    assert_eq!(topics[5]["retentionMs"], 2_592_000_000_u64);
    let (_, json) = both(&environment, &["topics", "create"]).await;
    assert!(json["topics"].as_array().unwrap().iter().all(|topic| topic["created"] == false), "{json}");

    let (text, json) = both(&environment, &["tables", "describe"]).await;
    assert!(text.contains("All tables match the expected schema."), "{text}");
    assert_eq!(json["tables"].as_array().unwrap().len(), 11);

    let lag = eventually("offsets are committed", async || {
        let (_, json) = both(&environment, &["lag"]).await;
        (json["total"] == 0).then_some(json)
    })
    .await;
    let partitions = lag["topics"][0]["partitions"].as_array().unwrap();
    assert_eq!(partitions.iter().filter(|partition| partition["committed"] == 1).count(), 1, "{lag}");
    assert_eq!(partitions.iter().filter(|partition| partition["committed"].is_null()).count(), 2, "{lag}");

    for whose in [
        ["events", "--customer", &customer],
        ["events", "--application", &ingrid.application().to_string()],
        ["events", "--email", "INGRID@example.com"],
    ] {
        let (text, json) = both(&environment, &whose).await;
        let events = json["customers"][0]["events"].as_array().unwrap();
        assert_eq!(events.len(), 2, "{json}");
        assert_eq!((&events[0]["published"], &events[0]["sequence"]), (&true.into(), &1.into()));
        let envelope: Envelope = serde_json::from_value(events[0]["event"].clone()).unwrap();
        assert_eq!(envelope.customer_id, ingrid.customer());
        assert!(events[0]["handledAt"].is_string() && text.contains("USER_INFO_SUBMITTED"), "{text}");
        assert!(!text.contains("Brandvold") && !text.contains("example.com"), "{text}");
    }
    let shown = run(&environment, &["events", "--customer", &customer, "--data", "--after", "0"]).await.out;
    assert!(shown.contains("Brandvold"), "{shown}");
    let (_, json) = both(&environment, &["events", "--customer", &customer, "--after", "1"]).await;
    assert_eq!(json["customers"][0]["events"].as_array().unwrap().len(), 1);
    let (text, _) = both(&environment, &["events", "--email", "nobody@example.com"]).await;
    assert!(text.starts_with("No customer has"), "{text}");

    for arguments in [&["connections"][..], &["connections", "--customer", &customer]] {
        let (text, json) = both(&environment, arguments).await;
        assert_eq!(json["connections"][0]["customerId"], customer.as_str(), "{json}");
        assert!(text.contains("1 connection in all"), "{text}");
    }
    let (text, _) = both(&environment, &["connections", "--customer", &Uuid::new_v4().to_string()]).await;
    assert_eq!(text, "Nobody is connected.\n");

    let broadcast = run(&environment, &["connections", "broadcast", "resync", "--json"]).await;
    assert!(broadcast.out.contains(&server.base()) && broadcast.out.contains("delivered"), "{}", broadcast.err);
    loop {
        match socket.next().await.expect("closed") {
            ServerFrame::Resync {} => break,
            ServerFrame::Event { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    let stranger =
        [environment.clone(), vec![("ONBOARD_SECRET", "another secret of 32 characters.".to_owned())]].concat();
    assert!(refused(&stranger, &["connections", "broadcast", "resync"]).await.contains("secret"));

    let (text, json) = both(&environment, &["outbox"]).await;
    assert!(text.starts_with("Nothing waits") && json["events"] == 0, "{text}");
    let (text, json) = both(&environment, &["errors", "list"]).await;
    assert!(text.contains("malformed_request") && json["errors"][0]["state"] == "refused", "{text}");
    let (text, _) = both(&environment, &["errors", "list", "--parked"]).await;
    assert!(text.starts_with("No parked messages"), "{text}");
    let key = json["errors"][0]["key"].as_str().unwrap();
    let (text, _) = both(&environment, &["errors", "show", key]).await;
    assert!(text.contains(&customer), "{text}");
    assert!(refused(&environment, &["errors", "replay", key]).await.contains("causedBy"));
    assert!(refused(&environment, &["errors", "show", "2026-01-01/no"]).await.contains("errors list"));
}

#[tokio::test(flavor = "multi_thread")]
async fn command_opens_the_embedded_stack_when_no_server_runs() {
    let data = tempfile::tempdir().unwrap();
    let environment: Environment =
        vec![("ONBOARD_DATA_DIR", data.path().display().to_string()), ("ONBOARD_STACK", "embedded".to_owned())];
    // The file that a killed server leaves.
    let stale = r#"{"kafka":"127.0.0.1:1","dynamodb":"http://127.0.0.1:1","access_key_id":"a","secret_access_key":"b",
        "pid":1}"#;
    std::fs::write(data.path().join("stack.json"), stale).unwrap();
    let made = run(&environment, &["tables", "create", "--json"]).await;
    assert!(made.err.contains("no server runs") && made.out.contains("\"created\": true"), "{} {}", made.out, made.err);
    let (text, _) = both(&environment, &["tables", "describe"]).await;
    assert!(text.contains("All tables match the expected schema."), "{text}");
    let (text, _) = both(&environment, &["topics", "describe"]).await;
    assert!(text.contains("kyc-verified does not exist"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_and_unreachable_clusters_have_different_exit_codes() {
    for arguments in [
        &["lagg"][..],
        &["events"],
        &["events", "--customer", "nobody"],
        &["errors", "replay"],
        &["events", "republish"],
        &["events", "republish", "--unhandled", "--older-than", "-1"],
        &["topics", "create", "--replication", "0"],
        &["--role", "web", "lag"],
        &["--json"],
    ] {
        assert_eq!(run(&vec![], arguments).await.code, Some(2), "{arguments:?}");
    }
    for arguments in [&["--help"][..], &["errors", "replay", "--help"], &["lag", "--help"]] {
        let help = run(&vec![], arguments).await;
        assert!(help.code == Some(0) && !help.out.is_empty(), "{arguments:?}");
        assert!(help.out.lines().all(|line| line.chars().count() <= 120), "{}", help.out);
    }
    let nowhere: Environment = vec![
        ("ONBOARD_STACK", "external".to_owned()),
        ("KAFKA_BROKERS", "127.0.0.1:1".to_owned()),
        ("KAFKA_USERNAME", String::new()),
        ("KAFKA_PASSWORD", String::new()),
        ("ONBOARD_KAFKA__CA_FILE", String::new()),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "x".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "x".to_owned()),
    ];
    assert!(refused(&nowhere, &["lag"]).await.contains("KAFKA_BROKERS"));
    assert!(refused(&nowhere, &["outbox"]).await.contains("AWS_ENDPOINT_URL_DYNAMODB"));
}

#[tokio::test(flavor = "multi_thread")]
async fn outbox_is_listed_with_its_leases() {
    let stack = TestStack::start().await;
    let environment = stack.environment();
    assert_eq!(run(&environment, &["tables", "create"]).await.code, Some(0));
    let behind = Behind::of(&stack).await;
    let customer = Uuid::new_v4();
    for sequence in [1, 2] {
        behind.store().append(&event(customer, sequence, completed()), None).await.unwrap();
    }
    behind
        .dynamodb
        .update_item()
        .table_name(behind.names.name(Table::KafkaEvents))
        .key("customerId", AttributeValue::S(customer.to_string()))
        .key("sequence", AttributeValue::N("1".to_owned()))
        .update_expression("SET claimedBy = :by, claimedUntil = :until")
        .expression_attribute_values(":by", AttributeValue::S("an-instance".to_owned()))
        .expression_attribute_values(":until", AttributeValue::N("1000".to_owned()))
        .send()
        .await
        .unwrap();
    let (text, json) = both(&environment, &["outbox"]).await;
    assert_eq!(json["events"], 2);
    assert_eq!(json["customers"][0]["sequences"], serde_json::json!([1, 2]));
    assert_eq!(json["customers"][0]["claimedBy"], "an-instance");
    assert!(text.contains("2 events of 1 customer wait") && text.contains("expired"), "{text}");
}

pub fn event(customer: Uuid, sequence: u64, data: EventData) -> Envelope {
    Envelope {
        event_id: Uuid::now_v7(),
        source: Stage::PerformKyc.into(),
        customer_id: customer,
        application_id: ApplicationId::new(customer, Timestamp::UNIX_EPOCH),
        sequence,
        schema_version: SCHEMA_VERSION,
        timestamp: Timestamp::now().round(jiff::Unit::Millisecond).unwrap(),
        data,
    }
}

fn completed() -> EventData {
    EventData::WorkflowCompleted(WorkflowCompleted {
        selected_policy_id: "home-basic".to_owned(),
        premium: Premium { monthly_cents: 1_250, currency: "EUR".to_owned() },
    })
}

pub fn decision(status: KycStatus) -> EventData {
    EventData::KycVerified(KycVerified {
        status,
        risk_level: RiskLevel::Low,
        checks: Vec::new(),
        list_version: "none".to_owned(),
        rules_version: "1".to_owned(),
        evidence: vec![],
        reviewed: false,
        asks: Vec::new(),
    })
}

/// Appends an event to the log, marked as published.
pub async fn append_published(behind: &Behind, event: &Envelope) {
    behind.store().append(event, None).await.unwrap();
    behind.store().mark_published(event.customer_id, event.sequence).await.unwrap();
}

async fn publish(behind: &Behind, event: &Envelope) {
    let producer: FutureProducer = behind.kafka.client().create().unwrap();
    let (key, payload) = (event.customer_id.to_string(), serde_json::to_string(event).unwrap());
    let topic = behind.kafka.topic(event.event_type());
    producer.send(FutureRecord::to(&topic).key(&key).payload(&payload), PATIENCE).await.unwrap();
}

pub async fn handled(behind: &Behind, event: &Envelope) {
    eventually("handled", async || {
        let row = behind.store().event_at(event.customer_id, event.sequence).await.unwrap();
        row.is_some_and(|row| row.handled_at.is_some()).then_some(())
    })
    .await;
}

/// The consumer parks a decision that is not in the event log yet. A later decision is handled, then the first one is
/// replayed.
#[tokio::test(flavor = "multi_thread")]
async fn replayed_message_does_not_overwrite_a_later_event() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let (environment, behind) = (server.environment(), server.behind().await);
    let of = |sequence, status| Envelope {
        application_id: ingrid.application(),
        ..event(ingrid.customer(), sequence, decision(status))
    };
    let (early, late) = (of(102, KycStatus::Review), of(103, KycStatus::Rejected));
    publish(&behind, &early).await;
    let key = eventually("a parked message", async || {
        let (_, json) = both(&environment, &["errors", "list", "--parked"]).await;
        json["errors"][0]["key"].as_str().map(str::to_owned)
    })
    .await;
    // The cause is not removed yet.
    let (text, json) = both(&environment, &["errors", "replay", "--all"]).await;
    assert!(json["left"][0]["key"] == key.as_str() && text.contains("not in the event log"), "{text}");

    append_published(&behind, &early).await;
    append_published(&behind, &late).await;
    publish(&behind, &late).await;
    handled(&behind, &late).await;

    let (text, json) = both(&environment, &["errors", "show", &key]).await;
    assert_eq!((&json["state"], &json["parked"]["sequence"]), (&"open".into(), &102.into()), "{json}");
    assert!(!text.contains("riskLevel") && json["parked"].get("payload").is_none(), "{text}");
    let (text, json) = both(&environment, &["errors", "show", &key, "--payload"]).await;
    assert!(text.contains("riskLevel") && json["parked"]["payload"]["sequence"] == 102, "{text}");

    let replayed = run(&environment, &["errors", "replay", &key, "--json"]).await;
    let json: Value = serde_json::from_str(&replayed.out).expect(&replayed.err);
    assert_eq!(
        (&json["replayed"][0]["key"], &json["replayed"][0]["alreadyHandled"]),
        (&key.as_str().into(), &false.into())
    );
    handled(&behind, &early).await;

    // A second replay has no effect.
    let again = run(&environment, &["errors", "replay", &key]).await;
    assert!(again.out.contains("already handled"), "{} {}", again.out, again.err);
    let (_, lag) = eventually("no lag", async || {
        let (text, json) = both(&environment, &["lag"]).await;
        (json["total"] == 0).then_some((text, json))
    })
    .await;
    assert_eq!(lag["topics"].as_array().unwrap().len(), 6);
    let audit = behind.store().audit_log(ingrid.customer()).await.unwrap();
    for event in [&early, &late] {
        assert_eq!(audit.iter().filter(|entry| entry.event_id == event.event_id).count(), 1);
    }
    assert!(verify_chain(&audit));
    let rows = behind.rows(Table::KycResults).await;
    assert_eq!(
        (rows.len(), rows[0]["status"].as_s().unwrap().as_str()),
        (1, "REJECTED"),
        "the later event's row stays"
    );

    let (text, json) = both(&environment, &["errors", "show", &key]).await;
    assert_eq!((&json["state"], &json["replays"]), (&"handled".into(), &2.into()), "{text}");
    let (_, json) = both(&environment, &["errors", "replay", "--all"]).await;
    assert_eq!(json["replayed"].as_array().unwrap().len(), 0, "{json}");

    // The failure that parking raised names the event as its cause and can be replayed, too.
    let (_, json) = both(&environment, &["errors", "list"]).await;
    let errors = json["errors"].as_array().unwrap();
    let failure = errors.iter().find(|row| row["failure"]["causedBy"] == early.event_id.to_string()).unwrap();
    let (text, json) = both(&environment, &["errors", "replay", failure["key"].as_str().unwrap()]).await;
    assert!(json["replayed"][0]["alreadyHandled"] == true, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn truncated_message_is_not_replayed() {
    let stack = TestStack::start().await;
    let environment = stack.environment();
    assert_eq!(run(&environment, &["tables", "create"]).await.code, Some(0));
    let now = Timestamp::now();
    let day = now.strftime("%Y-%m-%d").to_string();
    let payload = vec![b'x'; MAX_PARKED + 1];
    for (offset, length) in [(7, MAX_PARKED + 1), (8, MAX_PARKED), (9, 0)] {
        let (topic, payload) = ("kyc-verified", &payload[..length]);
        let parked = Parked { day: &day, topic, partition: 1, offset, key: None, payload, reason: "not an event" };
        Behind::of(&stack).await.store().park(&parked, now).await.unwrap();
    }
    let key = |offset| format!("{day}/parked#kyc-verified/1/{offset}");
    let (_, json) = both(&environment, &["errors", "list", "--parked"]).await;
    let cut: Vec<bool> = json["errors"].as_array().unwrap().iter().map(|row| row["parked"]["cut"] == true).collect();
    assert_eq!(cut, [true, false, false]);
    assert!(refused(&environment, &["errors", "replay", &key(7)]).await.contains("only its beginning was kept"));
    assert!(refused(&environment, &["errors", "replay", &key(9)]).await.contains("no bytes"));
    let (text, json) = both(&environment, &["errors", "replay", "--all"]).await;
    assert_eq!(json["left"].as_array().unwrap().len(), 3, "{text}");
}

/// The read models do not depend on the order in which a customer's events are handled, nor on repetitions.
#[tokio::test(flavor = "multi_thread")]
async fn read_models_are_independent_of_the_order_of_replays() {
    let stack = TestStack::start().await;
    let config = stack.config("order", "");
    let dynamodb = aws_sdk_dynamodb::Client::new(&stack.backends(&config).await.aws);
    let customer = Uuid::new_v4();
    let events: Vec<Envelope> = [
        EventData::UserInfoSubmitted(details()),
        EventData::DocumentsProcessed(domain::event::DocumentsProcessed::default()),
        decision(KycStatus::Review),
        decision(KycStatus::Approved),
        EventData::PolicyRecommended(PolicyRecommended::default()),
        completed(),
        decision(KycStatus::Rejected),
    ]
    .into_iter()
    .zip(1..)
    .map(|(data, sequence)| event(customer, sequence, data))
    .collect();

    let mut expected = None;
    for round in 0..8 {
        let names = TableNames::new(&format!("{}-{round}", config.environment), &config.tables.overrides());
        Tables { client: &dynamodb, names: &names }.ensure().await.unwrap();
        let store = Store::new(dynamodb.clone(), names.clone());
        let id = events[0].application_id.clone();
        store.commit(&Application::open(id, details(), Timestamp::UNIX_EPOCH), None, None).await.unwrap();
        for event in &events {
            store.append(event, None).await.unwrap();
        }
        let mut order: Vec<&Envelope> = events.iter().chain(&events[..3]).collect();
        if round > 0 {
            order.shuffle(&mut rand::rng());
        }
        let mut handled = Vec::new();
        for event in &order {
            let effects = server::consumers::effects(event, event.timestamp).unwrap();
            let applied = store
                .apply(event, &serde_json::to_string(event).unwrap(), &effects, None, event.timestamp)
                .await
                .unwrap();
            let before = handled.contains(&event.sequence);
            assert_eq!(applied, if before { Applied::Earlier } else { Applied::Now });
            handled.push(event.sequence);
        }
        let audit = store.audit_log(customer).await.unwrap();
        assert!(audit.len() == events.len() && verify_chain(&audit), "every event is audited once");

        let behind = Behind { names, dynamodb: dynamodb.clone(), kafka: stack.kafka() };
        let mut rows = BTreeMap::new();
        for table in
            [Table::Users, Table::Applications, Table::AiResults, Table::KycResults, Table::PolicyRecommendations]
        {
            let found = behind.rows(table).await.into_iter().map(|row| serde_dynamo::from_item(row).unwrap());
            rows.insert(table.base_name(), Value::Array(found.collect()));
        }
        assert_eq!(rows["applications"][0]["stage"], "archived");
        assert_eq!(rows["kyc-results"][0]["status"], "REJECTED");
        let order: Vec<u64> = order.iter().map(|event| event.sequence).collect();
        assert_eq!(expected.get_or_insert(rows.clone()), &rows, "{order:?}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn stack_command_serves_several_processes_until_sigterm() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().display().to_string();
    let mut stack = Command::new(env!("CARGO_BIN_EXE_server"))
        .args(["stack"])
        .env_clear()
        .env("ONBOARD_DATA_DIR", &folder)
        .env("RUST_LOG", "off")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(stack.stdout.take().unwrap()).lines();
    let mut printed = BTreeMap::new();
    let reading = async {
        while !printed.contains_key("ONBOARD_WATCHLIST__SAMPLE") {
            let line = lines.next_line().await.unwrap().expect("the stack ended");
            let (name, value) = line.split_once('=').unwrap();
            printed.insert(name.to_owned(), value.to_owned());
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect("variables not printed");
    // A process reaches the stack by the printed variables, or by the file in its data folder.
    let mut elsewhere = Command::new(env!("CARGO_BIN_EXE_server"));
    elsewhere.args(["topics", "create", "--json"]).env_clear().envs(&printed).env("RUST_LOG", "off");
    let made = elsewhere.output().await.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let environment = vec![("ONBOARD_DATA_DIR", folder), ("ONBOARD_STACK", "embedded".to_owned())];
    let beside = run(&environment, &["topics", "describe"]).await;
    assert!(beside.out.contains("All topics have the expected settings.") && beside.err.is_empty(), "{}", beside.err);

    let pid = stack.id().unwrap().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
    assert!(tokio::time::timeout(PATIENCE, stack.wait()).await.expect("not stopped").unwrap().success());
    assert!(!data.path().join("stack.json").exists());
}
