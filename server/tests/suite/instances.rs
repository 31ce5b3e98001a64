//! Several instances on one stack: an event reaches its customer's sockets on every instance.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::http::HeaderValue;
use domain::api::{Problem, Progress, ReadingStep, ServerFrame};
use jiff::{Timestamp, ToSpan};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use server::Server;
use server::keys::Keys;
use server::live::signature::{HEADER, SignedRequest};
use server::live::{DeliveryOutcome, FanOut, Hub, Peers, Remote};
use server::store::{ConnectionRecord, InstanceRecord, Table, Tables};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::support::{Answer, Behind, PATIENCE, Person, Process, Socket, TestStack, eventually};

const SECRET: &str = "the instances of these tests have this secret";
/// A heartbeat so slow that every event comes by delivery and none by the heartbeat's query.
const WEB: &str = "roles = ['web', 'relay']\nhttp.heartbeat_s = 3600";
const WEB_WITH_FAST_HEARTBEAT: &str = "roles = ['web', 'relay']\nhttp.heartbeat_s = 1";
const CONSUMERS: &str = "roles = ['consumers']";

/// Starts an instance on `stack` with these settings in TOML, which give its roles.
async fn instance(stack: &TestStack, name: &str, settings: &str) -> Server {
    let config = stack.config(name, &format!("secret = '{SECRET}'\n{settings}"));
    let backends = stack.backends(&config).await;
    Server::start_on(config, backends).await.unwrap()
}

fn base(server: &Server) -> String {
    format!("http://{}", server.address)
}

/// Opens a socket of `person` on `server`, which may be another instance than the one that gets their requests.
async fn socket_at(person: &Person, server: &Server, after: u64) -> Socket {
    Socket::open(&base(server), person.customer(), after, Some(person.cookie()), None).await.unwrap()
}

/// Causes an event: a refused request is recorded.
async fn cause_event(person: &Person) {
    person.post(&person.own("/selection"), &"no").await.is(StatusCode::BAD_REQUEST);
}

/// The connection records of `person`, once there are `count` of them.
async fn connection_records(behind: &Behind, person: &Person, count: usize) -> Vec<ConnectionRecord> {
    eventually("connection records", async || {
        let records = behind.store().connections(person.customer(), Timestamp::now()).await.unwrap();
        (records.len() == count).then_some(records)
    })
    .await
}

/// Writes the record of a process at `instance` that holds sockets. Processes that started before know of it after a
/// while only.
async fn record_instance(behind: &Behind, instance: &str) {
    Tables { client: &behind.dynamodb, names: &behind.names }.ensure().await.unwrap();
    let record = InstanceRecord::new(instance.to_owned(), true, false, Timestamp::now());
    behind.store().record_instance(&record).await.unwrap();
}

/// Writes a connection record: `instance` holds a socket of `person`, last renewed at `at`.
async fn record_connection(behind: &Behind, person: &Person, instance: String, at: Timestamp) -> Uuid {
    let id = Uuid::now_v7();
    behind.store().record_connection(&ConnectionRecord::new(person.customer(), id, instance, at)).await.unwrap();
    id
}

async fn handled(behind: &Behind) {
    eventually("all handled", async || {
        let rows = behind.rows(Table::KafkaEvents).await;
        rows.iter().all(|row| row.contains_key("handledAt")).then_some(())
    })
    .await;
}

fn signature(secret: &str, method: &Method, path: &str, body: &[u8], at: Timestamp) -> HeaderValue {
    let signed = SignedRequest { method: method.as_str(), path, body };
    signed.sign(&Keys::from_secret(secret).instances, at).parse().unwrap()
}

/// Sends a signed request, as another instance does.
async fn ask(server: &Server, method: Method, path: &str, body: &str) -> Answer {
    let signature = signature(SECRET, &method, path, body.as_bytes(), Timestamp::now());
    let request = Client::new().request(method, format!("{}{path}", base(server))).header(HEADER, signature);
    Person::send(request.body(body.to_owned())).await
}

