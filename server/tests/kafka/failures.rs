//! Messages that cannot be handled are parked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::event::{Envelope, EventData, PolicyRecommended};
use jiff::Timestamp;
use server::kafka::{ConsumerSettings, HandleError, ParkError};

use crate::support::{
    Consuming, EVENT_TYPE, Kafka, Recorder, Seen, customer, ends, event, next, next_handled, next_parked, quick,
};

#[tokio::test(flavor = "multi_thread")]
async fn malformed_message_is_parked_with_its_bytes() {
    let kafka = Kafka::start().await;
    let key = customer(1).to_string();
    let mut newer = serde_json::to_value(event(customer(1), 2)).unwrap();
    newer["schemaVersion"] = 2.into();
    let newer = serde_json::to_vec(&newer).unwrap();
    let regular = serde_json::to_vec(&event(customer(1), 3)).unwrap();
    let sent: [(&str, &[u8], &str); 4] = [
        (&key, b"{\"firstName\":\"Ingrid\"", "not an event"),
        (&key, b"", "not an event"),
        (&key, &newer, "schema version 2"),
        ("someone else", &regular, "key"),
    ];
    let mut deliveries = Vec::new();
    for (key, payload, _) in sent {
        deliveries.push(kafka.publish_raw(key, payload).await);
    }
    let before = Timestamp::now();
    deliveries.extend(kafka.publish(&[event(customer(1), 4)]).await);
    let (handler, mut seen) = Recorder::succeeding();
    let consuming = Consuming::start(&kafka.config, quick(), handler);

    let (mut parked, mut handled) = (Vec::new(), Vec::new());
    while parked.len() < sent.len() || handled.is_empty() {
        match next(&mut seen).await {
            Seen::Parked(message) => parked.push(message),
            Seen::Handled(customer, sequence) => handled.push((customer, sequence)),
            Seen::Began(..) => {}
        }
    }
    assert_eq!(handled, [(customer(1), 4)]);
    for ((key, payload, reason), delivery) in sent.iter().zip(&deliveries) {
        let message = parked
            .iter()
            .find(|message| (message.partition, message.offset) == (delivery.partition, delivery.offset))
            .expect("parked");
        assert_eq!(message.topic, EVENT_TYPE.topic());
        assert_eq!(message.key.as_deref(), Some(key.as_bytes()));
        assert_eq!(&message.payload, payload);
        assert!(message.reason.contains(reason) && !message.reason.contains("Ingrid"), "{}", message.reason);
        let written = message.timestamp.expect("a time");
        assert!(written <= before && before.duration_since(written).as_secs() < 60, "{written}");
    }
    consuming.stop().await.unwrap();
    assert_eq!(kafka.committed(), ends(&deliveries));
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn event_of_another_topic_is_parked() {
    let kafka = Kafka::start().await;
    let stray = Envelope { data: EventData::PolicyRecommended(PolicyRecommended::default()), ..event(customer(1), 1) };
    kafka.publish_raw(&customer(1).to_string(), &serde_json::to_vec(&stray).unwrap()).await;
    let (handler, mut seen) = Recorder::succeeding();
    let consuming = Consuming::start(&kafka.config, quick(), handler);
    let message = next_parked(&mut seen).await;
    assert!(message.reason.contains("PolicyRecommended"), "{}", message.reason);
    consuming.stop().await.unwrap();
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_parked_without_retries_before_the_customers_next_event() {
    let kafka = Kafka::start().await;
    let (handler, mut seen) = Recorder::new(|_, sequence| async move {
        if sequence == 1 { Err(HandleError::Poison("it will never work".to_owned())) } else { Ok(()) }
    });
    kafka.publish(&[event(customer(1), 1), event(customer(1), 2)]).await;
    let consuming = Consuming::start(&kafka.config, quick(), handler);
    assert!(matches!(next(&mut seen).await, Seen::Began(who, 1) if who == customer(1)));
    assert!(matches!(next(&mut seen).await, Seen::Parked(message) if message.reason == "it will never work"));
    assert_eq!(next_handled(&mut seen).await, (customer(1), 2));
    consuming.stop().await.unwrap();
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn event_is_parked_after_the_last_attempt() {
    let kafka = Kafka::start().await;
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    let (handler, mut seen) = Recorder::new(move |_, sequence| {
        let counted = Arc::clone(&counted);
        async move {
            match sequence {
                1 => {
                    counted.fetch_add(1, Ordering::SeqCst);
                    Err(HandleError::Retry("table unavailable".to_owned()))
                }
                2 => panic!("a defect"),
                3 => std::future::pending().await,
                _ => Ok(()),
            }
        }
    });
    let all: Vec<_> = (1..=4).map(|sequence| event(customer(1), sequence)).collect();
    kafka.publish(&all).await;
    let settings = ConsumerSettings { attempts: 3, attempt_within: Duration::from_millis(200), ..quick() };
    let consuming = Consuming::start(&kafka.config, settings, handler);
    let reasons =
        [next_parked(&mut seen).await.reason, next_parked(&mut seen).await.reason, next_parked(&mut seen).await.reason];
    assert_eq!(
        reasons,
        [
            "gave up after 3 attempts: table unavailable",
            "gave up after 3 attempts: the handler panicked",
            "gave up after 3 attempts: not done within 0.2 s",
        ]
    );
    assert_eq!(attempts.load(Ordering::SeqCst), 3);
    assert_eq!(next_handled(&mut seen).await, (customer(1), 4));
    consuming.stop().await.unwrap();
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parking_is_retried_until_it_succeeds() {
    let kafka = Kafka::start().await;
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let (handler, mut seen) = Recorder::new(|_, sequence| async move {
        if sequence == 1 { Err(HandleError::Poison("never".to_owned())) } else { Ok(()) }
    });
    // More failures than a handler has attempts.
    let handler = handler.parking(move |_| {
        let failing = counted.fetch_add(1, Ordering::SeqCst) < 6;
        if failing { Err(ParkError::from("table unavailable".to_owned())) } else { Ok(()) }
    });
    let deliveries = kafka.publish(&[event(customer(1), 1), event(customer(1), 2)]).await;
    let consuming = Consuming::start(&kafka.config, ConsumerSettings { attempts: 2, ..quick() }, handler);
    assert_eq!(next_parked(&mut seen).await.reason, "never");
    assert_eq!(tries.load(Ordering::SeqCst), 7);
    assert_eq!(next_handled(&mut seen).await, (customer(1), 2));
    consuming.stop().await.unwrap();
    assert_eq!(kafka.committed(), ends(&deliveries));
    kafka.stop().await;
}
