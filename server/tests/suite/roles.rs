//! The system as separate servers, each with one role or the consumer of one topic.

use domain::event::{EventType, KycStatus, WorkflowCompleted};
use reqwest::StatusCode;
use serde_json::json;
use server::Server;
use server::store::Table;
use specimens::Person as Shown;

use super::decisions::decided;
use super::support::{Behind, Person, TestStack, assert_effects_once, eventually, expect_all_handled, needs};

/// Starts a server with these settings of its roles and the shared secret and documents.
async fn part(stack: &TestStack, name: &str, roles: &str) -> Server {
    let shared = format!(
        "secret = 'the parts of this test have this secret'\ndocuments.folder = '{}'\n",
        stack.data("documents").display()
    );
    let config = stack.config(name, &format!("{shared}{roles}"));
    let backends = stack.backends(&config).await;
    Server::start_on(config, backends).await.unwrap()
}

async fn consumer(stack: &TestStack, event_type: EventType) -> Server {
    let topic = event_type.topic();
    part(stack, topic, &format!("roles = ['consumers']\ntopics = ['{topic}']")).await
}

fn at(server: &Server) -> Person {
    Person::new(format!("http://{}", server.address))
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_completes_on_servers_with_one_role_each() {
    let stack = TestStack::start().await;
    let behind = Behind::of(&stack).await;
    let relay = part(&stack, "relay", "roles = ['relay']").await;
    let web = part(&stack, "web", "roles = ['web']").await;
    let _reader = part(&stack, "reader", "roles = ['reader']").await;
    let mut consumers = Vec::new();
    // A missing consumer delays only its own table.
    for event_type in EventType::ALL.into_iter().filter(|one| *one != EventType::PolicyRecommended) {
        consumers.push(consumer(&stack, event_type).await);
    }

    let ingrid = Person::known(format!("http://{}", web.address)).await;
    let mut socket = ingrid.socket(0).await;
    ingrid.post(&ingrid.own("/recommendations"), &needs()).await.is(StatusCode::ACCEPTED);
    let kyc = decided(&ingrid, &Shown::ingrid()).await;
    assert_eq!(kyc.status, KycStatus::Approved, "{:?}", kyc.checks);
    let recommended = eventually("policies", async || ingrid.snapshot().await.journey.recommended).await;
    let choice = json!({"policyId": recommended.recommendations[0].policy_id, "consent": true});
    ingrid.post(&ingrid.own("/selection"), &choice).await.is(StatusCode::OK).json::<WorkflowCompleted>();
    for event in ingrid.events().await {
        assert_eq!(socket.event().await.event_id, event.event_id);
    }

    assert_eq!(behind.rows(Table::PolicyRecommendations).await.len(), 0);
    consumers.push(consumer(&stack, EventType::PolicyRecommended).await);
    expect_all_handled(&behind, ingrid.events().await.len()).await;
    assert_eq!(behind.rows(Table::PolicyRecommendations).await.len(), 1);
    assert_effects_once(&behind).await;

    // Every server answers operators, but only the web role serves applicants.
    assert_eq!(at(&web).get("/readyz").await.is(StatusCode::OK).body, r#"{"dynamodb":"ok"}"#);
    assert_eq!(at(&relay).get("/readyz").await.is(StatusCode::OK).body, r#"{"dynamodb":"ok","kafka":"ok"}"#);
    for path in ["/", "/api/openapi.json", "/ws"] {
        assert_eq!(at(&consumers[0]).get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
