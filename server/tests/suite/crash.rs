//! SIGKILL at the two places where work is half done, and anywhere: every event is published, every effect is done
//! once.

use std::collections::HashMap;
use std::time::Duration;

use domain::event::{Envelope, EventType};
use embedded::Stack;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use reqwest::StatusCode;
use server::kafka::PARTITIONS;
use server::store::{Table, verify_chain};
use tempfile::TempDir;
use uuid::Uuid;

use super::support::{Behind, PATIENCE, Person, Process, eventually, needs};

/// Broker and tables of the test's own, so that either can go while the program stays, and outlive it.
struct Backends {
    /// None while it is away.
    broker: Option<Stack>,
    tables: Stack,
    data: TempDir,
}

impl Backends {
    async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let tables = Stack::start(&data.path().join("tables")).await.unwrap();
        let mut backends = Self { broker: None, tables, data };
        backends.start_broker().await;
        backends
    }

    async fn start_broker(&mut self) {
        self.broker = Some(Stack::start(&self.data.path().join("broker")).await.unwrap());
    }

    fn brokers(&self) -> &str {
        &self.broker.as_ref().unwrap().kafka_bootstrap
    }

    async fn program(&self) -> Process {
        self.program_at(self.brokers()).await
    }

    async fn program_at(&self, brokers: &str) -> Process {
        let environment = [
            ("KAFKA_BROKERS", brokers),
            ("ONBOARD_KAFKA__REPLICATION_FACTOR", "1"),
            ("ONBOARD_KAFKA__GROUP_INSTANCE_ID", "the-one"),
            ("ONBOARD_TABLES__CREATE", "true"),
            ("ONBOARD_WATCHLIST__SAMPLE", "true"),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.tables.dynamodb_endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ];
        Process::start(&self.data.path().join("program"), &environment).await
    }

    fn behind(&self) -> Behind {
        Behind::new(self.brokers(), &self.tables.dynamodb_endpoint)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_commit_and_publication() {
    let mut backends = Backends::start().await;
    let program = backends.program().await;
    let mut ingrid = Person::known(program.base.clone()).await;
    done(&backends.behind(), 1).await;
    let store = backends.behind().store();

    backends.broker.take().unwrap().stop().await;
    // Commands answer by their transaction alone.
    ingrid.post(&ingrid.own("/recommendations"), &needs()).await.is(StatusCode::ACCEPTED);
    for _ in 0..3 {
        ingrid.post(&ingrid.own("/selection"), &"refused, which is an event").await;
    }
    let second = Person::known(program.base.clone()).await;
    let committed = store.unpublished().await.unwrap().len();
    assert_eq!(committed, 4, "committed and not published");
    program.kill().await;

    backends.start_broker().await;
    let program = backends.program().await;
    let behind = backends.behind();
    done(&behind, 5).await;
    published_in_order(&behind, 5).await;
    effects_once(&behind).await;
    ingrid.base.clone_from(&program.base);
    assert_eq!(ingrid.events().await.len(), 4);
    assert_eq!(behind.store().all_events(second.customer()).await.unwrap().len(), 1);
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn started_while_kafka_is_away() {
    let mut backends = Backends::start().await;
    let away = backends.brokers().to_owned();
    backends.broker.take().unwrap().stop().await;
    let program = backends.program_at(&away).await;
    let ingrid = Person::known(program.base.clone()).await;
    // Ready all the same: commands need the tables only.
    assert_eq!(ingrid.get("/readyz").await.is(StatusCode::OK).body, r#"{"dynamodb":"ok","kafka":"unreachable"}"#);
    program.kill().await;

    backends.start_broker().await;
    let program = backends.program().await;
    done(&backends.behind(), 1).await;
    published_in_order(&backends.behind(), 1).await;
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_effect_and_offset() {
    let backends = Backends::start().await;
    let behind = backends.behind();
    let mut events = 0;
    let mut caught = false;
    // Offsets are committed every second: killed right after the effect, they are behind. Should the machine have been
    // slower than that, it is tried again.
    for _ in 0..5 {
        let program = backends.program().await;
        let ingrid = Person::known(program.base.clone()).await;
        events += 1;
        eventually("handled", async || {
            let rows = behind.rows(Table::KafkaEvents).await;
            let own =
                rows.into_iter().find(|row| row["customerId"].as_s().unwrap() == &ingrid.customer().to_string())?;
            own.contains_key("handledAt").then_some(())
        })
        .await;
        program.kill().await;
        if uncommitted(&behind.kafka).await > 0 {
            caught = true;
            break;
        }
    }
    assert!(caught, "never killed before the offsets were committed");

    let program = backends.program().await;
    eventually("handled again, and committed", async || (uncommitted(&behind.kafka).await == 0).then_some(())).await;
    done(&behind, events).await;
    effects_once(&behind).await;
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_with_its_own_stack() {
    let data = tempfile::tempdir().unwrap();
    let mut acknowledged = HashMap::new();
    for round in 0_u64..3 {
        let program = Process::start(data.path(), &[]).await;
        let base = program.base.clone();
        let crowd = tokio::spawn(async move {
            let mut customers = Vec::new();
            loop {
                let http = reqwest::Client::new();
                let sent = http.post(format!("{base}/api/customers")).json(&super::support::details()).send().await;
                let Ok(answer) = sent else { return customers };
                if answer.status() != StatusCode::CREATED {
                    return customers;
                }
                let Ok(created) = answer.json::<domain::api::CustomerCreated>().await else { return customers };
                customers.push(created);
            }
        });
        // Not a wait for anything: the moment of the kill is the point, and any will do.
        tokio::time::sleep(Duration::from_millis(300 + 150 * round)).await;
        program.kill().await;
        for created in crowd.await.unwrap() {
            acknowledged.insert(created.customer_id, created.application_id);
        }
    }
    assert!(!acknowledged.is_empty());

    // The data as the last kill left it, seen by a server in this process.
    let settings = format!("stack = 'embedded'\nhttp.address = '127.0.0.1:0'\ndata_dir = '{}'", data.path().display());
    let server = server::Server::start(server::config::Config::with(&settings).unwrap()).await.unwrap();
    let stack = server.embedded_addresses().unwrap();
    let behind = Behind::new(stack.kafka, stack.dynamodb);
    let applications = behind.rows(Table::Applications).await.len();
    assert!(applications >= acknowledged.len(), "{applications} of {} acknowledged", acknowledged.len());
    done(&behind, applications).await;
    published_in_order(&behind, applications).await;
    effects_once(&behind).await;
    for customer in acknowledged.keys() {
        assert_eq!(behind.store().all_events(*customer).await.unwrap().len(), 1);
    }
    server.stop().await;
}

/// Waits until `events` events are in the log, and all are published and handled.
async fn done(behind: &Behind, events: usize) {
    eventually("all handled", async || {
        let rows = behind.rows(Table::KafkaEvents).await;
        let settled = rows.iter().all(|row| row.contains_key("handledAt") && !row.contains_key("unpublished"));
        (settled && rows.len() >= events).then_some(())
    })
    .await;
}

/// Every event of the log is on its topic, at least once, and each customer's within a topic in sequence. (Between
/// acknowledgement and mark a kill makes Kafka hold an event twice; the effects tell that it counts once.)
async fn published_in_order(behind: &Behind, events: usize) {
    let published = behind.published().await;
    let mut seen: HashMap<(Uuid, EventType), Vec<&Envelope>> = HashMap::new();
    for event in &published {
        let told = seen.entry((event.customer_id, event.event_type())).or_default();
        if told.iter().all(|earlier| earlier.event_id != event.event_id) {
            told.push(event);
        }
    }
    assert_eq!(seen.values().map(Vec::len).sum::<usize>(), events);
    for told in seen.values() {
        assert!(told.is_sorted_by_key(|event| event.sequence), "{told:?}");
    }
}

/// One audit line an event, in an unbroken chain, and a row in `users` for each customer with an application.
async fn effects_once(behind: &Behind) {
    let store = behind.store();
    let mut customers: Vec<Uuid> = behind
        .rows(Table::KafkaEvents)
        .await
        .iter()
        .map(|row| row["customerId"].as_s().unwrap().parse().unwrap())
        .collect();
    customers.sort_unstable();
    customers.dedup();
    for customer in customers {
        let events = store.all_events(customer).await.unwrap();
        let audit = store.audit_log(customer).await.unwrap();
        let mut audited: Vec<Uuid> = audit.iter().map(|entry| entry.event_id).collect();
        let mut told: Vec<Uuid> = events.iter().map(|event| event.event_id).collect();
        audited.sort_unstable();
        told.sort_unstable();
        assert_eq!(audited, told, "one line an event");
        assert!(verify_chain(&audit));
    }
    assert_eq!(behind.rows(Table::Users).await.len(), behind.rows(Table::Applications).await.len());
}

/// How many messages the consumers' committed offsets are behind the ends of their partitions.
async fn uncommitted(brokers: &str) -> i64 {
    let brokers = brokers.to_owned();
    tokio::task::spawn_blocking(move || {
        EventType::ALL
            .map(|event_type| {
                let topic = event_type.topic();
                let mut settings = ClientConfig::new();
                settings.set("bootstrap.servers", &brokers).set("group.id", format!("onboard-ai-consumer-{topic}"));
                let consumer: BaseConsumer = settings.create().unwrap();
                let mut asked = TopicPartitionList::new();
                for partition in 0..PARTITIONS {
                    asked.add_partition(topic, partition);
                }
                let committed = consumer.committed_offsets(asked, PATIENCE).unwrap();
                let behind = committed.elements().into_iter().map(|element| {
                    let (_, high) = consumer.fetch_watermarks(topic, element.partition(), PATIENCE).unwrap();
                    match element.offset() {
                        Offset::Offset(offset) => high - offset,
                        _ => high,
                    }
                });
                behind.sum::<i64>()
            })
            .iter()
            .sum()
    })
    .await
    .unwrap()
}
