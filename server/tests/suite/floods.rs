//! Floods of hostile clients at a bounded load, all kinds at once, while ordinary customers go the whole way.

use std::time::{Duration, Instant};

use domain::event::KycStatus;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, StatusCode};
use serde_json::json;
use specimens::Person as Shown;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::decisions::decided;
use super::hostile::begin_upload;
use super::support::{Person, Process, TestStack, details, eventually, needs};

/// How much memory the floods may take, in KiB, at their height and after they have ended. A reading takes up to 400 MB.
const MOST_GROWTH: u64 = 900 * 1024;
const MOST_KEPT: u64 = 300 * 1024;

/// A person whose requests come from `address`, by a proxy on this machine.
fn from(base: &str, address: &str) -> Person {
    let headers = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), address.parse().unwrap())]);
    let mut person = Person::new(base.to_owned());
    person.http = Client::builder().default_headers(headers).build().unwrap();
    person
}

/// The floods. They end when this is dropped.
fn floods(base: &str) -> JoinSet<()> {
    let mut floods = JoinSet::new();
    let address = base.replace("http://", "");
    for n in 0..40 {
        // Silent, idle, and slow in the header: each is opened again when the server closes it.
        let sent = ["", "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\n"][n % 3];
        let address = address.clone();
        floods.spawn(async move {
            loop {
                let Ok(mut connection) = TcpStream::connect(&address).await else { continue };
                let _ = connection.write_all(sent.as_bytes()).await;
                let _ = connection.read_to_end(&mut Vec::new()).await;
            }
        });
    }
    for n in 0..4 {
        let own = from(base, &format!("192.0.2.{n}"));
        floods.spawn(async move {
            let mut own = own;
            own.submit(&details()).await;
            // Four uploads that stop, again and again.
            loop {
                let mut uploads = Vec::new();
                for _ in 0..4 {
                    uploads.push(begin_upload(&own).await);
                }
                for mut upload in uploads {
                    let _ = upload.read_to_end(&mut Vec::new()).await;
                }
            }
        });
    }
    for n in 0..4 {
        let own = from(base, "192.0.2.100");
        floods.spawn(async move {
            let mut own = own;
            own.submit(&details()).await;
            // Pings without end, whose answers are never read. Masked, as a client must, with zeros.
            loop {
                let mut socket = ping_socket(&own).await;
                while socket.write_all(&[0x89, 0x80, 0, 0, 0, 0].repeat(100)).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                tokio::time::sleep(Duration::from_millis(100 * n)).await;
            }
        });
    }
    for body in [json!(details()), json!({"firstName": 7})] {
        let own = from(base, "192.0.2.200");
        floods.spawn(async move {
            // New applications and refusals, as fast as one client can, with a short pause.
            loop {
                let _ = own.request(Method::POST, "/api/customers").json(&body).send().await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
    }
    floods
}

async fn ping_socket(person: &Person) -> TcpStream {
    let address = person.base.replace("http://", "");
    let request = format!(
        "GET /ws?customerId={}&after=1 HTTP/1.1\r\nhost: {address}\r\ncookie: {}\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        person.customer(),
        person.cookie(),
    );
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

/// The way from the details to the chosen policy. Every refusal fails the test.
async fn whole_way(person: &mut Person) {
    person.submit(&details()).await;
    person.post(&person.own("/recommendations"), &needs()).await.is(StatusCode::ACCEPTED);
    let kyc = decided(person, &Shown::ingrid()).await;
    assert_eq!(kyc.status, KycStatus::Approved);
    let recommended = eventually("policies", async || person.snapshot().await.journey.recommended).await;
    let policy = &recommended.recommendations[0].policy_id;
    let choice = json!({ "policyId": policy, "consent": true });
    person.post(&person.own("/selection"), &choice).await.is(StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ordinary_customers_go_the_whole_way_during_floods_and_memory_is_given_back() {
    let stack = TestStack::start().await;
    let program = Process::start(&stack.data("program"), &stack.environment()).await;
    // What is needed once is there before: fonts, caches, connections.
    whole_way(&mut from(&program.base, "198.51.100.1")).await;
    let before = program.memory("VmRSS");

    let floods = floods(&program.base);
    let mut ordinary = JoinSet::new();
    for n in 2..5 {
        let mut person = from(&program.base, &format!("198.51.100.{n}"));
        ordinary.spawn(async move { whole_way(&mut person).await });
    }
    // An open page of another customer, which asks as pages do.
    let mut watching = from(&program.base, "198.51.100.9");
    watching.submit(&details()).await;
    let mut took = Vec::new();
    while !ordinary.is_empty() {
        let began = Instant::now();
        watching.snapshot().await;
        took.push(began.elapsed());
        if let Ok(Some(ended)) = tokio::time::timeout(Duration::from_millis(100), ordinary.join_next()).await {
            ended.unwrap();
        }
    }
    drop(floods);
    took.sort();
    let (p99, peak) = (took[took.len() * 99 / 100], program.memory("VmHWM"));
    println!("{} requests, p99 {p99:?}; memory {before} KiB before, {peak} KiB at most", took.len());
    assert!(peak < before + MOST_GROWTH, "{peak} KiB");
    eventually("the memory is given back", async || (program.memory("VmRSS") < before + MOST_KEPT).then_some(())).await;
    let refused = watching.get("/metrics").await.body;
    let limited = refused.lines().find(|line| line.starts_with("onboard_client_limit_total{limit=\"applications\"}"));
    assert!(limited.is_some_and(|line| !line.ends_with(" 0")), "the flood met its limit: {limited:?}");
    program.kill().await;
}
