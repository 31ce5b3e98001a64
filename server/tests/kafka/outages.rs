//! Broker outages and refusals, on librdkafka's mock brokers.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use server::kafka::{ConsumerError, EventPublisher, KafkaConfig, PublishError};
use tokio::time::timeout;

use crate::support::{Consuming, EVENT_TYPE, LIMIT, Recorder, customer, event, next_handled, publisher, quick, raw};

/// One mock broker, and how to reach it.
fn brokers() -> (MockCluster<'static, DefaultProducerContext>, KafkaConfig) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(EVENT_TYPE.topic(), 3, 1).unwrap();
    let brokers = cluster.bootstrap_servers();
    let config = KafkaConfig { brokers, ..KafkaConfig::default() };
    (cluster, config)
}

/// Stops the broker, and returns when the publisher notices.
async fn stop_broker(cluster: &MockCluster<'_, DefaultProducerContext>, publisher: &EventPublisher) {
    cluster.broker_down(1).unwrap();
    let noticed = async { while publisher.ping().await.is_ok() {} };
    timeout(LIMIT, noticed).await.expect("outage not noticed");
}

#[tokio::test(flavor = "multi_thread")]
async fn event_is_published_after_a_short_outage() {
    let (cluster, config) = brokers();
    let publisher = publisher(&config);
    let before = publisher.publish(&raw(&event(customer(1), 1))).await.unwrap();
    stop_broker(&cluster, &publisher).await;
    let later = raw(&event(customer(1), 2));
    let publishing = publisher.publish(&later);
    let coming_back = async {
        assert!(publisher.ping().await.is_err());
        cluster.broker_up(1).unwrap();
    };
    let (after, ()) = tokio::join!(publishing, coming_back);
    assert_eq!(after.unwrap().offset, before.offset + 1);
    publisher.flush(LIMIT).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn consumer_continues_after_an_outage() {
    let (cluster, config) = brokers();
    let publisher = publisher(&config);
    publisher.publish(&raw(&event(customer(1), 1))).await.unwrap();
    let (handler, mut seen) = Recorder::succeeding();
    let consuming = Consuming::start(&config, quick(), handler);
    assert_eq!(next_handled(&mut seen).await, (customer(1), 1));
    stop_broker(&cluster, &publisher).await;
    cluster.broker_up(1).unwrap();
    publisher.publish(&raw(&event(customer(1), 2))).await.unwrap();
    // The first event may be delivered again: its offset need not be committed.
    while next_handled(&mut seen).await != (customer(1), 2) {}
    consuming.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn refusal_is_returned_and_a_later_publication_succeeds() {
    let (cluster, config) = brokers();
    let publisher = publisher(&config);
    cluster.request_errors(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED]);
    let refused = publisher.publish(&raw(&event(customer(1), 1))).await;
    assert!(matches!(refused, Err(PublishError::Broker(_))), "{refused:?}");
    // librdkafka remembers the refusal until it asks about the topic again.
    let again = async {
        while publisher.publish(&raw(&event(customer(1), 1))).await.is_err() {
            publisher.ping().await.unwrap();
        }
    };
    timeout(LIMIT, again).await.expect("no later publication succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn publisher_recovers_from_a_lost_sequence() {
    let (cluster, config) = brokers();
    let publisher = publisher(&config);
    publisher.publish(&raw(&event(customer(1), 1))).await.unwrap();
    // The broker reports an unknown sequence, a fatal error for the client.
    cluster.request_errors(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER]);
    let lost = publisher.publish(&raw(&event(customer(1), 2))).await;
    assert!(matches!(lost, Err(PublishError::Broker(_))), "{lost:?}");
    publisher.publish(&raw(&event(customer(1), 2))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_broker_is_waited_for() {
    let (cluster, config) = brokers();
    let publisher = publisher(&config);
    publisher.ping().await.unwrap();
    cluster.broker_round_trip_time(1, Duration::from_millis(700)).unwrap();
    publisher.publish(&raw(&event(customer(1), 1))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn consumer_waits_until_access_is_granted() {
    let (cluster, config) = brokers();
    publisher(&config).publish(&raw(&event(customer(1), 1))).await.unwrap();
    let forbidden = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED; 3];
    cluster.request_errors(RDKafkaApiKey::FindCoordinator, &forbidden);
    cluster.request_errors(RDKafkaApiKey::JoinGroup, &forbidden);
    let unreadable = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 3];
    cluster.request_errors(RDKafkaApiKey::Fetch, &unreadable);
    let (handler, mut seen) = Recorder::succeeding();
    let consuming = Consuming::start(&config, quick(), handler);
    assert_eq!(next_handled(&mut seen).await, (customer(1), 1));
    consuming.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fenced_consumer_joins_again_once() {
    let (cluster, config) = brokers();
    let config = KafkaConfig { instance_id: Some("the-one".into()), ..config };
    publisher(&config).publish(&raw(&event(customer(1), 1))).await.unwrap();
    let fenced = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID];
    cluster.request_errors(RDKafkaApiKey::JoinGroup, &fenced);
    let (handler, mut seen) = Recorder::succeeding();
    let consuming = Consuming::start(&config, quick(), handler);
    assert_eq!(next_handled(&mut seen).await, (customer(1), 1));

    // Another consumer of this name fences it again at once.
    cluster.request_errors(RDKafkaApiKey::Heartbeat, &fenced);
    match consuming.ended().await {
        Err(error @ ConsumerError::Fatal { .. }) => assert!(error.to_string().contains("group_instance_id"), "{error}"),
        other => panic!("expected it to give up, not {other:?}"),
    }
}

/// On a machine without processor time for it, a consumer can be fenced any number of times.
#[tokio::test(flavor = "multi_thread")]
async fn consumer_of_the_embedded_broker_joins_again_each_time() {
    let (cluster, config) = brokers();
    let config = KafkaConfig { instance_id: Some("embedded".into()), embedded: true, ..config };
    let publisher = publisher(&config);
    publisher.publish(&raw(&event(customer(1), 1))).await.unwrap();
    let fenced = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID];
    cluster.request_errors(RDKafkaApiKey::JoinGroup, &fenced);
    let (handler, mut seen) = Recorder::succeeding();
    let mut consuming = Consuming::start(&config, quick(), handler);
    assert_eq!(next_handled(&mut seen).await, (customer(1), 1));
    cluster.request_errors(RDKafkaApiKey::Heartbeat, &fenced);
    // Three heartbeats.
    assert!(consuming.runs_for(Duration::from_secs(6)).await);
    publisher.publish(&raw(&event(customer(1), 2))).await.unwrap();
    while next_handled(&mut seen).await != (customer(1), 2) {}
    consuming.stop().await.unwrap();
}

/// The topics of a cluster, by name.
async fn topics(config: &KafkaConfig) -> Vec<String> {
    let consumer: BaseConsumer = config.client().create().unwrap();
    let listing = move || {
        let metadata = consumer.fetch_metadata(None, LIMIT).unwrap();
        metadata.topics().iter().map(|topic| topic.name().to_owned()).collect()
    };
    tokio::task::spawn_blocking(listing).await.unwrap()
}

/// librdkafka's mock brokers create a topic when a client that allows it asks for its metadata, as brokers with
/// `auto.create.topics.enable` do.
#[tokio::test(flavor = "multi_thread")]
async fn missing_topic_is_not_created_by_the_publisher() {
    let cluster = MockCluster::new(1).unwrap();
    let config = KafkaConfig { brokers: cluster.bootstrap_servers(), ..KafkaConfig::default() };
    let publisher = publisher(&config);
    publisher.ping().await.unwrap();
    let event = raw(&event(customer(1), 1));
    let creating = async {
        // The publisher has requested the metadata of its topic by now.
        publisher.ping().await.unwrap();
        assert_eq!(topics(&config).await, Vec::<String>::new());
        cluster.create_topic(EVENT_TYPE.topic(), 3, 1).unwrap();
    };
    let (published, ()) = tokio::join!(publisher.publish(&event), creating);
    published.unwrap();
    assert_eq!(topics(&config).await, [EVENT_TYPE.topic()]);
}
