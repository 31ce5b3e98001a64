//! The WebSocket: every event of the customer once, and no event of another.

use domain::api::ServerFrame;
use futures::SinkExt;
use jiff::ToSpan;
use reqwest::{Method, StatusCode};
use tokio_tungstenite::tungstenite::Message;

use super::support::{Person, Socket, TestServer, details, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn events_come_in_sequence_and_resume_after_the_last_one() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;

    let mut socket = ingrid.socket(0).await;
    assert_eq!(socket.event().await.sequence, 1);
    // Each refusal records an event.
    for _ in 0..3 {
        ingrid.post(&ingrid.own("/selection"), &"no").await;
    }
    for expected in 2..=4 {
        assert_eq!(socket.event().await.sequence, expected);
    }
    assert_eq!(socket.status().await.sequence, 4);
    drop(socket);

    for _ in 0..3 {
        ingrid.post(&ingrid.own("/selection"), &"no").await;
    }
    let mut resumed = ingrid.socket(4).await;
    for expected in 5..=7 {
        assert_eq!(resumed.event().await.sequence, expected);
    }
    // The next frame is the echo: no event comes twice.
    resumed.send_text("hello").await;
    assert_eq!(resumed.next().await, Some(ServerFrame::Echo { message: "hello".into() }));
    assert_eq!(ingrid.events().await.len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn socket_gets_events_of_its_own_customer_only() {
    let server = TestServer::start().await;
    let (ingrid, other) = (Person::known(server.base()).await, Person::known(server.base()).await);
    let (mut hers, mut theirs) = (ingrid.socket(1).await, other.socket(1).await);
    for _ in 0..5 {
        ingrid.post(&ingrid.own("/selection"), &"no").await;
    }
    other.post(&other.own("/selection"), &"no").await;
    for expected in 2..=6 {
        let event = hers.event().await;
        assert_eq!((event.customer_id, event.sequence), (ingrid.customer(), expected));
    }
    let event = theirs.event().await;
    assert_eq!((event.customer_id, event.sequence), (other.customer(), 2));
    assert_eq!(theirs.status().await.sequence, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_is_recorded_until_it_is_closed() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let behind = server.behind().await;
    let mut first = ingrid.socket(1).await;
    let second = ingrid.socket(1).await;

    let status = first.status().await;
    assert_eq!(status.customer_id, ingrid.customer());
    let records = async || behind.store().all_connections(jiff::Timestamp::now()).await.unwrap();
    let two = eventually("two connection records", async || {
        let records = records().await;
        (records.len() == 2).then_some(records)
    })
    .await;
    assert!(two.iter().all(|record| record.customer_id == ingrid.customer()));
    drop(second);
    eventually("one record is removed", async || (records().await.len() == 1).then_some(())).await;
    assert_eq!(first.status().await.connection_id, status.connection_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn misuse_closes_or_refuses_a_socket() {
    let server = TestServer::start_with("http.sockets_per_customer = 2").await;
    let ingrid = Person::known(server.base()).await;

    let mut binary = ingrid.socket(1).await;
    binary.0.send(Message::binary(vec![0; 8])).await.unwrap();
    assert_eq!(binary.next().await, None);
    let mut long = ingrid.socket(1).await;
    long.send_text(&"x".repeat(5_000)).await;
    assert_eq!(long.next().await, None);

    let open = || Socket::open(&ingrid.base, ingrid.customer(), 1, Some(ingrid.cookie()), None);
    let (first, second) =
        eventually("both sockets are released", async || Some((open().await.ok()?, open().await.ok()?))).await;
    assert_eq!(open().await.err(), Some(429));
    drop((first, second));

    for query in
        ["", "?customerId=nobody", "?customerId=&after=0", &format!("?customerId={}&after=-1", ingrid.customer())]
    {
        let answer = ingrid.get(&format!("/ws{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn socket_with_too_many_messages_is_closed_although_it_reads_nothing() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let mut socket = ingrid.socket(0).await;
    // The server may close the connection before the last one is sent.
    for _ in 0..20_000 {
        if socket.0.feed(Message::Ping(vec![0; 125].into())).await.is_err() {
            break;
        }
    }
    let _ = socket.0.flush().await;
    assert!(matches!(socket.close_code().await, Some(1013) | None));
    // Others are served.
    let mut other = ingrid.socket(0).await;
    assert_eq!(other.event().await.sequence, 1);
    assert_eq!(other.status().await.sequence, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_sequence_causes_a_resync() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    for after in [2, 99, u64::MAX] {
        let mut socket = ingrid.socket(after).await;
        assert_eq!(socket.next().await, Some(ServerFrame::Resync {}), "after {after}");
        assert_eq!(socket.status().await.sequence, 1, "it continues after the newest event");
    }
    let mut socket = ingrid.socket(99).await;
    assert_eq!(socket.next().await, Some(ServerFrame::Resync {}));
    ingrid.post(&ingrid.own("/selection"), &"no").await;
    assert_eq!(socket.event().await.sequence, 2);

    // A socket that has all events gets none.
    let mut current = ingrid.socket(2).await;
    current.send_text("hello").await;
    assert_eq!(current.next().await, Some(ServerFrame::Echo { message: "hello".into() }));
}

#[tokio::test(flavor = "multi_thread")]
async fn logout_closes_all_sockets_of_the_customer() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let other = Person::known(server.base()).await;
    let (mut first, mut second) = (ingrid.socket(1).await, ingrid.socket(1).await);
    let mut theirs = other.socket(1).await;
    Person::send(ingrid.request(Method::DELETE, "/api/session")).await.is(StatusCode::NO_CONTENT);
    assert_eq!((first.close_code().await, second.close_code().await), (Some(1008), Some(1008)));
    assert_eq!(theirs.status().await.sequence, 1);

    // A logout without a session closes no socket.
    Person::send(server.person().request(Method::DELETE, "/api/session")).await.is(StatusCode::NO_CONTENT);
    assert_eq!(theirs.status().await.sequence, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn socket_is_closed_when_its_session_expires() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let key = server::keys::Keys::from_file(&server.data().join("session.key")).unwrap().session;
    // The shortest session is an hour, so this one was opened almost an hour ago.
    let opened = jiff::Timestamp::now() - 3_595.seconds();
    let cookie = server::http::session::cookie(ingrid.customer(), opened, 1, false);
    let jar = axum_extra::extract::cookie::SignedCookieJar::new(key).add(cookie);
    let answer = axum::response::IntoResponse::into_response(jar);
    let set = answer.headers()["set-cookie"].to_str().unwrap();
    let cookie = set.split(';').next().unwrap();
    let mut socket = Socket::open(&ingrid.base, ingrid.customer(), 1, Some(cookie), None).await.unwrap();
    assert_eq!(socket.close_code().await, Some(1008));
    assert_eq!(Socket::open(&ingrid.base, ingrid.customer(), 1, Some(cookie), None).await.err(), Some(401));
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_server_closes_sockets() {
    let server = TestServer::start().await;
    let mut ingrid = server.person();
    ingrid.submit(&details()).await;
    let mut socket = ingrid.socket(1).await;
    socket.status().await;
    server.server.stop().await;
    assert_eq!(socket.next().await, None);
}
