//! Malicious files, uploaded over HTTP: each is refused or read, and the server keeps serving.

use std::path::Path;

use domain::document::DocumentKind;
use domain::journey::Tile;
use reqwest::{Method, StatusCode};
use specimens::Person as Shown;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::decisions::passport;
use super::support::{Answer, PATIENCE, Person, TestServer, details, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_are_refused_or_read_and_the_next_upload_is_served() {
    // A short timeout for files that make a tool hang.
    let server = TestServer::start_with("documents.timeout_s = 15").await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ocr/tests/hostile");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut accepted = 0;
    // The reader's own tests try every file. A quarter of them shows what the server makes of the results.
    for path in paths.into_iter().step_by(4) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".md") {
            continue;
        }
        let content = std::fs::read(&path).unwrap();
        let kind = if name.ends_with(".pdf") { "proof_of_address" } else { "passport" };
        // The file name leaves its folder. Each file gets a new applicant, because a third upload is taken as it is.
        let (person, name) = (Person::known(server.base()).await, format!("../../../{name}"));
        if ocr::media_type(&content).is_none() {
            let (status, _, errors) = person.upload(kind, &name, content.clone()).await.codes();
            let code = if content.is_empty() { "empty" } else { "unsupported_type" };
            assert_eq!((status, errors), (422, vec![("file".to_owned(), code.to_owned())]), "{name}");
            continue;
        }
        accepted += 1;
        person.hand_in(kind, &name, content).await;
        let snapshot = person.snapshot().await;
        assert!(snapshot.pending.is_empty(), "{name}");
        let refused = snapshot.journey.problem(Tile::Documents).is_some();
        assert!(refused || !snapshot.journey.documents.is_empty(), "{name}: neither read nor refused");
        person.get("/healthz").await.is(StatusCode::OK);
    }
    assert!(accepted > 10, "{accepted}");

    let ingrid = Person::known(server.base()).await;
    ingrid.hand_in("passport", "passport.jpg", passport(&Shown::ingrid())).await;
    assert_eq!(ingrid.snapshot().await.journey.documents[0].kind, DocumentKind::Passport);
}

