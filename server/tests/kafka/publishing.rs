//! The publisher and the topics.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::event::{Envelope, EventType};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{Offset, TopicPartitionList};
use server::kafka::{KafkaConfig, PublishError, TopicError, TopicState, ensure_topics};
use server::raw_event::RawEvent;

use crate::stack::TestStack;
use crate::support::{Kafka, LIMIT, customer, event, events, publisher, raw};

#[tokio::test(flavor = "multi_thread")]
async fn message_carries_key_headers_and_event() {
    let kafka = Kafka::start().await;
    let event = event(customer(3), 1);
    let delivery = kafka.publisher.publish(&raw(&event)).await.unwrap();

    let consumer: BaseConsumer = kafka.plain().set("group.id", "reader").create().unwrap();
    let mut place = TopicPartitionList::new();
    place
        .add_partition_offset(
            &kafka.config.topic(EventType::WorkflowCompleted),
            delivery.partition,
            Offset::Offset(delivery.offset),
        )
        .unwrap();
    consumer.assign(&place).unwrap();
    let message = consumer.poll(LIMIT).unwrap().unwrap();
    assert_eq!(message.key(), Some(customer(3).to_string().as_bytes()));
    assert_eq!(Envelope::from_slice(message.payload().unwrap()).unwrap(), event);
    let headers: BTreeMap<_, _> = message
        .headers()
        .unwrap()
        .iter()
        .map(|header| (header.key, std::str::from_utf8(header.value.unwrap()).unwrap().to_owned()))
        .collect();
    let expected = BTreeMap::from([
        ("eventType", "WORKFLOW_COMPLETED".to_owned()),
        ("eventId", event.event_id.to_string()),
        ("source", "submit-policy-selection".to_owned()),
    ]);
    assert_eq!(headers, expected);
    drop(message);
    drop(consumer);
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn event_of_a_newer_version_is_published_unchanged() {
    let kafka = Kafka::start().await;
    let mut newer = serde_json::to_value(event(customer(3), 1)).unwrap();
    newer["schemaVersion"] = 2.into();
    newer["unknown"] = "field".into();
    // Not the layout that this build writes.
    let json = serde_json::to_string_pretty(&newer).unwrap();
    let newer = RawEvent { customer_id: customer(3), sequence: 1, json: json.clone() };
    let delivery = kafka.publisher.publish(&newer).await.unwrap();
    assert_eq!(kafka.payload(delivery), json.as_bytes());
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_without_a_routable_envelope_is_refused() {
    let publisher = publisher(&KafkaConfig::embedded("127.0.0.1:1"));
    let mut unknown = serde_json::to_value(event(customer(1), 1)).unwrap();
    unknown["eventType"] = "OF_A_LATER_BUILD".into();
    for json in ["{}".to_owned(), "no JSON".to_owned(), unknown.to_string()] {
        let refused = publisher.publish(&RawEvent { customer_id: customer(1), sequence: 1, json }).await;
        assert!(matches!(refused, Err(PublishError::Envelope(_))), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_customer_keep_their_order_in_one_partition() {
    let kafka = Kafka::start().await;
    let batch = events(10, 20);
    let deliveries = kafka.publish(&batch).await;
    let mut last = BTreeMap::new();
    for (event, delivery) in batch.iter().zip(&deliveries) {
        let before = last.insert(event.customer_id, *delivery);
        if let Some(before) = before {
            assert_eq!(before.partition, delivery.partition);
            assert!(before.offset < delivery.offset);
        }
    }
    // After a flush the publisher makes a new client.
    kafka.publisher.flush(LIMIT).await.unwrap();
    kafka.publish(&[event(customer(1), 21)]).await;
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ping_fails_without_a_broker() {
    let kafka = Kafka::start().await;
    kafka.publisher.ping().await.unwrap();
    let nowhere = publisher(&KafkaConfig::embedded("127.0.0.1:1"));
    let started = Instant::now();
    assert!(matches!(nowhere.ping().await, Err(PublishError::Broker(_))));
    assert!(started.elapsed() < server::kafka::PING_WITHIN + Duration::from_secs(3));
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn full_queue_refuses_without_waiting() {
    let nowhere = publisher(&KafkaConfig::embedded("127.0.0.1:1"));
    let events: Vec<_> = (0..10_001).map(|number| raw(&event(customer(number), 1))).collect();
    let mut publishing: FuturesUnordered<_> = events.iter().map(|event| nowhere.publish(event)).collect();
    let first = tokio::time::timeout(LIMIT, publishing.next()).await.unwrap().unwrap();
    assert!(matches!(first, Err(PublishError::QueueFull)), "{first:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_without_a_broker_ends_in_time() {
    let config = KafkaConfig::embedded("127.0.0.1:1");
    let nowhere = publisher(&config);
    let event = raw(&event(customer(1), 1));
    let both = async { tokio::join!(nowhere.publish(&event), ensure_topics(&config, 1)) };
    let (published, topics) = tokio::time::timeout(LIMIT, both).await.unwrap();
    assert!(matches!(published, Err(PublishError::Timeout)), "{published:?}");
    assert!(matches!(topics, Err(TopicError::Unreachable(_))), "{topics:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_settings_are_a_client_error() {
    let config = KafkaConfig { username: Some("onboard-ai".to_owned()), ..KafkaConfig::embedded("127.0.0.1:1") };
    let publisher = publisher(&config);
    assert!(matches!(publisher.publish(&raw(&event(customer(1), 1))).await, Err(PublishError::Client(_))));
    assert!(matches!(publisher.ping().await, Err(PublishError::Client(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn existing_topics_are_compared_and_not_changed() {
    let stack = TestStack::start().await;
    let config = stack.kafka();
    // A topic with other settings.
    let admin: AdminClient<DefaultClientContext> = config.client().create().unwrap();
    let name = config.topic(EventType::KycVerified);
    let odd = NewTopic::new(&name, 1, TopicReplication::Fixed(1)).set("retention.ms", "60000");
    admin.create_topics(&[odd], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();

    for again in [false, true] {
        let reports = ensure_topics(&config, stack.replication()).await.unwrap();
        assert_eq!(reports.iter().map(|report| report.event_type).collect::<Vec<_>>(), EventType::ALL);
        for report in reports {
            if report.event_type == EventType::KycVerified {
                assert_eq!(report.state, TopicState::Present);
                let text = report.differences.join("; ");
                assert!(text.contains("has 1 partitions instead of 3"), "{text}");
                assert!(text.contains("has retention.ms=60000 instead of 604800000"), "{text}");
            } else {
                assert_eq!(report.state, if again { TopicState::Present } else { TopicState::Created });
                assert_eq!(report.differences, Vec::<String>::new(), "{:?}", report.event_type);
            }
        }
    }
    drop(admin);
    stack.stop().await;
}