fn frame(frame: &ServerFrame) -> String {
    serde_json::to_string(frame).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_on_several_instances_get_every_event_once_and_in_order() {
    let stack = TestStack::start().await;
    let one = instance(&stack, "one", WEB).await;
    let other = instance(&stack, "other", WEB).await;
    // Holds no sockets, so it delivers every event to other instances.
    let _consumers = instance(&stack, "consumers", CONSUMERS).await;
    let ingrid = Person::known(base(&one)).await;

    let mut pages = [
        socket_at(&ingrid, &one, 0).await,
        socket_at(&ingrid, &other, 0).await,
        socket_at(&ingrid, &one, 0).await,
        socket_at(&ingrid, &other, 0).await,
    ];
    for page in &mut pages {
        assert_eq!(page.event().await.sequence, 1);
    }
    for _ in 0..10 {
        cause_event(&ingrid).await;
    }
    for page in &mut pages {
        for expected in 2..=11 {
            assert_eq!(page.event().await.sequence, expected);
        }
    }
    handled(&Behind::of(&stack).await).await;
    for page in &mut pages {
        page.send_text("hello").await;
        assert_eq!(page.next().await, Some(ServerFrame::Echo { message: "hello".into() }), "no event twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_instances_deliver_to_read_and_close_a_connection() {
    let stack = TestStack::start().await;
    let one = instance(&stack, "one", "").await;
    let ingrid = Person::known(base(&one)).await;
    let behind = Behind::of(&stack).await;
    handled(&behind).await;
    let mut socket = ingrid.socket(1).await;
    let id = socket.status().await.connection_id;
    let path = format!("/@connections/{id}");

    let progress = ServerFrame::Progress(Progress { document_id: Uuid::nil(), step: ReadingStep::Queued });
    ask(&one, Method::POST, &path, &frame(&progress)).await.is(StatusCode::OK);
    assert_eq!(socket.next().await, Some(progress));
    // An event that the connection has is not sent again.
    let event = Box::new(ingrid.events().await.remove(0));
    ask(&one, Method::POST, &path, &frame(&ServerFrame::Event { event: event.clone() })).await.is(StatusCode::OK);
    ask(&one, Method::POST, &path, &frame(&ServerFrame::Resync {})).await.is(StatusCode::OK);
    assert_eq!(socket.next().await, Some(ServerFrame::Resync {}));

    let about: Value = ask(&one, Method::GET, &path, "").await.is(StatusCode::OK).json();
    assert_eq!(about["customerId"], ingrid.customer().to_string());
    assert_eq!(about["connectionId"], id.to_string());
    assert!(about["connectedAt"].is_string() && about["renewedAt"].is_string(), "{about}");

    // Another customer's event and frames that are not for delivery are refused.
    let stranger = Person::known(base(&one)).await;
    let theirs = Box::new(stranger.events().await.remove(0));
    for body in [
        frame(&ServerFrame::Event { event: theirs }),
        frame(&ServerFrame::Echo { message: "x".into() }),
        String::new(),
        "{}".into(),
    ] {
        let refused = ask(&one, Method::POST, &path, &body).await;
        assert_eq!((refused.codes().0, refused.codes().1), (400, "malformed_request".into()), "{body}");
    }
    // A broadcast takes only frames without a customer.
    let refused = ask(&one, Method::POST, "/@connections", &frame(&ServerFrame::Event { event })).await;
    assert_eq!(refused.codes().0, 400);
    assert_eq!(ask(&one, Method::POST, &path, &"x".repeat(300 * 1024)).await.codes().1, "too_large");
    assert_eq!(ask(&one, Method::PUT, &path, "").await.codes().1, "method_not_allowed");
    assert_eq!(socket.status().await.sequence, 1);

    ask(&one, Method::DELETE, &path, "").await.is(StatusCode::OK);
    assert_eq!(socket.close_code().await, Some(1008));
    eventually("the connection is gone", async || {
        (ask(&one, Method::GET, &path, "").await.status == StatusCode::GONE).then_some(())
    })
    .await;
    for method in [Method::POST, Method::GET, Method::DELETE] {
        for gone in [path.clone(), "/@connections/none".into()] {
            let answer = ask(&one, method.clone(), &gone, &frame(&ServerFrame::Resync {})).await;
            assert_eq!((answer.codes().0, answer.codes().1), (410, "gone".into()), "{method} {gone}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unsigned_delivery_is_refused_without_information() {
    let stack = TestStack::start().await;
    let one = instance(&stack, "one", WEB).await;
    let ingrid = Person::known(base(&one)).await;
    let mut socket = ingrid.socket(1).await;
    let open = format!("/@connections/{}", socket.status().await.connection_id);
    let none = format!("/@connections/{}", Uuid::now_v7());
    let body = frame(&ServerFrame::Resync {});
    let now = Timestamp::now();

    let mut answers = Vec::new();
    for path in [open.as_str(), &none, "/@connections"] {
        let post = Method::POST;
        let good = signature(SECRET, &post, path, body.as_bytes(), now);
        let mut wrong = vec![
            None,
            Some(HeaderValue::from_static("")),
            Some(HeaderValue::from_bytes(b"1.\xff").unwrap()),
            Some(signature("another secret of the same length or so......", &post, path, body.as_bytes(), now)),
            Some(signature(SECRET, &Method::DELETE, path, body.as_bytes(), now)),
            Some(signature(SECRET, &post, "/@connections/", body.as_bytes(), now)),
            Some(signature(SECRET, &post, path, b"{}", now)),
            // Replayed after its minute of validity, and signed with a time in the future.
            Some(signature(SECRET, &post, path, body.as_bytes(), now - 62.seconds())),
            Some(signature(SECRET, &post, path, body.as_bytes(), now + 122.seconds())),
        ];
        wrong.push(Some(good.to_str().unwrap().replacen('.', ".0", 1).parse().unwrap()));
        for header in wrong {
            let mut request = ingrid.request(Method::POST, path).body(body.clone());
            if let Some(header) = header {
                request = request.header(HEADER, header);
            }
            answers.push(Person::send(request).await);
        }
        for method in [Method::GET, Method::DELETE, Method::PUT] {
            answers.push(Person::send(ingrid.request(method, path)).await);
        }
    }
    for answer in &answers {
        assert_eq!((answer.codes().0, answer.codes().1), (401, "unsigned".into()));
        // Apart from the id of the request, which is random.
        let [own, first] = [answer, &answers[0]].map(|answer| Problem { request_id: None, ..answer.problem() });
        assert_eq!(own, first, "the same answer, whether the connection exists or not");
    }
    // Nothing was delivered, and the socket is open.
    socket.send_text("hello").await;
    assert_eq!(socket.next().await, Some(ServerFrame::Echo { message: "hello".into() }));

    // A signed request passes from any origin and without a cookie.
    let good = signature(SECRET, &Method::POST, &open, body.as_bytes(), now);
    let request = Client::new().post(format!("{}{open}", base(&one))).header(HEADER, good);
    Person::send(request.header("origin", "https://elsewhere.example").body(body)).await.is(StatusCode::OK);
    assert_eq!(socket.next().await, Some(ServerFrame::Resync {}));
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_connection_records_delay_no_event_and_are_removed() {
    let stack = TestStack::start().await;
    let one = instance(&stack, "one", "").await;
    let other = instance(&stack, "other", WEB).await;
    let ingrid = Person::known(base(&one)).await;
    let behind = Behind::of(&stack).await;
    let (mut here, mut there) = (ingrid.socket(1).await, socket_at(&ingrid, &other, 1).await);
    let held = connection_records(&behind, &ingrid, 2).await;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let unreachable = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let now = Timestamp::now();
    record_connection(&behind, &ingrid, unreachable, now).await;
    // Records of running instances that do not hold the connection: it is closed, or was an earlier process's.
    record_connection(&behind, &ingrid, base(&other), now).await;
    record_connection(&behind, &ingrid, base(&one), now).await;

    cause_event(&ingrid).await;
    assert_eq!((here.event().await.sequence, there.event().await.sequence), (2, 2));
    let mut left = connection_records(&behind, &ingrid, 2).await;
    left.sort_by_key(|record| record.connection_id);
    let ids = |records: &[ConnectionRecord]| records.iter().map(|record| record.connection_id).collect::<Vec<_>>();
    assert_eq!(ids(&left), ids(&held));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_instance_loses_its_records_and_its_page_resumes_on_another() {
    let stack = TestStack::start().await;
    let one = instance(&stack, "one", "").await;
    let ingrid = Person::known(base(&one)).await;
    let behind = Behind::of(&stack).await;
    let mut environment = stack.environment();
    environment.extend([
        ("ONBOARD_SECRET", SECRET.to_owned()),
        ("ONBOARD_ROLES", "web".to_owned()),
        ("ONBOARD_HTTP__HEARTBEAT_S", "3600".to_owned()),
    ]);
    let doomed = Process::start(&stack.data("doomed"), &environment).await;

    let mut here = ingrid.socket(1).await;
    let mut there = Socket::open(&doomed.base, ingrid.customer(), 1, Some(ingrid.cookie()), None).await.unwrap();
    connection_records(&behind, &ingrid, 2).await;
    cause_event(&ingrid).await;
    assert_eq!((here.event().await.sequence, there.event().await.sequence), (2, 2));

    doomed.kill().await;
    cause_event(&ingrid).await;
    cause_event(&ingrid).await;
    assert_eq!((here.event().await.sequence, here.event().await.sequence), (3, 4));
    // If the last delivery to it timed out, the circuit breaker is open and its record is removed later.
    eventually("its record is removed", async || {
        if behind.store().connections(ingrid.customer(), Timestamp::now()).await.unwrap().len() == 1 {
            return Some(());
        }
        cause_event(&ingrid).await;
        None
    })
    .await;
    // Its page reconnects to another instance and resumes after its last event.
    let mut resumed = socket_at(&ingrid, &one, 2).await;
    assert_eq!((resumed.event().await.sequence, resumed.event().await.sequence), (3, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_instance_is_skipped_by_the_circuit_breaker() {
    let stack = TestStack::start().await;
    // Accepts connections and never answers, as a stopped process does.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let behind = Behind::of(&stack).await;
    record_instance(&behind, &address).await;
    let one = instance(&stack, "one", "").await;
    let ingrid = Person::known(base(&one)).await;
    let mut here = ingrid.socket(1).await;
    handled(&behind).await;
    let requests = Arc::new(AtomicU64::new(0));
    let count = requests.clone();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((socket, _)) = silent.accept().await {
            open.push(socket);
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let now = Timestamp::now();
    let alive = record_connection(&behind, &ingrid, address.clone(), now).await;
    let stale = record_connection(&behind, &ingrid, address, now - 80.seconds()).await;
    connection_records(&behind, &ingrid, 3).await;

    let began = Instant::now();
    for expected in 2..=21 {
        cause_event(&ingrid).await;
        assert_eq!(here.event().await.sequence, expected);
    }
    handled(&behind).await;
    // At first one delivery for each record (also of the event before, if that was still being delivered), then one in
    // the five seconds for which the circuit breaker is open.
    let (requests, openings) = (requests.load(Ordering::SeqCst), began.elapsed().as_secs() / 5);
    assert!((1..=2 * (openings + 2)).contains(&requests), "{requests} requests in {openings} times five seconds");
    let left = connection_records(&behind, &ingrid, 2).await;
    let has = |id| left.iter().any(|record| record.connection_id == id);
    assert!(has(alive), "the instance may only be slow");
    assert!(!has(stale), "not renewed for more than three heartbeats");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_delivery_is_retried() {
    let stack = TestStack::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let slow = format!("http://{}", listener.local_addr().unwrap());
    let behind = Behind::of(&stack).await;
    record_instance(&behind, &slow).await;
    let one = instance(&stack, "one", "").await;
    let ingrid = Person::known(base(&one)).await;
    handled(&behind).await;
    let (sender, mut delivered) = tokio::sync::mpsc::unbounded_channel();
    let requests = Arc::new(AtomicU64::new(0));
    let receive = async move |body: String| {
        if requests.fetch_add(1, Ordering::SeqCst) == 0 {
            std::future::pending::<()>().await;
        }
        sender.send(body).unwrap();
    };
    let receive = axum::routing::post(async move |body: String| receive(body).await);
    let router = axum::Router::new().route("/@connections/{id}", receive);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    record_connection(&behind, &ingrid, slow, Timestamp::now()).await;

    // The last event: no later one causes another delivery.
    cause_event(&ingrid).await;
    let last = async {
        loop {
            let body = delivered.recv().await.unwrap();
            let ServerFrame::Event { event } = serde_json::from_str(&body).unwrap() else { panic!("{body}") };
            if event.sequence == 2 {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, last).await.expect("delivery not retried");
}

#[tokio::test(flavor = "multi_thread")]
async fn undelivered_event_comes_with_the_heartbeat() {
    let stack = TestStack::start().await;
    let one = instance(&stack, "one", WEB_WITH_FAST_HEARTBEAT).await;
    // Its deliveries are refused, because it signs with another secret.
    let config = stack.config("stranger", &format!("secret = '{}'\n{CONSUMERS}", "another ".repeat(5)));
    let backends = stack.backends(&config).await;
    let _stranger = Server::start_on(config, backends).await.unwrap();
    let ingrid = Person::known(base(&one)).await;
    let behind = Behind::of(&stack).await;
    let mut socket = ingrid.socket(1).await;
    connection_records(&behind, &ingrid, 1).await;
    for expected in 2..=5 {
        cause_event(&ingrid).await;
        assert_eq!(socket.event().await.sequence, expected);
    }

    // A record that was removed by mistake is written again and renewed.
    let id = socket.status().await.connection_id;
    behind.store().remove_connection(ingrid.customer(), id).await.unwrap();
    let first = connection_records(&behind, &ingrid, 1).await.remove(0);
    assert_eq!((first.connection_id, &first.instance), (id, &base(&one)));
    eventually("the record is renewed", async || {
        let record = connection_records(&behind, &ingrid, 1).await.remove(0);
        (record.renewed() > first.renewed() && record.expires_at > first.expires_at).then_some(())
    })
    .await;
    drop(socket);
    connection_records(&behind, &ingrid, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broadcast_reaches_all_sockets_of_every_instance() {
    let stack = TestStack::start().await;
    let one = instance(&stack, "one", WEB).await;
    let other = instance(&stack, "other", WEB).await;
    let (ingrid, bo) = (Person::known(base(&one)).await, Person::known(base(&one)).await);
    let behind = Behind::of(&stack).await;
    let mut sockets = [
        ingrid.socket(1).await,
        socket_at(&ingrid, &other, 1).await,
        bo.socket(1).await,
        socket_at(&bo, &other, 1).await,
    ];
    connection_records(&behind, &ingrid, 2).await;
    connection_records(&behind, &bo, 2).await;
    let dead = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let unreachable = format!("http://{}", dead.local_addr().unwrap());
    drop(dead);
    record_connection(&behind, &bo, unreachable.clone(), Timestamp::now()).await;

    let keys = Keys::from_secret(SECRET);
    let clock = std::sync::Arc::new(server::clock::SystemClock);
    let peers = Peers::new(behind.store(), clock.clone(), "http://localhost".into());
    let remote = Remote::new(behind.store(), clock, keys.instances, Duration::from_secs(25)).unwrap();
    let fan_out = FanOut::new(Hub::new(1, 1, CancellationToken::new()), None, remote, peers);
    let mut outcomes = fan_out.broadcast().await.unwrap();
    outcomes.sort_by_key(|(instance, _)| instance.clone());
    let mut expected = vec![
        (base(&one), DeliveryOutcome::Delivered),
        (base(&other), DeliveryOutcome::Delivered),
        (unreachable, DeliveryOutcome::Refused),
    ];
    expected.sort_by_key(|(instance, _)| instance.clone());
    assert_eq!(outcomes, expected);
    for socket in &mut sockets {
        assert_eq!(socket.next().await, Some(ServerFrame::Resync {}));
        assert_eq!(socket.status().await.sequence, 1, "one frame, and the same sequence");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logout_closes_the_sockets_of_every_instance() {
    let stack = TestStack::start().await;
    let one = instance(&stack, "one", WEB).await;
    let other = instance(&stack, "other", WEB_WITH_FAST_HEARTBEAT).await;
    let (ingrid, bo) = (Person::known(base(&one)).await, Person::known(base(&one)).await);
    let behind = Behind::of(&stack).await;
    let (mut here, mut there) = (ingrid.socket(1).await, socket_at(&ingrid, &other, 1).await);
    let mut bos = socket_at(&bo, &other, 1).await;
    connection_records(&behind, &ingrid, 2).await;
    connection_records(&behind, &bo, 1).await;
    Person::send(ingrid.request(Method::DELETE, "/api/session")).await.is(StatusCode::NO_CONTENT);
    assert_eq!((here.close_code().await, there.close_code().await), (Some(1008), Some(1008)));
    connection_records(&behind, &ingrid, 0).await;
    assert_eq!(bos.status().await.sequence, 1, "another customer's socket stays open");

    // If its instance cannot be reached, the heartbeat finds the mark on the record.
    let mut record = connection_records(&behind, &bo, 1).await.remove(0);
    record.ended = true;
    behind.store().mark_connection_ended(&record).await.unwrap();
    assert_eq!(bos.close_code().await, Some(1008));
    connection_records(&behind, &bo, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_sessions_share_one_retry_task_during_an_outage() {
    let stack = TestStack::start().await;
    let config = stack.config("outage", "");
    let aws = stack.backends(&config).await.aws;
    let unreachable = aws_sdk_dynamodb::config::Builder::from(&aws).endpoint_url("http://127.0.0.1:1").build();
    let names = Behind::of(&stack).await.names;
    let store = server::store::Store::new(aws_sdk_dynamodb::Client::from_conf(unreachable), names);
    let clock = Arc::new(server::clock::SystemClock);
    let keys = Keys::from_secret(SECRET);
    let peers = Peers::new(store.clone(), clock.clone(), "http://localhost".into());
    let remote = Remote::new(store, clock, keys.instances, Duration::from_secs(25)).unwrap();
    let fan_out = FanOut::new(Hub::new(1, 1, CancellationToken::new()), None, remote, peers);
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    futures::future::join_all((0..100).map(|_| fan_out.end(Uuid::new_v4()))).await;
    eventually("no task is left for each session", async || (tasks() < before + 50).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_steps_reach_a_socket_of_another_instance_in_order() {
    let stack = TestStack::start().await;
    let one = instance(&stack, "one", WEB).await;
    let folder = format!("documents.folder = '{}'", stack.data("one").join("documents").display());
    let _reader = instance(&stack, "reader", &format!("{CONSUMERS}\n{folder}")).await;
    let ingrid = Person::known(base(&one)).await;
    let mut socket = ingrid.socket(1).await;
    connection_records(&Behind::of(&stack).await, &ingrid, 1).await;
    ingrid.upload("passport", "photo.png", b"\x89PNG\r\n\x1a\nno picture".to_vec()).await.is(StatusCode::ACCEPTED);
    let mut steps = Vec::new();
    let reading = async {
        loop {
            match socket.next().await.expect("closed") {
                ServerFrame::Progress(progress) => steps.push(progress.step),
                ServerFrame::Event { event } if event.sequence == 2 => return,
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    assert_eq!(steps.first(), Some(&ReadingStep::Queued), "{steps:?}");
    assert!(steps.is_sorted(), "{steps:?}");
}

/// Measures the time from a request to its event at a socket of another instance. Asserts only that all events come.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn latency_to_a_socket_of_another_instance() {
    // The refusals of one customer are recorded up to a limit, so there are several customers.
    const CUSTOMERS: usize = 10;
    const EACH: u64 = 30;
    let stack = TestStack::start().await;
    let fast = "limits.recorded_refusals_per_second = 1000";
    let one = instance(&stack, "one", &format!("{WEB}\n{fast}")).await;
    let other = instance(&stack, "other", WEB).await;
    let consumers = instance(&stack, "consumers", CONSUMERS).await;
    let print = |what: &str, mut took: Vec<Duration>| {
        took.sort_unstable();
        let at = |share: usize| took[took.len() * share / 100];
        println!("{what}: p50 {:?} p99 {:?} of {}", at(50), at(99), took.len());
    };
    for (holder, server) in [("the same web instance", &one), ("another", &other)] {
        let mut took = Vec::new();
        for _ in 0..CUSTOMERS {
            let person = Person::known(base(&one)).await;
            let mut socket = socket_at(&person, server, 1).await;
            socket.status().await;
            for expected in 2..=EACH + 1 {
                let began = Instant::now();
                cause_event(&person).await;
                assert_eq!(socket.event().await.sequence, expected);
                took.push(began.elapsed());
            }
        }
        print(&format!("request to a socket of {holder}, consumers in a third"), took);
    }
    let metrics = reqwest::get(format!("{}/metrics", base(&consumers))).await.unwrap().text().await.unwrap();
    metrics.lines().filter(|line| line.contains("remote_deliver")).for_each(|line| println!("{line}"));
    let store = Behind::of(&stack).await.store();
    let person = Person::known(base(&one)).await;
    let customer = person.customer();
    let _socket = person.socket(1).await;
    let mut queries = Vec::new();
    for _ in 0..300 {
        let began = Instant::now();
        store.connections(customer, Timestamp::now()).await.unwrap();
        queries.push(began.elapsed());
    }
    print("query for connections", queries);
}
