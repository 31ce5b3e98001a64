//! Starts, stops and breaks the cluster's brokers with `scripts/cluster`.

use std::time::Duration;

use domain::event::EventType;
use rdkafka::consumer::{BaseConsumer, Consumer};
use server::kafka::KafkaConfig;
use tokio::process::Command;

use super::stack::{on_cluster, required_variable};

/// The numbers of all brokers.
pub const ALL: [i32; 3] = [1, 2, 3];

/// Runs the script with these arguments.
pub async fn cluster(arguments: &[&str]) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/cluster");
    let mut command = Command::new(script);
    let ran =
        command.args(arguments).env("ONBOARD_CLUSTER", required_variable("ONBOARD_CLUSTER")).output().await.unwrap();
    assert!(ran.status.success(), "cluster {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// Runs `action` (`stop`, `kill`, `pause`, `resume`) on a broker.
pub async fn broker(action: &str, number: i32) {
    cluster(&["broker", action, &number.to_string()]).await;
}

/// Starts these brokers concurrently, because a single broker has no quorum to join. With `expired`, their certificates
/// have expired.
pub async fn start(numbers: &[i32], expired: bool) {
    let starting = numbers.iter().map(|number| async move {
        let number = number.to_string();
        let mut arguments = vec!["broker", "start", &number];
        arguments.extend(expired.then_some("--expired"));
        cluster(&arguments).await;
    });
    futures::future::join_all(starting).await;
}

/// Restores the cluster after an earlier test and waits until it is healthy.
pub async fn restore() {
    assert!(on_cluster(), "set ONBOARD_TEST_STACK=cluster and the variables that `scripts/cluster env` prints");
    cluster(&["up"]).await;
}

/// The address at which clients connect to broker `number`.
pub fn address(number: i32) -> String {
    let brokers = required_variable("KAFKA_BROKERS");
    brokers.split(',').nth(usize::try_from(number).unwrap() - 1).unwrap().to_owned()
}

/// The broker that leads partition 0 of the topic.
pub async fn leader(kafka: &KafkaConfig, event_type: EventType) -> i32 {
    let kafka = kafka.clone();
    tokio::task::spawn_blocking(move || {
        let client: BaseConsumer = kafka.client().create().unwrap();
        let topic = kafka.topic(event_type);
        let metadata = client.fetch_metadata(Some(&topic), Duration::from_secs(10)).unwrap();
        metadata.topics()[0].partitions()[0].leader()
    })
    .await
    .unwrap()
}
