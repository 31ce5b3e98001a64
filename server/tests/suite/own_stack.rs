//! Tests that stop their embedded stack, or test the stack itself. They do not run on a cluster; `tests/cluster` has
//! their counterparts.

use std::collections::HashMap;
use std::time::Duration;

use embedded::Stack;
use reqwest::{Method, StatusCode};
use server::kafka::{EventPublisher, KafkaHealth};
use server::raw_event::RawEvent;
use server::stack_file::StackAddresses;
use server::store::Table;
use tempfile::TempDir;

use super::support::{
    Behind, Person, Process, TestServer, assert_effects_once, assert_published_in_order, eventually,
    expect_all_handled, needs,
};

/// A broker and tables that stop independently of each other and of the server.
struct Backends {
    /// `None` while it is stopped.
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

    async fn server(&self) -> Process {
        self.server_at(self.brokers()).await
    }

    async fn server_at(&self, brokers: &str) -> Process {
        let credentials = &self.tables.dynamodb_credentials;
        let environment = [
            ("KAFKA_BROKERS", brokers),
            ("ONBOARD_KAFKA__REPLICATION_FACTOR", "1"),
            ("ONBOARD_KAFKA__GROUP_INSTANCE_ID", "the-one"),
            ("ONBOARD_TABLES__CREATE", "true"),
            ("ONBOARD_WATCHLIST__SAMPLE", "true"),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.tables.dynamodb_endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", credentials.access_key_id.as_str()),
            ("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.as_str()),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        Process::start(&self.data.path().join("program"), &environment).await
    }

    fn behind(&self) -> Behind {
        Behind::embedded(&StackAddresses { kafka: self.brokers().to_owned(), ..StackAddresses::of(&self.tables) })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn event_is_published_after_a_kill_between_commit_and_publication() {
    let mut backends = Backends::start().await;
    let program = backends.server().await;
    let mut ingrid = Person::known(program.base.clone()).await;
    expect_all_handled(&backends.behind(), 1).await;
    let store = backends.behind().store();

    backends.broker.take().unwrap().stop().await;
    // Commands need no broker.
    ingrid.post(&ingrid.own("/recommendations"), &needs()).await.is(StatusCode::ACCEPTED);
    for _ in 0..3 {
        ingrid.post(&ingrid.own("/selection"), &"not an object").await;
    }
    let second = Person::known(program.base.clone()).await;
    let committed = store.unpublished().await.unwrap().len();
    assert_eq!(committed, 4, "committed and not published");
    program.kill().await;

    backends.start_broker().await;
    let program = backends.server().await;
    let behind = backends.behind();
    expect_all_handled(&behind, 5).await;
    assert_published_in_order(&behind, 5).await;
    assert_effects_once(&behind).await;
    ingrid.base.clone_from(&program.base);
    assert_eq!(ingrid.events().await.len(), 4);
    assert_eq!(behind.store().all_events(second.customer()).await.unwrap().len(), 1);
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_starts_and_is_ready_without_kafka() {
    let mut backends = Backends::start().await;
    let unreachable = backends.brokers().to_owned();
    backends.broker.take().unwrap().stop().await;
    let program = backends.server_at(&unreachable).await;
    let ingrid = Person::known(program.base.clone()).await;
    // It is ready, because commands need only the tables.
    let ready: serde_json::Value = ingrid.get("/readyz").await.is(StatusCode::OK).json();
    assert_eq!((ready["dynamodb"].as_str(), ready["kafka"].as_str()), (Some("ok"), Some("unreachable")));
    eventually("the incident is named", async || {
        let ready: serde_json::Value = ingrid.get("/readyz").await.json();
        ready["kafkaIncidents"].as_array()?.contains(&"unreachable".into()).then_some(())
    })
    .await;
    program.kill().await;

    backends.start_broker().await;
    let program = backends.server().await;
    expect_all_handled(&backends.behind(), 1).await;
    assert_published_in_order(&backends.behind(), 1).await;
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_stops_during_an_outage_of_kafka_and_dynamodb() {
    let mut backends = Backends::start().await;
    let program = backends.server().await;
    let ingrid = Person::known(program.base.clone()).await;
    let behind = backends.behind();
    expect_all_handled(&behind, 1).await;
    let event = behind.store().all_events(ingrid.customer()).await.unwrap().remove(0);

    // The consumer retries this event until the server stops.
    backends.tables.stop().await;
    let publisher = EventPublisher::new(behind.kafka.clone(), KafkaHealth::default());
    publisher.publish(&RawEvent::write(&event).unwrap()).await.unwrap();
    eventually("the event is retried", async || {
        let metrics = ingrid.get("/metrics").await.body;
        let retries = metrics.lines().filter(|line| line.starts_with("onboard_kafka_retries_total"));
        retries.into_iter().any(|line| !line.ends_with(" 0")).then_some(())
    })
    .await;
    backends.broker.take().unwrap().stop().await;
    program.signal("TERM");
    assert!(program.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn server_killed_at_any_moment_keeps_every_acknowledged_application() {
    let data = tempfile::tempdir().unwrap();
    let mut acknowledged = HashMap::new();
    for round in 0_u64..3 {
        let program = Process::start(data.path(), &[]).await;
        let base = program.base.clone();
        let applicants = tokio::spawn(async move {
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
        // Not a wait for a condition: the kill comes at an arbitrary moment.
        tokio::time::sleep(Duration::from_millis(300 + 150 * round)).await;
        program.kill().await;
        for created in applicants.await.unwrap() {
            acknowledged.insert(created.customer_id, created.application_id);
        }
    }
    assert!(!acknowledged.is_empty());

    // A server in this process opens the data that the last kill left.
    let settings = format!("stack = 'embedded'\nhttp.address = '127.0.0.1:0'\ndata_dir = '{}'", data.path().display());
    let server = server::Server::start(server::config::Config::with(&settings).unwrap()).await.unwrap();
    let stack = server.embedded_addresses().unwrap();
    let behind = Behind::embedded(&stack);
    let applications = behind.rows(Table::Applications).await.len();
    assert!(applications >= acknowledged.len(), "{applications} of {} acknowledged", acknowledged.len());
    expect_all_handled(&behind, applications).await;
    assert_published_in_order(&behind, applications).await;
    assert_effects_once(&behind).await;
    for customer in acknowledged.keys() {
        assert_eq!(behind.store().all_events(*customer).await.unwrap().len(), 1);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_shown_on_loopback_addresses_only() {
    let status = |server: &TestServer, host: &str| {
        let request = server.person().request(Method::GET, "/outbox").header("host", host);
        async move { Person::send(request).await.status }
    };
    let server = TestServer::start().await;
    let port = server.server.address.port();
    assert_eq!(status(&server, &format!("127.0.0.1:{port}")).await, StatusCode::OK);
    assert_eq!(status(&server, &format!("localhost:{port}")).await, StatusCode::OK);
    for host in [format!("rebound.example:{port}"), "192.168.1.5".into()] {
        assert_eq!(status(&server, &host).await, StatusCode::NOT_FOUND, "{host}");
    }

    // A server that listens on all addresses does not show them at all.
    let open = TestServer::start_at("0.0.0.0:0").await;
    let port = open.server.address.port();
    let local = Person::new(format!("http://127.0.0.1:{port}"));
    assert_eq!(local.get("/outbox").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_folders_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let settings = format!("stack = 'embedded'\nhttp.address = '127.0.0.1:0'\ndata_dir = '{}'", data.display());
    let server = server::Server::start(server::config::Config::with(&settings).unwrap()).await.unwrap();
    for folder in ["", "messages", "documents"] {
        let mode = std::fs::metadata(data.join(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "data/{folder}");
    }
    server.stop().await;
}
