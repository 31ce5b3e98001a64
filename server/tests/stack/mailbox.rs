//! Receives the messages that a server sends through SNS: own topics for each test, with an HTTP subscriber.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::Value;

/// The received messages, each with the ARN of its topic.
type Received = Arc<Mutex<Vec<(String, String)>>>;

/// Three topics and their subscriber.
pub struct Mailbox {
    topics: [(&'static str, String); 3],
    received: Received,
}

impl Mailbox {
    /// Creates topics whose names begin with `name`, and subscribes to them.
    pub async fn open(name: &str) -> Self {
        let sns = aws_sdk_sns::Client::new(&server::aws::external("eu-central-1").await);
        let received = Received::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/", listener.local_addr().unwrap());
        let router = Router::new().route("/", post(take)).with_state(received.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

        let mut topics = ["applicant", "compliance", "support"].map(|audience| (audience, String::new()));
        for (audience, arn) in &mut topics {
            let made = sns.create_topic().name(format!("{name}-{audience}")).send().await.unwrap();
            *arn = made.topic_arn().unwrap().to_owned();
            sns.subscribe().topic_arn(&*arn).protocol("http").endpoint(&endpoint).send().await.unwrap();
        }
        Self { topics, received }
    }

    /// The ARN of each audience's topic.
    pub fn topics(&self) -> &[(&'static str, String); 3] {
        &self.topics
    }

    /// The messages to `audience` so far.
    pub fn messages(&self, audience: &str) -> Vec<String> {
        let (_, topic) = self.topics.iter().find(|(name, _)| *name == audience).unwrap();
        let received = self.received.lock().unwrap();
        received.iter().filter(|(arn, _)| arn == topic).map(|(_, message)| message.clone()).collect()
    }
}

/// Handles a request of SNS, which posts JSON as text. A GET of the `SubscribeURL` confirms a subscription.
async fn take(State(received): State<Received>, body: String) {
    let posted: Value = serde_json::from_str(&body).unwrap();
    let text = |name: &str| posted[name].as_str().unwrap_or_default().to_owned();
    match posted["Type"].as_str() {
        Some("SubscriptionConfirmation") => {
            reqwest::get(text("SubscribeURL")).await.unwrap();
        }
        Some("Notification") => received.lock().unwrap().push((text("TopicArn"), text("Message"))),
        other => panic!("{other:?}"),
    }
}
