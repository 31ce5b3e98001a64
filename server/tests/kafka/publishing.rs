//! The publisher and the topics.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::event::{Envelope, EventData, EventType, PolicyRecommended};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{Offset, TopicPartitionList};
use server::kafka::{EventPublisher, KafkaConfig, PublishError, TopicError, TopicState, ensure_topics};

use crate::stack::TestStack;
use crate::support::{Kafka, LIMIT, customer, event, events};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_carries_key_headers_and_the_event() {
    let kafka = Kafka::start().await;
    let event = event(customer(3), 1);
    let delivery = kafka.publisher.workflow_completed(&event).await.unwrap();

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
async fn each_method_takes_its_own_type_only() {
    let kafka = Kafka::start().await;
    let completed = event(customer(1), 1);
    let recommended =
        Envelope { data: EventData::PolicyRecommended(PolicyRecommended::default()), ..event(customer(1), 1) };
    let publisher = &kafka.publisher;
    for (refused, wanted) in [
        (publisher.user_info_submitted(&completed).await, EventType::UserInfoSubmitted),
        (publisher.documents_processed(&completed).await, EventType::DocumentsProcessed),
        (publisher.kyc_verified(&completed).await, EventType::KycVerified),
        (publisher.policy_recommended(&completed).await, EventType::PolicyRecommended),
        (publisher.workflow_completed(&recommended).await, EventType::WorkflowCompleted),
        (publisher.workflow_error(&completed).await, EventType::WorkflowError),
    ] {
        match refused {
            Err(PublishError::WrongType { wanted: told, .. }) => assert_eq!(told, wanted),
            other => panic!("{wanted:?} took {other:?}"),
        }
    }
    publisher.policy_recommended(&recommended).await.unwrap();
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_answered_in_its_order_and_kept_in_the_customers() {
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
    // After a flush it goes on with a client of its own.
    kafka.publisher.flush(LIMIT).await.unwrap();
    kafka.publish(&[event(customer(1), 21)]).await;
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_tells_whether_the_broker_answers() {
    let kafka = Kafka::start().await;
    kafka.publisher.ping().await.unwrap();
    let nowhere = EventPublisher::new(KafkaConfig::embedded("127.0.0.1:1"));
    let started = Instant::now();
    assert!(matches!(nowhere.ping().await, Err(PublishError::Broker(_))));
    assert!(started.elapsed() < server::kafka::PING_WITHIN + Duration::from_secs(3));
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_and_does_not_wait() {
    let nowhere = EventPublisher::new(KafkaConfig::embedded("127.0.0.1:1"));
    let events: Vec<_> = (0..10_001).map(|number| event(customer(number), 1)).collect();
    let mut publishing: FuturesUnordered<_> = events.iter().map(|event| nowhere.publish(event)).collect();
    let first = tokio::time::timeout(LIMIT, publishing.next()).await.unwrap().unwrap();
    assert!(matches!(first, Err(PublishError::QueueFull)), "{first:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_everything_ends_in_time() {
    let config = KafkaConfig::embedded("127.0.0.1:1");
    let nowhere = EventPublisher::new(config.clone());
    let batch = [event(customer(1), 1), event(customer(1), 2), event(customer(2), 1)];
    let both = async { tokio::join!(nowhere.publish_batch(&batch), ensure_topics(&config, 1)) };
    let (results, topics) = tokio::time::timeout(LIMIT, both).await.unwrap();
    assert!(
        matches!(results[..], [Err(PublishError::Timeout), Err(PublishError::HeldBack), Err(PublishError::Timeout)]),
        "{results:?}"
    );
    assert!(matches!(topics, Err(TopicError::Unreachable(_))), "{topics:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_make_no_client_are_named() {
    let config = KafkaConfig { username: Some("onboard-ai".to_owned()), ..KafkaConfig::embedded("127.0.0.1:1") };
    let publisher = EventPublisher::new(config);
    assert!(matches!(publisher.publish(&event(customer(1), 1)).await, Err(PublishError::Client(_))));
    assert!(matches!(publisher.ping().await, Err(PublishError::Client(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_made_once_and_then_looked_at() {
    let stack = TestStack::start().await;
    let config = stack.kafka();
    // One that somebody made in another way.
    let admin: AdminClient<DefaultClientContext> = config.client().create().unwrap();
    let name = config.topic(EventType::KycVerified);
    let odd = NewTopic::new(&name, 1, TopicReplication::Fixed(1)).set("retention.ms", "60000");
    admin.create_topics(&[odd], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();

    for again in [false, true] {
        let reports = ensure_topics(&config, 1).await.unwrap();
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
