//! What only an embedded stack of the test's own can show, since it is stopped, or is itself what is tested. On a cluster
//! these do not run: `tests/cluster` does there what has a counterpart.

use std::collections::HashMap;
use std::time::Duration;

use embedded::Stack;
use reqwest::{Method, StatusCode};
use server::kafka::{EventPublisher, KafkaHealth};
use server::raw_event::RawEvent;
use server::store::Table;
use tempfile::TempDir;

use super::support::{Behind, Person, Process, TestServer, expect_all_handled, assert_effects_once, eventually, needs, assert_published_in_order};

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
        ]
        .map(|(name, value)| (name, value.to_owned()));
        Process::start(&self.data.path().join("program"), &environment).await
    }

    fn behind(&self) -> Behind {
        Behind::embedded(self.brokers(), &self.tables.dynamodb_endpoint)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_commit_and_publication() {
    let mut backends = Backends::start().await;
    let program = backends.program().await;
    let mut ingrid = Person::known(program.base.clone()).await;
    expect_all_handled(&backends.behind(), 1).await;
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
    expect_all_handled(&behind, 5).await;
    assert_published_in_order(&behind, 5).await;
    assert_effects_once(&behind).await;
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
    expect_all_handled(&backends.behind(), 1).await;
    assert_published_in_order(&backends.behind(), 1).await;
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_told_to_stop_ends_though_everything_is_away() {
    let mut backends = Backends::start().await;
    let program = backends.program().await;
    let ingrid = Person::known(program.base.clone()).await;
    let behind = backends.behind();
    expect_all_handled(&behind, 1).await;
    let event = behind.store().all_events(ingrid.customer()).await.unwrap().remove(0);

    // Something is under way that cannot come to an end.
    backends.tables.stop().await;
    let publisher = EventPublisher::new(behind.kafka.clone(), KafkaHealth::default());
    publisher.publish(&RawEvent::write(&event).unwrap()).await.unwrap();
    eventually("it is tried", async || {
        let metrics = ingrid.get("/metrics").await.body;
        metrics.contains("onboard_kafka_retries_total").then_some(())
    })
    .await;
    backends.broker.take().unwrap().stop().await;
    program.signal("TERM");
    assert!(program.ended().await.success());
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
    let behind = Behind::embedded(stack.kafka, stack.dynamodb);
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
async fn messages_are_shown_to_this_machine_only() {
    let asked = |server: &TestServer, host: &str| {
        let request = server.person().request(Method::GET, "/outbox").header("host", host);
        async move { Person::send(request).await.status }
    };
    let server = TestServer::start().await;
    let port = server.server.address.port();
    assert_eq!(asked(&server, &format!("127.0.0.1:{port}")).await, StatusCode::OK);
    assert_eq!(asked(&server, &format!("localhost:{port}")).await, StatusCode::OK);
    for host in [format!("rebound.example:{port}"), "192.168.1.5".into()] {
        assert_eq!(asked(&server, &host).await, StatusCode::NOT_FOUND, "{host}");
    }

    // Reached by others too, it shows them to nobody.
    let open = TestServer::start_at("0.0.0.0:0").await;
    let port = open.server.address.port();
    let at_home = Person::new(format!("http://127.0.0.1:{port}"));
    assert_eq!(at_home.get("/outbox").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_its_owners() {
    use std::os::unix::fs::PermissionsExt;

    let above = tempfile::tempdir().unwrap();
    let data = above.path().join("data");
    let settings = format!("stack = 'embedded'\nhttp.address = '127.0.0.1:0'\ndata_dir = '{}'", data.display());
    let server = server::Server::start(server::config::Config::with(&settings).unwrap()).await.unwrap();
    for folder in ["", "messages", "documents"] {
        let mode = std::fs::metadata(data.join(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "data/{folder}");
    }
    server.stop().await;
}
