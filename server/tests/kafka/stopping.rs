//! The orderly stop of a consumer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use server::kafka::{ConsumerSettings, HandleError, KafkaConfig};
use tokio::sync::Semaphore;

use crate::support::{
    Consuming, Kafka, Recorder, Seen, customer, ends, event, events, handled, next, next_handled, quick,
};

#[tokio::test(flavor = "multi_thread")]
async fn handled_events_are_not_delivered_again_after_a_stop() {
    let kafka = Kafka::start().await;
    let (handler, mut seen) = Recorder::succeeding();
    let deliveries = kafka.publish(&events(5, 10)).await;
    let consuming = Consuming::start(&kafka.config, quick(), handler);
    handled(&mut seen, 50).await;
    consuming.stop().await.unwrap();
    assert_eq!(kafka.committed(), ends(&deliveries));

    let (handler, mut seen) = Recorder::succeeding();
    let consuming = Consuming::start(&kafka.config, quick(), handler);
    let fresh: Vec<_> = (0..5).map(|number| event(customer(number), 11)).collect();
    kafka.publish(&fresh).await;
    let expected: BTreeMap<_, _> = (0..5).map(|number| (customer(number), vec![11])).collect();
    assert_eq!(handled(&mut seen, 5).await, expected);
    consuming.stop().await.unwrap();
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_finishes_and_commits_started_work() {
    let kafka = Kafka::start().await;
    let gate = Arc::new(Semaphore::new(0));
    let waiting = Arc::clone(&gate);
    let (handler, mut seen) = Recorder::new(move |_, _| {
        let waiting = Arc::clone(&waiting);
        async move {
            waiting.acquire().await.unwrap().forget();
            Ok(())
        }
    });
    let all: Vec<_> = (1..=50).map(|sequence| event(customer(1), sequence)).collect();
    let deliveries = kafka.publish(&all).await;
    let consuming = Consuming::start(&kafka.config, quick(), handler);
    assert!(matches!(next(&mut seen).await, Seen::Began(_, 1)));
    consuming.request_stop();
    gate.add_permits(all.len());
    consuming.stop().await.unwrap();

    // The consumer has dropped the handler, so the channel closes. The number of started events varies, but each
    // of them is finished and committed.
    let (mut begun, mut finished) = (1, 0);
    while let Some(call) = seen.recv().await {
        match call {
            Seen::Began(..) => begun += 1,
            Seen::Handled(..) => finished += 1,
            Seen::Parked(message) => panic!("parked: {message:?}"),
        }
    }
    assert_eq!(begun, finished);
    assert_eq!(kafka.committed(), BTreeMap::from([(deliveries[0].partition, deliveries[0].offset + finished)]));
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_work_is_aborted_and_delivered_again() {
    let kafka = Kafka::start().await;
    let (handler, mut seen) = Recorder::new(|_, sequence| async move {
        if sequence == 2 {
            std::future::pending::<()>().await;
        }
        Ok(())
    });
    let all: Vec<_> = (1..=3).map(|sequence| event(customer(1), sequence)).collect();
    let deliveries = kafka.publish(&all).await;
    let settings = ConsumerSettings { drain_within: Duration::from_millis(300), ..quick() };
    let consuming = Consuming::start(&kafka.config, settings, handler);
    assert_eq!(next_handled(&mut seen).await, (customer(1), 1));
    assert!(matches!(next(&mut seen).await, Seen::Began(_, 2)));
    consuming.stop().await.unwrap();
    assert_eq!(kafka.committed(), BTreeMap::from([(deliveries[0].partition, deliveries[1].offset)]));

    let (handler, mut seen) = Recorder::succeeding();
    let consuming = Consuming::start(&kafka.config, quick(), handler);
    assert_eq!(handled(&mut seen, 2).await, BTreeMap::from([(customer(1), vec![2, 3])]));
    consuming.stop().await.unwrap();
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_does_not_wait_for_a_backoff() {
    let kafka = Kafka::start().await;
    let (handler, mut seen) = Recorder::new(|_, _| async { Err(HandleError::Retry("not now".to_owned())) });
    kafka.publish(&[event(customer(1), 1)]).await;
    let settings = ConsumerSettings {
        first_backoff: Duration::from_secs(3_600),
        longest_backoff: Duration::from_secs(3_600),
        ..quick()
    };
    let consuming = Consuming::start(&kafka.config, settings, handler);
    assert!(matches!(next(&mut seen).await, Seen::Began(..)));
    consuming.stop().await.unwrap();

    let (handler, mut seen) = Recorder::succeeding();
    let consuming = Consuming::start(&kafka.config, quick(), handler);
    assert_eq!(next_handled(&mut seen).await, (customer(1), 1));
    consuming.stop().await.unwrap();
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn consumer_stops_without_a_broker() {
    let (handler, _seen) = Recorder::succeeding();
    let nowhere = KafkaConfig::embedded("127.0.0.1:1");
    let consuming = Consuming::start(&nowhere, quick(), handler);
    consuming.stop().await.unwrap();
}
