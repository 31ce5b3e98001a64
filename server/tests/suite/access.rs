//! Access control: sessions, origins and security headers.

use domain::api::Snapshot;
use reqwest::{Method, StatusCode};
use server::store::Table;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::support::{Person, Process, Socket, TestServer, TestStack, details, eventually, needs};

#[tokio::test(flavor = "multi_thread")]
async fn session_gives_access_to_its_own_customer_only() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let other = Person::known(server.base()).await;

    let own: Snapshot = ingrid.get(&ingrid.own("")).await.is(StatusCode::OK).json();
    assert_eq!(own.customer_id, ingrid.customer());
    let document = uuid::Uuid::nil();
    for (method, path) in [
        (Method::GET, String::new()),
        (Method::GET, "/events".to_owned()),
        (Method::POST, "/documents".to_owned()),
        (Method::PATCH, format!("/documents/{document}")),
        (Method::GET, format!("/documents/{document}/pages/1")),
        (Method::POST, "/kyc".to_owned()),
        (Method::POST, "/recommendations".to_owned()),
        (Method::POST, "/selection".to_owned()),
        (Method::POST, "/handoff".to_owned()),
    ] {
        let path = ingrid.own(&path);
        let foreign = Person::send(other.request(method.clone(), &path)).await;
        assert_eq!(foreign.codes(), (403, "not_yours".into(), vec![]), "{method} {path}");
        let unauthenticated = Person::send(server.person().request(method.clone(), &path)).await;
        assert_eq!(unauthenticated.codes(), (401, "no_session".into(), vec![]), "{method} {path}");
    }
    assert_eq!(ingrid.snapshot().await, own, "nothing was written");

    let refusal = |cookie: Option<String>| {
        let (base, customer) = (server.base(), ingrid.customer());
        async move { Socket::open(&base, customer, 0, cookie.as_deref(), None).await.err() }
    };
    assert_eq!(refusal(Some(other.cookie().to_owned())).await, Some(403));
    assert_eq!(refusal(None).await, Some(401));
    assert_eq!(refusal(Some(ingrid.cookie().to_owned())).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_application_in_a_session_is_refused_until_the_session_ends() {
    let server = TestServer::start().await;
    let key = "a-key-of-sixteen-or-more";
    let mut ingrid = server.person();
    let first = ingrid.request(Method::POST, "/api/customers").header("idempotency-key", key).json(&details());
    let first = Person::send(first).await.is(StatusCode::CREATED);
    ingrid.adopt(&first);

    let second = ingrid.post("/api/customers", &details()).await;
    assert_eq!(second.codes(), (409, "application_exists".into(), vec![]));
    assert!(!second.headers.contains_key("set-cookie"), "the session stays");
    assert_eq!(server.behind().await.rows(Table::Applications).await.len(), 1);

    // The answer to the first request may have been lost on the way.
    let again = ingrid.request(Method::POST, "/api/customers").header("idempotency-key", key).json(&details());
    assert_eq!(Person::send(again).await.is(StatusCode::CREATED).body, first.body);

    // The cookie of a session that was ended elsewhere does not hold up a new application.
    Person::send(ingrid.request(Method::DELETE, "/api/session")).await.is(StatusCode::NO_CONTENT);
    ingrid.post("/api/customers", &details()).await.is(StatusCode::CREATED);
    // A browser without the session's cookie is another applicant.
    server.person().post("/api/customers", &details()).await.is(StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_session_is_refused_and_logout_clears_the_cookie() {
    let server = TestServer::start().await;
    let mut ingrid = server.person();
    let answer = ingrid.submit(&details()).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=86400"] {
        assert!(cookie.contains(attribute), "{attribute} in {cookie}");
    }

    // Another customer's id or a later end under the same signature.
    let stranger = Person::known(server.base()).await;
    let foreign_id = ingrid.cookie().replace(&ingrid.customer().to_string(), &stranger.customer().to_string());
    let (rest, end) = ingrid.cookie().rsplit_once('.').unwrap();
    let longer = format!("{rest}.{}", end.parse::<u64>().unwrap() + 1);
    for forged in [foreign_id, longer, format!("onboard_session={}", ingrid.customer()), "onboard_session=".into()] {
        let request = server.person().request(Method::GET, &ingrid.own("")).header("cookie", &forged);
        assert_eq!(Person::send(request).await.status, StatusCode::UNAUTHORIZED, "{forged}");
    }

    let ended = Person::send(ingrid.request(Method::DELETE, "/api/session")).await.is(StatusCode::NO_CONTENT);
    assert!(ended.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_session_is_refused_everywhere_also_where_its_cookie_was_copied() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let mut open = ingrid.socket(1).await;
    let page = ingrid.get("/").await.is(StatusCode::OK);
    assert!(page.body.contains("Brandvold"));

    Person::send(ingrid.request(Method::DELETE, "/api/session")).await.is(StatusCode::NO_CONTENT);
    assert_eq!(open.close_code().await, Some(1008));
    // `ingrid` still sends the cookie, as one who copied it does.
    for (method, path) in [
        (Method::GET, ""),
        (Method::GET, "/events"),
        (Method::POST, "/documents"),
        (Method::POST, "/kyc"),
        (Method::POST, "/handoff"),
        (Method::POST, "/selection"),
    ] {
        let answer = Person::send(ingrid.request(method.clone(), &ingrid.own(path))).await;
        assert_eq!(answer.codes(), (401, "no_session".into(), vec![]), "{method} {path}");
    }
    let socket = Socket::open(&server.base(), ingrid.customer(), 1, Some(ingrid.cookie()), None).await;
    assert_eq!(socket.err(), Some(401));
    assert!(!ingrid.get("/").await.is(StatusCode::OK).body.contains("Brandvold"));
    Person::send(ingrid.request(Method::DELETE, "/api/session")).await.is(StatusCode::NO_CONTENT);

    let server = server.restart().await;
    let request = server.person().request(Method::GET, &ingrid.own("")).header("cookie", ingrid.cookie());
    assert_eq!(Person::send(request).await.codes().0, 401, "after a restart");
}

/// The first line of the answer to these bytes, empty if the connection is closed without one.
async fn raw(base: &str, request: &str) -> String {
    let mut connection = TcpStream::connect(base.strip_prefix("http://").unwrap()).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut line = String::new();
    let _ = BufReader::new(connection).read_line(&mut line).await;
    line.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn request_names_its_host_once_and_speaks_http_1() {
    let server = TestServer::start().await;
    for (hosts, wanted) in [
        ("", "HTTP/1.1 400 Bad Request"),
        ("host: a.example\r\n", "HTTP/1.1 200 OK"),
        ("host: a.example\r\nhost: b.example\r\n", "HTTP/1.1 400 Bad Request"),
    ] {
        let request = format!("GET /healthz HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        assert_eq!(raw(&server.base(), &request).await, wanted, "{hosts:?}");
    }
    assert_eq!(raw(&server.base(), "GET /healthz HTTP/1.0\r\n\r\n").await, "HTTP/1.0 200 OK");
    let http_2 = raw(&server.base(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(!http_2.contains("200"), "{http_2}");
    let chunks = "POST /api/customers HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
                  transfer-encoding: chunked\r\n\r\nnonsense\r\n";
    assert_eq!(raw(&server.base(), chunks).await, "HTTP/1.1 400 Bad Request");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_attempts_are_counted_by_kind() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let other = Person::known(server.base()).await;
    let counted = async |kind: &str| {
        let metrics = server.person().get("/metrics").await.body;
        let series = format!("onboard_access_attempts_total{{kind=\"{kind}\"}} ");
        metrics.lines().find_map(|line| line.strip_prefix(&series)?.parse::<u64>().ok()).unwrap_or(0)
    };
    let with = |name: &'static str, value: &str| {
        server.person().request(Method::POST, &ingrid.own("/kyc")).header(name, value.to_owned())
    };
    for (kind, request) in [
        ("foreign_application", other.request(Method::GET, &ingrid.own(""))),
        ("foreign_origin", with("origin", "https://evil.example")),
        ("unverified_cookie", with("cookie", &format!("onboard_session={}.9999999999", ingrid.customer()))),
        ("phone_link", server.person().request(Method::GET, "/phone/guessed")),
        ("unsigned_instance", server.person().request(Method::POST, "/@connections")),
    ] {
        let before = counted(kind).await;
        let answer = Person::send(request).await;
        assert!(answer.status.is_client_error(), "{kind}: {}", answer.status);
        assert!(counted(kind).await > before, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_from_foreign_origins_are_refused() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let before = ingrid.snapshot().await;

    for (name, value) in [
        ("origin", "https://elsewhere.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:1"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let request = ingrid.request(Method::POST, &ingrid.own("/kyc")).header(name, value);
        assert_eq!(Person::send(request).await.codes(), (403, "foreign_origin".into(), vec![]), "{name}: {value}");
    }
    let socket = |origin: String| async {
        let origin = origin;
        Socket::open(&ingrid.base, ingrid.customer(), 0, Some(ingrid.cookie()), Some(&origin)).await.err()
    };
    assert_eq!(socket("https://elsewhere.example".into()).await, Some(403));
    assert_eq!(socket(server.base()).await, None);

    let own = ingrid.request(Method::POST, &ingrid.own("/kyc")).header("origin", server.base());
    assert_eq!(Person::send(own).await.codes().1, "documents_incomplete");
    assert_eq!(ingrid.snapshot().await.journey.documents, before.journey.documents);
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_have_security_headers() {
    let server = TestServer::start_with("http.public_url = 'https://onboard.example'").await;
    let person = server.person();
    let docs = person.get("/api/docs/").await.is(StatusCode::OK);
    let policy = docs.headers["content-security-policy"].to_str().unwrap();
    for part in ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    assert!(!docs.body.contains("<script>"), "an inline script, which the policy forbids: {}", docs.body);
    for path in ["/", "/api/docs/", "/healthz", "/api/nothing"] {
        assert_eq!(person.get(path).await.headers["strict-transport-security"], "max-age=31536000", "{path}");
    }
    for path in ["/", "/thank-you", "/phone", "/phone/guessed", "/nothing"] {
        let page = person.get(path).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        for part in ["default-src 'none'", "script-src 'self' 'nonce-", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {part} in {policy}");
        }
        let nonce = policy.split_once("'nonce-").unwrap().1.split_once('\'').unwrap().0;
        let scripts = page.body.matches("<script").count();
        assert!(scripts > 0 && page.body.matches(&format!("nonce=\"{nonce}\"")).count() >= scripts, "{path}");
    }

    let settings = "http.public_url = 'https://onboard.example'\nhttp.hsts_subdomains = true";
    let whole = TestServer::start_with(settings).await;
    let transport = &whole.person().get("/").await.headers["strict-transport-security"];
    assert_eq!(transport, "max-age=31536000; includeSubDomains");
    let plain = TestServer::start().await;
    assert!(!plain.person().get("/").await.headers.contains_key("strict-transport-security"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_names_its_type_and_admits_no_other_origin() {
    let server = TestServer::start().await;
    for (path, status) in [
        ("/", 200),
        ("/phone", 200),
        ("/nothing", 404),
        ("/.git/config", 404),
        ("/%2e%2e/Cargo.toml", 404),
        ("/healthz", 200),
        ("/metrics", 200),
        ("/api/openapi.json", 200),
        ("/api/docs/", 200),
        ("/api/nothing", 404),
        // A socket of another origin is refused before its session is looked at.
        ("/ws", 403),
    ] {
        let request = server.person().request(Method::GET, path).header("origin", "https://elsewhere.example");
        let answer = Person::send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["referrer-policy"], "same-origin", "{path}");
        let kind = answer.headers["content-type"].to_str().unwrap();
        assert!(!kind.starts_with("text/") || kind.ends_with("charset=utf-8"), "{path}: {kind}");
        let granted = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(granted, None, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_level_of_the_log_shows_personal_data() {
    let stack = TestStack::start().await;
    let log = stack.data("log").with_extension("txt");
    let mut environment = stack.environment();
    environment.push(("RUST_LOG", "trace".to_owned()));
    let program = Process::start_logging(&stack.data("program"), &environment, &log).await;
    let ingrid = Person::known(program.base.clone()).await;
    ingrid.post(&ingrid.own("/recommendations"), &needs()).await.is(StatusCode::ACCEPTED);
    ingrid.upload("passport", "ingrid-brandvold.jpg", vec![0xff, 0xd8, 0xff, 0xe0]).await.is(StatusCode::ACCEPTED);
    eventually("the file is refused", async || ingrid.snapshot().await.pending.is_empty().then_some(())).await;
    program.kill().await;
    let lines = std::fs::read_to_string(log).unwrap().to_lowercase();
    assert!(lines.contains("committed") && lines.contains(" info "), "a log was written");
    let info = details();
    for canary in [&info.last_name, &info.email, &info.phone_number, &info.address.line1, "1987-03-14", "brandvold.jpg"]
    {
        let shown = lines.lines().find(|line| line.contains(&canary.to_lowercase()));
        assert_eq!(shown, None, "{canary}");
    }
    assert!(!lines.contains(ingrid.cookie().split_once('=').unwrap().1), "the session");
}
