//! Handoff to a phone: a link that works once, and a session that may only upload documents.

use domain::api::{Handoff, ServerFrame, Snapshot};
use jiff::{Timestamp, ToSpan};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode};
use server::Server;
use server::store::{Committed, Table};

use super::support::{Answer, Person, Socket, TestServer, TestStack, eventually};

const SECRET: &str = "the instances of these tests have this secret";

/// Creates a link and returns the path that the phone requests.
async fn link(person: &Person) -> String {
    let handoff: Handoff = person.post(&person.own("/handoff"), &"").await.is(StatusCode::CREATED).json();
    path(&handoff)
}

fn path(handoff: &Handoff) -> String {
    let (_, token) = handoff.url.split_once("/phone/").unwrap();
    format!("/phone/{token}")
}

/// A client that follows no redirects, so that tests can inspect them.
fn browser() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

async fn ask(base: &str, method: Method, path: &str, cookie: Option<&str>) -> Answer {
    let request = browser().request(method, format!("{base}{path}"));
    Person::send(match cookie {
        Some(cookie) => request.header("cookie", cookie),
        None => request,
    })
    .await
}

fn cookie(answer: &Answer) -> String {
    answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

/// Redeems a link, as the button on its page does, and returns the phone's cookie.
async fn redeem(base: &str, path: &str) -> String {
    let answer = ask(base, Method::POST, path, None).await.is(StatusCode::SEE_OTHER);
    assert_eq!(answer.headers["location"], "/phone");
    cookie(&answer)
}

/// Asserts that a link is refused. Returns the texts of both pages, which are the same for every reason.
async fn assert_link_refused(base: &str, path: &str) -> [String; 2] {
    let mut pages = Vec::new();
    for method in [Method::GET, Method::POST] {
        let answer = ask(base, method, path, None).await.is(StatusCode::GONE);
        assert!(!answer.headers.contains_key("set-cookie"));
        assert!(answer.body.contains("This link does not work any more"), "{}", answer.body);
        // Only the main part is compared. The nonce and the path, which differ, are outside of it.
        let (_, body) = answer.body.split_once("<body").unwrap();
        let (text, _) = body.split_once("</main>").unwrap();
        pages.push(text.to_owned());
    }
    pages.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn link_can_be_viewed_repeatedly_and_redeemed_once() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let answer = ingrid.post(&ingrid.own("/handoff"), &"").await.is(StatusCode::CREATED);
    let handoff: Handoff = answer.json();
    assert!(handoff.url.starts_with(&format!("{}/phone/", server.base())), "{}", handoff.url);
    assert_eq!((handoff.valid_for_s, handoff.reachable), (600, false));
    assert!(handoff.code.path.starts_with('M') && handoff.code.size > 40);

    for _ in 0..3 {
        let page = ask(&server.base(), Method::GET, &path(&handoff), None).await.is(StatusCode::OK);
        assert!(page.body.contains("Continue on this phone") && !page.headers.contains_key("set-cookie"));
        assert!(!page.body.contains("Ingrid"), "the page names no customer before the link is redeemed");
        assert_eq!(page.headers["cache-control"], "no-store");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("form-action 'self'"), "{policy}");
    }
    ask(&server.base(), Method::HEAD, &path(&handoff), None).await.is(StatusCode::OK);
    let foreign =
        browser().post(format!("{}{}", server.base(), path(&handoff))).header("origin", "https://elsewhere.example");
    assert_eq!(Person::send(foreign).await.codes().1, "foreign_origin");

    assert_eq!(ingrid.snapshot().await.phone_until, None);
    let answer = ask(&server.base(), Method::POST, &path(&handoff), None).await.is(StatusCode::SEE_OTHER);
    let set = answer.headers["set-cookie"].to_str().unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(attribute), "{attribute} in {set}");
    }
    let age: u32 = set.split("Max-Age=").nth(1).unwrap().split(';').next().unwrap().parse().unwrap();
    assert!((3590..=3600).contains(&age), "{set}");
    assert!(ingrid.snapshot().await.phone_until.is_some());

    let used = assert_link_refused(&server.base(), &path(&handoff)).await;
    let never = assert_link_refused(&server.base(), &format!("/phone/{}", "A".repeat(64))).await;
    let nonsense = assert_link_refused(&server.base(), "/phone/nonsense").await;
    assert_eq!(used, never);
    assert_eq!(used, nonsense);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_redemptions_of_a_link_succeed_once() {
    let stack = TestStack::start().await;
    let mut servers = Vec::new();
    for name in ["one", "other"] {
        let config = stack.config(name, &format!("secret = '{SECRET}'\nroles = ['web', 'relay']"));
        let backends = stack.backends(&config).await;
        servers.push(Server::start_on(config, backends).await.unwrap());
    }
    let bases = [0, 1].map(|i: usize| format!("http://{}", servers[i].address));
    let ingrid = Person::known(bases[0].clone()).await;
    for _ in 0..3 {
        let path = link(&ingrid).await;
        let tries = (0..8).map(|i| ask(&bases[i % 2], Method::POST, &path, None));
        let answers = futures::future::join_all(tries).await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 303 | 410)), "{statuses:?}");
    }
    // Every instance accepts a link and a phone session of another.
    let phone = redeem(&bases[1], &link(&ingrid).await).await;
    let seen = ask(&bases[0], Method::GET, &ingrid.own(""), Some(&phone)).await.is(StatusCode::OK);
    assert_eq!(seen.json::<Snapshot>().customer_id, ingrid.customer());
}

