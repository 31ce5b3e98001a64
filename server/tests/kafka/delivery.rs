//! Delivery: order, isolation of customers, and back-pressure.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use server::kafka::{ConsumerSettings, HandleError};
use tokio::sync::Semaphore;

use crate::support::{
    Consuming, Kafka, Recorder, customer, customers_of_one_partition, ends, event, events, handled, next_handled, quick,
};

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_customer_are_handled_in_order_despite_failures() {
    let kafka = Kafka::start().await;
    let failures = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&failures);
    let (handler, mut seen) = Recorder::new(move |_, sequence| {
        let counted = Arc::clone(&counted);
        async move {
            // Two of three attempts at every seventh event fail. The count is shared, so which ones fail varies.
            if sequence % 7 == 0 && counted.fetch_add(1, Ordering::SeqCst) % 3 != 2 {
                return Err(HandleError::Retry("not now".to_owned()));
            }
            tokio::task::yield_now().await;
            Ok(())
        }
    });
    let consuming = Consuming::start(&kafka.config, ConsumerSettings { attempts: u32::MAX, ..quick() }, handler);
    let deliveries = kafka.publish(&events(12, 25)).await;
    let found = handled(&mut seen, 12 * 25).await;
    let expected: BTreeMap<_, _> = (0..12).map(|number| (customer(number), (1..=25).collect::<Vec<_>>())).collect();
    assert_eq!(found, expected);
    assert!(failures.load(Ordering::SeqCst) > 12 * 3, "nothing failed");
    consuming.stop().await.unwrap();
    assert_eq!(kafka.committed(), ends(&deliveries));
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_customer_does_not_block_its_partition() {
    let kafka = Kafka::start().await;
    let (stuck, other) = customers_of_one_partition(&kafka).await;
    let repaired = Arc::new(Semaphore::new(0));
    let checked = Arc::clone(&repaired);
    let (handler, mut seen) = Recorder::new(move |customer, _| {
        let failing = customer == stuck && checked.available_permits() == 0;
        async move { if failing { Err(HandleError::Retry("not now".to_owned())) } else { Ok(()) } }
    });
    kafka.publish(&[event(stuck, 2)]).await;
    let later: Vec<_> = (2..=40).map(|sequence| event(other, sequence)).collect();
    kafka.publish(&later).await;
    let consuming = Consuming::start(&kafka.config, ConsumerSettings { attempts: u32::MAX, ..quick() }, handler);
    let mut sequences = Vec::new();
    while sequences.len() < 40 {
        let (customer, sequence) = next_handled(&mut seen).await;
        assert_ne!(customer, stuck);
        if customer == other {
            sequences.push(sequence);
        }
    }
    assert_eq!(sequences, (1..=40).collect::<Vec<_>>());
    repaired.add_permits(1);
    let mut sequences = Vec::new();
    while sequences.len() < 2 {
        let (customer, sequence) = next_handled(&mut seen).await;
        if customer == stuck {
            sequences.push(sequence);
        }
    }
    assert_eq!(sequences, [1, 2]);
    consuming.stop().await.unwrap();
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn full_in_flight_budget_pauses_and_loses_nothing() {
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
    let handler = Arc::new(handler);
    let settings = ConsumerSettings { in_flight: 5, buffered_messages: 20, ..quick() };
    let consuming = Consuming::start(&kafka.config, settings, Arc::clone(&handler));
    let deliveries = kafka.publish(&events(30, 20)).await;
    let mut found: BTreeMap<_, Vec<u64>> = (0..30).map(|number| (customer(number), Vec::new())).collect();
    gate.add_permits(100);
    while found.values().any(|sequences| sequences.last() != Some(&20)) {
        let (customer, sequence) = next_handled(&mut seen).await;
        found.entry(customer).or_default().push(sequence);
        gate.add_permits(1);
    }
    for sequences in found.values() {
        // After a rebalance, uncommitted events are delivered again. No event is skipped.
        let follows = |two: &[u64]| two[1] <= two[0] + 1;
        assert!(sequences[0] == 1 && sequences.windows(2).all(follows), "{sequences:?}");
    }
    assert_eq!(handler.most_in_flight(), 5);
    gate.add_permits(1000);
    consuming.stop().await.unwrap();
    assert_eq!(kafka.committed(), ends(&deliveries));
    kafka.stop().await;
}
