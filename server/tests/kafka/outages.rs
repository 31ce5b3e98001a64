//! Brokers that go away and come back, and brokers that refuse. On librdkafka's own mock brokers, which do so on
//! request.

use std::time::Duration;

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use server::kafka::{ConsumerError, EventPublisher, KafkaConfig, PublishError};
use tokio::time::timeout;

use crate::support::{Consuming, EVENT_TYPE, LIMIT, Told, customer, event, next_handled, quick};

/// One mock broker, and how to reach it.
fn brokers() -> (MockCluster<'static, DefaultProducerContext>, KafkaConfig) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(EVENT_TYPE.topic(), 3, 1).unwrap();
    let brokers = cluster.bootstrap_servers();
    let config = KafkaConfig { brokers, ..KafkaConfig::default() };
    (cluster, config)
}

/// Takes the broker away, and returns when that is felt.
async fn take_away(cluster: &MockCluster<'_, DefaultProducerContext>, publisher: &EventPublisher) {
    cluster.broker_down(1).unwrap();
    let felt = async { while publisher.ping().await.is_ok() {} };
    timeout(LIMIT, felt).await.expect("the outage is not felt");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_outlasts_a_short_outage() {
    let (cluster, config) = brokers();
    let publisher = EventPublisher::new(config);
    let before = publisher.publish(&event(customer(1), 1)).await.unwrap();
    take_away(&cluster, &publisher).await;
    let later = event(customer(1), 2);
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
async fn a_consumer_outlasts_an_outage() {
    let (cluster, config) = brokers();
    let publisher = EventPublisher::new(config.clone());
    publisher.publish(&event(customer(1), 1)).await.unwrap();
    let (handler, mut seen) = Told::willing();
    let consuming = Consuming::start(&config, quick(), handler);
    assert_eq!(next_handled(&mut seen).await, (customer(1), 1));
    take_away(&cluster, &publisher).await;
    cluster.broker_up(1).unwrap();
    publisher.publish(&event(customer(1), 2)).await.unwrap();
    // The first may come again: it need not have been committed.
    while next_handled(&mut seen).await != (customer(1), 2) {}
    consuming.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_reaches_the_caller_and_is_not_for_ever() {
    let (cluster, config) = brokers();
    let publisher = EventPublisher::new(config);
    cluster.request_errors(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED]);
    let refused = publisher.publish(&event(customer(1), 1)).await;
    assert!(matches!(refused, Err(PublishError::Broker(_))), "{refused:?}");
    // librdkafka remembers the refusal until it asks about the topic again.
    let again = async {
        while publisher.publish(&event(customer(1), 1)).await.is_err() {
            publisher.ping().await.unwrap();
        }
    };
    timeout(LIMIT, again).await.expect("refused for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_recovers_from_a_lost_sequence() {
    let (cluster, config) = brokers();
    let publisher = EventPublisher::new(config);
    publisher.publish(&event(customer(1), 1)).await.unwrap();
    // The broker says that it does not know what came before, which ends a client for good.
    cluster.request_errors(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER]);
    let lost = publisher.publish(&event(customer(1), 2)).await;
    assert!(matches!(lost, Err(PublishError::Broker(_))), "{lost:?}");
    publisher.publish(&event(customer(1), 2)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_broker_is_waited_for() {
    let (cluster, config) = brokers();
    let publisher = EventPublisher::new(config);
    publisher.ping().await.unwrap();
    cluster.broker_round_trip_time(1, Duration::from_millis(700)).unwrap();
    publisher.publish(&event(customer(1), 1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_waits_until_it_is_allowed() {
    let (cluster, config) = brokers();
    EventPublisher::new(config.clone()).publish(&event(customer(1), 1)).await.unwrap();
    let forbidden = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED; 3];
    cluster.request_errors(RDKafkaApiKey::FindCoordinator, &forbidden);
    cluster.request_errors(RDKafkaApiKey::JoinGroup, &forbidden);
    let unreadable = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 3];
    cluster.request_errors(RDKafkaApiKey::Fetch, &unreadable);
    let (handler, mut seen) = Told::willing();
    let consuming = Consuming::start(&config, quick(), handler);
    assert_eq!(next_handled(&mut seen).await, (customer(1), 1));
    consuming.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_fenced_itself_joins_again_but_not_for_ever() {
    let (cluster, config) = brokers();
    let config = KafkaConfig { instance_id: Some("the-one".into()), ..config };
    EventPublisher::new(config.clone()).publish(&event(customer(1), 1)).await.unwrap();
    let fenced = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID];
    cluster.request_errors(RDKafkaApiKey::JoinGroup, &fenced);
    let (handler, mut seen) = Told::willing();
    let consuming = Consuming::start(&config, quick(), handler);
    assert_eq!(next_handled(&mut seen).await, (customer(1), 1));

    // Somebody else of this name does it at once again.
    cluster.request_errors(RDKafkaApiKey::Heartbeat, &fenced);
    match consuming.ended().await {
        Err(error @ ConsumerError::Fatal { .. }) => assert!(error.to_string().contains("group_instance_id"), "{error}"),
        other => panic!("expected it to give up, not {other:?}"),
    }
}