/// Begins an upload of `person` and sends a part of its file.
pub async fn begin_upload(person: &Person) -> TcpStream {
    let address = person.base.strip_prefix("http://").unwrap();
    let part = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\nonly the beginning";
    let request = format!(
        "POST {} HTTP/1.1\r\nhost: {address}\r\ncookie: {}\r\ncontent-type: multipart/form-data; boundary=b\r\n\
         content-length: 1000000\r\n\r\n{part}",
        person.own("/documents"),
        person.cookie(),
    );
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn senders_that_stop_do_not_delay_other_uploads_and_are_refused() {
    let server = TestServer::start().await;
    let mut stopped = Vec::new();
    for _ in 0..8 {
        let person = Person::known(server.base()).await;
        for _ in 0..4 {
            stopped.push(begin_upload(&person).await);
        }
    }
    let ingrid = Person::known(server.base()).await;
    let began = std::time::Instant::now();
    ingrid.upload("passport", "p.jpg", passport(&Shown::ingrid())).await.is(StatusCode::ACCEPTED);
    let all_wait = futures::future::join_all(stopped.iter_mut().map(async |connection| {
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await.unwrap();
        (answer, began.elapsed())
    }));
    for (answer, after) in all_wait.await {
        assert_eq!(&answer, b"HTTP/1.1 408");
        assert!(after > std::time::Duration::from_secs(5), "refused before the other upload was accepted");
    }
}

/// A server that tells clients of this machine apart by `X-Forwarded-For`, with these limits.
async fn with_limits(limits: &str) -> TestServer {
    TestServer::start_with(&format!("[limits]\n{limits}")).await
}

/// A customer's details sent from this address.
async fn submitted_from(server: &TestServer, address: &str) -> Answer {
    let request = server.person().request(Method::POST, "/api/customers").header("x-forwarded-for", address);
    Person::send(request.json(&details())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_cannot_make_applications_without_end() {
    let server = with_limits("applications_per_client_per_minute = 1").await;
    for _ in 0..10 {
        submitted_from(&server, "192.0.2.1").await.is(StatusCode::CREATED);
    }
    let refused = submitted_from(&server, "192.0.2.1").await;
    assert_eq!(refused.codes(), (429, "too_many_requests".into(), vec![]));
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    // What the client itself writes into the header does not help it.
    submitted_from(&server, "198.51.100.7, 192.0.2.1").await.is(StatusCode::TOO_MANY_REQUESTS);
    submitted_from(&server, "192.0.2.2").await.is(StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_cannot_ask_without_end() {
    let server = with_limits("requests_per_client_per_second = 1").await;
    let ask = async |path: &str, address: &str| {
        Person::send(server.person().request(Method::GET, path).header("x-forwarded-for", address)).await
    };
    let mut answers = Vec::new();
    for _ in 0..30 {
        answers.push(ask("/api/applications/x", "192.0.2.1").await.status);
    }
    assert!(answers[..10].iter().all(|status| *status == StatusCode::UNAUTHORIZED), "{answers:?}");
    assert!(answers.contains(&StatusCode::TOO_MANY_REQUESTS), "{answers:?}");
    let page = ask("/", "192.0.2.1").await;
    if page.status == StatusCode::TOO_MANY_REQUESTS {
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(page.headers.contains_key("retry-after"));
    }
    ask("/", "192.0.2.2").await.is(StatusCode::OK);
    ask("/healthz", "192.0.2.1").await.is(StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_cannot_hold_every_socket() {
    let server = with_limits("sockets_per_client = 2").await;
    let open = async |person: &Person, address: &str| {
        let upgrade = person.request(Method::GET, &format!("/ws?customerId={}&after=1", person.customer()));
        let upgrade = upgrade.header("connection", "upgrade").header("upgrade", "websocket");
        let upgrade =
            upgrade.header("sec-websocket-version", "13").header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
        upgrade.header("x-forwarded-for", address).send().await.unwrap()
    };
    let mut held = Vec::new();
    for _ in 0..2 {
        let person = Person::known(server.base()).await;
        held.push(open(&person, "192.0.2.1").await);
    }
    assert!(held.iter().all(|answer| answer.status() == StatusCode::SWITCHING_PROTOCOLS));
    let person = Person::known(server.base()).await;
    assert_eq!(open(&person, "192.0.2.1").await.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(open(&person, "192.0.2.2").await.status(), StatusCode::SWITCHING_PROTOCOLS);
    drop(held);
    eventually("the places of closed sockets are free", async || {
        (open(&person, "192.0.2.1").await.status() == StatusCode::SWITCHING_PROTOCOLS).then_some(())
    })
    .await;
}

/// Whether the server has closed the connection, without an answer or after one.
async fn is_closed(connection: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    tokio::time::timeout(PATIENCE, connection.read_to_end(&mut rest)).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_cannot_take_every_connection() {
    let server = TestServer::start_with("http.trusted_proxies = []\nlimits.connections_per_client = 20").await;
    let address = server.base().replace("http://", "");
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(TcpStream::connect(&address).await.unwrap());
    }
    let mut refused = TcpStream::connect(&address).await.unwrap();
    assert!(is_closed(&mut refused).await);
    drop(held);
    eventually("connections are given back", async || {
        server.person().http.get(server.base() + "/healthz").send().await.ok().map(|_| ())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_and_slow_connections_are_closed() {
    let server = TestServer::start_with("http.idle_timeout_s = 5").await;
    let address = server.base().replace("http://", "");
    let connect = async |sent: &str| {
        let mut connection = TcpStream::connect(&address).await.unwrap();
        connection.write_all(sent.as_bytes()).await.unwrap();
        connection
    };
    let mut silent = connect("").await;
    let mut half = connect("GET / HTTP/1.1\r\nhost: a\r\nx-slow: ").await;
    let mut idle = connect("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(is_closed(&mut half).await, "a header that does not end");
    assert!(is_closed(&mut idle).await, "no second request");
    assert!(is_closed(&mut silent).await, "no first request");
    // A header that trickles is as slow as one that stops.
    let (mut read, mut write) = connect("GET / HTTP/1.1\r\nhost: a\r\n").await.into_split();
    let trickle = tokio::spawn(async move {
        while write.write_all(b"x: y\r\n").await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    });
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, read.read_to_end(&mut rest)).await.expect("not closed");
    trickle.await.unwrap();
}