#[tokio::test(flavor = "multi_thread")]
async fn link_expires_is_replaced_by_the_next_and_survives_a_restart() {
    let server = TestServer::start().await;
    let mut ingrid = Person::known(server.base()).await;
    let first = link(&ingrid).await;
    let second = link(&ingrid).await;
    assert_link_refused(&server.base(), &first).await;
    // Sets its expiry in the store to now.
    let behind = server.behind().await;
    let store = behind.store();
    let mut application = store.application(&ingrid.application()).await.unwrap().unwrap();
    let kept = application.handoff.as_mut().unwrap();
    assert!(!second.contains(&kept.hash), "the secret is not kept");
    assert!(kept.expires <= Timestamp::now() + 10.minutes());
    kept.expires = Timestamp::now();
    assert_eq!(store.commit(&application, None, None).await.unwrap(), Committed::Yes);
    assert_link_refused(&server.base(), &second).await;

    let third = link(&ingrid).await;
    let rows = format!("{:?}", behind.rows(Table::Applications).await);
    assert!(!rows.contains(third.strip_prefix("/phone/").unwrap()));
    let server = server.restart().await;
    ingrid.base = server.base();
    let phone = redeem(&server.base(), &third).await;
    let server = server.restart().await;
    ask(&server.base(), Method::GET, &ingrid.own(""), Some(&phone)).await.is(StatusCode::OK);
    assert_link_refused(&server.base(), &third).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn phone_session_can_only_upload_and_see_redacted_documents() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let mut desk = ingrid.socket(1).await;
    let phone = redeem(&server.base(), &link(&ingrid).await).await;
    assert_eq!(desk.next().await, Some(ServerFrame::Resync {}), "the computer learns of the phone");

    let document = uuid::Uuid::nil();
    for (method, path) in [
        (Method::GET, "/events".to_owned()),
        (Method::PATCH, format!("/documents/{document}")),
        (Method::GET, format!("/documents/{document}/pages/1")),
        (Method::POST, "/kyc".to_owned()),
        (Method::POST, "/recommendations".to_owned()),
        (Method::POST, "/selection".to_owned()),
        (Method::POST, "/handoff".to_owned()),
    ] {
        let answer = ask(&server.base(), method.clone(), &ingrid.own(&path), Some(&phone)).await;
        assert_eq!(answer.codes(), (403, "beyond_session".into(), vec![]), "{method} {path}");
    }
    // Wider access or a later end under the same signature.
    let (rest, end) = phone.strip_suffix(".documents").unwrap().rsplit_once('.').unwrap();
    for forged in [format!("{rest}.{end}"), format!("{rest}.{}.documents", end.parse::<u64>().unwrap() + 1)] {
        ask(&server.base(), Method::GET, &ingrid.own(""), Some(&forged)).await.is(StatusCode::UNAUTHORIZED);
    }
    let other = Person::known(server.base()).await;
    let foreign = ask(&server.base(), Method::GET, &other.own(""), Some(&phone)).await;
    assert_eq!(foreign.codes().1, "not_yours");

    let mut there = Socket::open(&server.base(), ingrid.customer(), 0, Some(&phone), None).await.unwrap();
    assert_eq!(there.next().await, Some(ServerFrame::Resync {}), "no past events");
    let file = reqwest::multipart::Part::bytes(super::decisions::passport(&specimens::Person::ingrid()))
        .file_name("photo.jpg");
    let form = reqwest::multipart::Form::new().text("kind", "passport").part("file", file);
    let upload = browser().post(format!("{}{}", server.base(), ingrid.own("/documents"))).header("cookie", &phone);
    Person::send(upload.multipart(form)).await.is(StatusCode::ACCEPTED);
    let own = eventually("the document is read", async || {
        let snapshot = ingrid.snapshot().await;
        (!snapshot.journey.documents.is_empty()).then_some(snapshot)
    })
    .await;
    assert_eq!(desk.event().await.sequence, 2);
    // After the progress frames, the phone gets a resync instead of the event.
    while there.next().await != Some(ServerFrame::Resync {}) {}

    let seen = ask(&server.base(), Method::GET, &ingrid.own(""), Some(&phone)).await.is(StatusCode::OK);
    for secret in ["Ingrid", "Brandvold", "BRANDVOLD", "1987", "Storgata", "ingrid@example.com"] {
        assert!(!seen.body.contains(secret), "{secret} in {}", seen.body);
    }
    let seen: Snapshot = seen.json();
    assert_eq!(seen.journey.documents.len(), 1);
    assert_eq!(seen.journey.documents[0].document_id, own.journey.documents[0].document_id);
    assert_eq!(seen, own.clone().redacted());
    assert!(!own.journey.documents[0].extracted_fields.is_empty(), "the computer sees the readings");

    let page = ask(&server.base(), Method::GET, "/phone", Some(&phone)).await.is(StatusCode::OK);
    assert!(
        page.body.contains("Your documents") && !page.body.contains("Brandvold") && !page.body.contains("BRANDVOLD")
    );
    for path in ["/", "/thank-you"] {
        let redirect = ask(&server.base(), Method::GET, path, Some(&phone)).await.is(StatusCode::SEE_OTHER);
        assert_eq!(redirect.headers["location"], "/phone");
    }
    let nowhere = ask(&server.base(), Method::GET, "/nowhere", Some(&phone)).await.is(StatusCode::NOT_FOUND);
    assert!(!nowhere.body.contains(&ingrid.customer().to_string()));

    let ended = ask(&server.base(), Method::DELETE, "/api/session", Some(&phone)).await.is(StatusCode::NO_CONTENT);
    assert!(ended.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(ingrid.snapshot().await.phone_until, None);
    while desk.next().await != Some(ServerFrame::Resync {}) {}
    desk.send_text("hello").await;
    assert_eq!(
        desk.next().await,
        Some(ServerFrame::Echo { message: "hello".into() }),
        "the computer's socket stays open"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_phone_replaces_older_and_both_end_with_the_session() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let own = ingrid.own("");
    let get = async |path: &str, phone: &str| ask(&server.base(), Method::GET, path, Some(phone)).await;
    let first = redeem(&server.base(), &link(&ingrid).await).await;
    get(&own, &first).await.is(StatusCode::OK);
    let second = redeem(&server.base(), &link(&ingrid).await).await;
    get(&own, &second).await.is(StatusCode::OK);
    get(&own, &first).await.is(StatusCode::UNAUTHORIZED);
    let page = get("/phone", &first).await.is(StatusCode::OK);
    assert!(!page.body.contains("Your computer shows what you do here"));
    // The end of the replaced phone session does not end the second.
    ask(&server.base(), Method::DELETE, "/api/session", Some(&first)).await.is(StatusCode::NO_CONTENT);
    assert!(ingrid.snapshot().await.phone_until.is_some());
    get(&own, &second).await.is(StatusCode::OK);

    let waiting = link(&ingrid).await;
    ask(&server.base(), Method::DELETE, "/api/session", Some(ingrid.cookie())).await.is(StatusCode::NO_CONTENT);
    get(&own, &second).await.is(StatusCode::UNAUTHORIZED);
    assert!(Socket::open(&server.base(), ingrid.customer(), 0, Some(&second), None).await.is_err());
    assert_link_refused(&server.base(), &waiting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn socket_of_a_replaced_phone_is_closed() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let first = redeem(&server.base(), &link(&ingrid).await).await;
    let mut replaced = Socket::open(&server.base(), ingrid.customer(), 1, Some(&first), None).await.unwrap();
    replaced.status().await;
    let second = redeem(&server.base(), &link(&ingrid).await).await;
    assert_eq!(replaced.close_code().await, Some(1008));
    let mut current = Socket::open(&server.base(), ingrid.customer(), 1, Some(&second), None).await.unwrap();
    assert_eq!(current.status().await.sequence, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn device_that_created_a_link_keeps_its_session_when_it_opens_the_link() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let path = link(&ingrid).await;
    let own = ask(&server.base(), Method::POST, &path, Some(ingrid.cookie())).await.is(StatusCode::SEE_OTHER);
    assert_eq!(own.headers["location"], "/");
    assert!(!own.headers.contains_key("set-cookie"));
    let redirect = ask(&server.base(), Method::GET, "/phone", Some(ingrid.cookie())).await.is(StatusCode::SEE_OTHER);
    assert_eq!(redirect.headers["location"], "/");
    redeem(&server.base(), &path).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn link_uses_the_public_url() {
    let server = TestServer::start_with("http.public_url = 'https://onboard.example'").await;
    let ingrid = Person::known(server.base()).await;
    let handoff: Handoff = ingrid.post(&ingrid.own("/handoff"), &"").await.is(StatusCode::CREATED).json();
    assert!(handoff.url.starts_with("https://onboard.example/phone/") && handoff.reachable);
    let answer = ask(&server.base(), Method::POST, &path(&handoff), None).await.is(StatusCode::SEE_OTHER);
    assert!(answer.headers["set-cookie"].to_str().unwrap().contains("Secure"));
}
