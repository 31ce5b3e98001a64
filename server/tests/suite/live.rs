//! The WebSocket: nothing missing, nothing double, nobody else's.

use domain::api::ServerFrame;
use futures::SinkExt;
use jiff::ToSpan;
use reqwest::{Method, StatusCode};
use server::store::Table;
use tokio_tungstenite::tungstenite::Message;

use super::support::{Person, Socket, TestServer, details, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn events_come_in_sequence_and_resume_where_they_stopped() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;

    let mut socket = ingrid.socket(0).await;
    assert_eq!(socket.event().await.sequence, 1);
    // Refused input is on record, so each of these is an event.
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
    // What comes next is an answer, not a late double.
    resumed.say("hello").await;
    assert_eq!(resumed.next().await, Some(ServerFrame::Echo { message: "hello".into() }));
    assert_eq!(ingrid.events().await.len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_customers_hear_of_themselves_only() {
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
async fn connections_are_on_record_while_they_last() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let behind = server.behind().await;
    let mut first = ingrid.socket(1).await;
    let second = ingrid.socket(1).await;

    let status = first.status().await;
    assert_eq!(status.customer_id, ingrid.customer());
    let rows = eventually("two connections on record", async || {
        let rows = behind.rows(Table::WebsocketConnections).await;
        (rows.len() == 2).then_some(rows)
    })
    .await;
    let now = jiff::Timestamp::now().as_second();
    for row in &rows {
        let expires: i64 = row["expiresAt"].as_n().unwrap().parse().unwrap();
        assert!(expires > now, "expires in the future");
    }
    drop(second);
    eventually("one is taken off", async || (behind.rows(Table::WebsocketConnections).await.len() == 1).then_some(()))
        .await;
    assert_eq!(first.status().await.connection_id, status.connection_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_conversation_is_closed() {
    let server = TestServer::start_with("http.sockets_per_customer = 2").await;
    let ingrid = Person::known(server.base()).await;

    let mut binary = ingrid.socket(1).await;
    binary.0.send(Message::binary(vec![0; 8])).await.unwrap();
    assert_eq!(binary.next().await, None);
    let mut long = ingrid.socket(1).await;
    long.say(&"x".repeat(5_000)).await;
    assert_eq!(long.next().await, None);

    let open = || Socket::open(&ingrid.base, ingrid.customer(), 1, Some(ingrid.cookie()), None);
    let (first, second) =
        eventually("both places are free again", async || Some((open().await.ok()?, open().await.ok()?))).await;
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
async fn one_that_claims_what_never_was_starts_anew() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    for after in [2, 99, u64::MAX] {
        let mut socket = ingrid.socket(after).await;
        assert_eq!(socket.next().await, Some(ServerFrame::Resync {}), "after {after}");
        assert_eq!(socket.status().await.sequence, 1, "and goes on from the newest");
    }
    let mut socket = ingrid.socket(99).await;
    assert_eq!(socket.next().await, Some(ServerFrame::Resync {}));
    ingrid.post(&ingrid.own("/selection"), &"no").await;
    assert_eq!(socket.event().await.sequence, 2);

    // One that has everything is told nothing.
    let mut level = ingrid.socket(2).await;
    level.say("hello").await;
    assert_eq!(level.next().await, Some(ServerFrame::Echo { message: "hello".into() }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_its_session() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let other = Person::known(server.base()).await;
    let (mut first, mut second) = (ingrid.socket(1).await, ingrid.socket(1).await);
    let mut theirs = other.socket(1).await;
    Person::send(ingrid.request(Method::DELETE, "/api/session")).await.is(StatusCode::NO_CONTENT);
    assert_eq!((first.close_code().await, second.close_code().await), (Some(1008), Some(1008)));
    assert_eq!(theirs.status().await.sequence, 1);

    // Without a session nobody's sockets are closed.
    Person::send(server.person().request(Method::DELETE, "/api/session")).await.is(StatusCode::NO_CONTENT);
    assert_eq!(theirs.status().await.sequence, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_closed_when_its_session_expires() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let key = server::keys::Keys::from_file(&server.data().join("session.key")).unwrap().session;
    // The shortest is an hour: this one was opened almost that long ago.
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
async fn a_stopping_server_says_so() {
    let server = TestServer::start().await;
    let mut ingrid = server.person();
    ingrid.submit(&details()).await;
    let mut socket = ingrid.socket(1).await;
    socket.status().await;
    server.server.stop().await;
    assert_eq!(socket.next().await, None);
}
