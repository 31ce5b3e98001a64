//! Commands: sequences without gaps, idempotent repetition, and events that reach Kafka unchanged.

use std::collections::HashSet;

use domain::api::CustomerCreated;
use domain::event::{EventType, Stage};
use reqwest::{Method, StatusCode};
use server::store::Table;

use super::support::{Person, TestServer, details, eventually, needs};

#[tokio::test(flavor = "multi_thread")]
async fn submitted_form_is_published_as_an_event() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;

    let events = ingrid.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].sequence, events[0].event_type()), (1, EventType::UserInfoSubmitted));
    assert_eq!(events[0].source, Stage::SubmitUserInfo);
    assert_eq!(events[0].event_id.get_version_num(), 7);

    let behind = server.behind().await;
    let published = eventually("published", async || {
        let published = behind.published().await;
        (!published.is_empty()).then_some(published)
    })
    .await;
    assert_eq!(published, events);
    eventually("outbox empty", async || behind.store().unpublished().await.unwrap().is_empty().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sequences_have_no_gap_under_concurrent_commands() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;

    // Each request is refused, and each refusal records an event.
    let selection = ingrid.own("/selection");
    let answers = futures::future::join_all((0..24).map(|_| ingrid.post(&selection, &"not an object"))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::BAD_REQUEST));

    let events = ingrid.events().await;
    let sequences: Vec<u64> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=events.len() as u64).collect::<Vec<_>>());
    assert!(events.len() > 2, "refusals are recorded: {}", events.len());
    let ids: HashSet<_> = events.iter().map(|event| event.event_id).collect();
    assert_eq!(ids.len(), events.len());

    let behind = server.behind().await;
    eventually("all published", async || {
        let published = behind.published().await;
        (published.len() >= events.len()).then_some(published)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_request_gets_the_same_answer_and_has_no_second_effect() {
    let server = TestServer::start().await;
    let visitor = server.person();
    let key = "a-key-of-sixteen-or-more";
    let send = |key: &'static str, info| {
        Person::send(visitor.request(Method::POST, "/api/customers").header("idempotency-key", key).json(&info))
    };

    let answers = futures::future::join_all((0..8).map(|_| send(key, details()))).await;
    let created: HashSet<String> = answers
        .into_iter()
        .map(|answer| answer.is(StatusCode::CREATED).json::<CustomerCreated>().customer_id.to_string())
        .collect();
    assert_eq!(created.len(), 1, "one customer");

    let mut other = details();
    other.first_name = "Astrid".into();
    assert_eq!(send(key, other).await.codes(), (409, "idempotency_key_reused".into(), vec![]));
    for bad in ["short", "with space in the middle", "x".repeat(65).leak()] {
        assert_eq!(send(bad, details()).await.codes(), (400, "bad_idempotency_key".into(), vec![]), "{bad}");
    }
    assert_eq!(server.behind().await.rows(Table::Applications).await.len(), 1);

    let ingrid = Person::known(server.base()).await;
    let upload = || async {
        let form = reqwest::multipart::Form::new()
            .text("kind", "passport")
            .part("file", reqwest::multipart::Part::bytes(b"%PDF-1.4 nothing".to_vec()).file_name("p.pdf"));
        let request = ingrid.request(Method::POST, &ingrid.own("/documents")).header("idempotency-key", key);
        Person::send(request.multipart(form)).await.is(StatusCode::ACCEPTED).body
    };
    assert_eq!(upload().await, upload().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_out_of_order_are_refused_and_needs_are_kept() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;

    assert_eq!(ingrid.post(&ingrid.own("/kyc"), &()).await.codes().1, "documents_incomplete");
    let selection = serde_json::json!({"policyId": "home-contents", "consent": true});
    assert_eq!(ingrid.post(&ingrid.own("/selection"), &selection).await.codes().1, "no_recommendations");

    let kept = ingrid.post(&ingrid.own("/recommendations"), &needs()).await.is(StatusCode::ACCEPTED);
    assert_eq!(kept.body, r#"{"waitingFor":"identity_check"}"#);
    assert_eq!(ingrid.snapshot().await.needs, Some(needs()));

    let absent = ingrid.get("/api/applications/APP-00000000-0000-4000-8000-000000000000-1").await;
    assert_eq!(absent.status, StatusCode::FORBIDDEN);
    assert_eq!(ingrid.get("/api/nowhere").await.codes().1, "no_such_address");
    assert_eq!(Person::send(ingrid.request(Method::PUT, "/api/customers")).await.codes().1, "method_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_request_does_not_prolong_retention() {
    let server = TestServer::start().await;
    let ingrid = Person::known(server.base()).await;
    let store = server.behind().await.store();
    let application = async || store.application(&ingrid.application()).await.unwrap().unwrap();
    let before = application().await;
    let selection = serde_json::json!({"policyId": "home-contents", "consent": true});
    assert_eq!(ingrid.post(&ingrid.own("/selection"), &selection).await.codes().1, "no_recommendations");
    assert_eq!(ingrid.post(&ingrid.own("/selection"), &"not an object").await.status, StatusCode::BAD_REQUEST);
    let after = application().await;
    assert_eq!(after.last_sequence, before.last_sequence + 2, "both refusals are recorded");
    assert_eq!((after.changed_at, after.delete_due), (before.changed_at, before.delete_due));
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshot_and_events_survive_a_restart() {
    let server = TestServer::start().await;
    let mut ingrid = Person::known(server.base()).await;
    ingrid.post(&ingrid.own("/recommendations"), &needs()).await.is(StatusCode::ACCEPTED);
    let before = ingrid.snapshot().await;

    let server = server.restart().await;
    ingrid.base = server.base();
    assert_eq!(ingrid.snapshot().await, before);
    assert_eq!(server.behind().await.published().await.len() as u64, before.journey.last_sequence);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_metrics_and_api_description_are_served() {
    let server = TestServer::start().await;
    let visitor = server.person();
    assert_eq!(visitor.get("/healthz").await.is(StatusCode::OK).body, "ok");
    assert_eq!(visitor.get("/readyz").await.is(StatusCode::OK).body, r#"{"dynamodb":"ok","kafka":"ok"}"#);
    Person::known(server.base()).await;
    let metrics = visitor.get("/metrics").await.is(StatusCode::OK);
    assert_eq!(metrics.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let value = |series: &str| {
        let line = metrics.body.lines().find_map(|line| line.strip_prefix(series));
        line.and_then(|rest| rest.trim().parse::<f64>().ok()).unwrap_or_else(|| panic!("{series}: {}", metrics.body))
    };
    for series in [
        "onboard_http_requests_total{method=\"POST\",route=\"/api/customers\",status=\"2xx\"}",
        "onboard_commands_total{command=\"submit_user_info\",outcome=\"ok\"}",
        "onboard_command_seconds_bucket{command=\"submit_user_info\",le=\"+Inf\"}",
        "onboard_store_requests_total{table=\"transaction\",outcome=\"ok\"}",
        "onboard_store_requests_total{table=\"applications\",outcome=\"ok\"}",
        "onboard_store_request_seconds_count{operation=\"TransactWriteItems\"}",
        "onboard_ready{dependency=\"dynamodb\"}",
        "process_start_time_seconds",
    ] {
        assert!(value(series) > 0.0, "{series}");
    }
    assert_eq!(value("onboard_commands_total{command=\"submit_selection\",outcome=\"ok\"}"), 0.0, "from the start");
    let undescribed = metrics.body.lines().filter_map(|line| line.strip_prefix("# TYPE ")).find(|line| {
        let name = line.split(' ').next().unwrap();
        !metrics.body.contains(&format!("# HELP {name} "))
    });
    assert_eq!(undescribed, None, "a metric without help text");
    let mut series = std::collections::BTreeSet::new();
    for line in metrics.body.lines().filter(|line| !line.starts_with('#') && line.contains('{')) {
        let (name, rest) = line.split_once('{').unwrap();
        let mut labels: Vec<_> =
            rest.rsplit_once('}').unwrap().0.split("\",").map(|l| l.trim_end_matches('"')).collect();
        labels.sort_unstable();
        assert!(series.insert((name, labels)), "twice, perhaps with labels in another order: {line}");
    }

    let refused = visitor.post("/api/customers", &serde_json::json!({})).await;
    let id = refused.problem().request_id.unwrap();
    assert_eq!(refused.headers["x-request-id"], id.as_str());

    let described: serde_json::Value = visitor.get("/api/openapi.json").await.is(StatusCode::OK).json();
    for path in ["/api/customers", "/api/session", "/api/applications/{id}", "/api/applications/{id}/documents"] {
        assert!(described["paths"][path].is_object(), "{path} is described");
    }
    assert!(visitor.get("/api/docs/").await.is(StatusCode::OK).body.contains("swagger"));
}
