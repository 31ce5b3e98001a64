//! Figures. `cargo test -p server --test kafka speed -- --ignored --nocapture --test-threads 1`

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::event::{
    DocumentsProcessed, Envelope, EventData, EventType, KycStatus, KycVerified, PolicyRecommended, RiskLevel, UserInfo,
};
use embedded::Stack;
use server::kafka::{ConsumerSettings, EventPublisher, KafkaConfig, ensure_topics, run_with};
use tokio_util::sync::CancellationToken;

use crate::support::{Consuming, Kafka, LIMIT, Told, customer, event, next_handled, quick};

/// The value below which this share of the sorted times lies, in milliseconds.
fn quantile(sorted: &[Duration], share: f64) -> f64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let place = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[place].as_secs_f64() * 1_000.0
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; proves nothing"]
async fn first_delivery_and_latency() {
    let kafka = Kafka::start().await;
    let (handler, mut seen) = Told::willing();
    kafka.publish(&[event(customer(0), 1)]).await;
    let started = Instant::now();
    let consuming = Consuming::start(&kafka.config, quick(), handler);
    next_handled(&mut seen).await;
    println!("first delivery of a new group: {} ms", started.elapsed().as_millis());

    let mut acknowledged = Vec::new();
    let mut handled = Vec::new();
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    for number in 1..=500 {
        pace.tick().await;
        let event = event(customer(number), 1);
        let sent = Instant::now();
        kafka.publisher.publish(&event).await.unwrap();
        acknowledged.push(sent.elapsed());
        while next_handled(&mut seen).await.0 != event.customer_id {}
        handled.push(sent.elapsed());
    }
    acknowledged.sort_unstable();
    handled.sort_unstable();
    for (what, times) in [("acknowledged", acknowledged), ("handled", handled)] {
        println!(
            "published to {what}: p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms",
            quantile(&times, 0.5),
            quantile(&times, 0.99),
            quantile(&times, 1.0)
        );
    }
    consuming.stop().await.unwrap();

    let started = Instant::now();
    let (handler, mut seen) = Told::willing();
    kafka.publish(&[event(customer(0), 2)]).await;
    let consuming = Consuming::start(&kafka.config, quick(), handler);
    next_handled(&mut seen).await;
    println!("first delivery after a regular restart: {} ms", started.elapsed().as_millis());
    consuming.stop().await.unwrap();
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; proves nothing"]
async fn throughput() {
    const EVENTS: u32 = 20_000;
    const BATCH: u128 = 1_000;
    let kafka = Kafka::start().await;
    let started = Instant::now();
    for batch in 0..u128::from(EVENTS) / BATCH {
        // As the relay does it: many customers, one event each.
        let events: Vec<_> =
            (0..BATCH).map(|number| event(customer(number), u64::try_from(batch).unwrap() + 1)).collect();
        kafka.publish(&events).await;
    }
    println!("published in batches of {BATCH}: {:.0}/s", f64::from(EVENTS) / started.elapsed().as_secs_f64());

    let (handler, mut seen) = Told::willing();
    let consuming = Consuming::start(&kafka.config, ConsumerSettings::default(), handler);
    next_handled(&mut seen).await;
    let started = Instant::now();
    for _ in 1..EVENTS {
        next_handled(&mut seen).await;
    }
    println!("consumed: {:.0}/s", f64::from(EVENTS) / started.elapsed().as_secs_f64());
    consuming.stop().await.unwrap();

    let publisher = EventPublisher::new(kafka.config.clone());
    let started = Instant::now();
    for sequence in 1..=500 {
        publisher.publish(&event(customer(0), sequence)).await.unwrap();
    }
    println!("published one after the other: {:.0}/s", 500.0 / started.elapsed().as_secs_f64());
    drop(publisher);
    kafka.stop().await;
}

/// One event of each type.
fn one_of_each(sequence: u64) -> Vec<Envelope> {
    let data = [
        EventData::UserInfoSubmitted(UserInfo::default()),
        EventData::DocumentsProcessed(DocumentsProcessed::default()),
        EventData::KycVerified(KycVerified {
            status: KycStatus::Approved,
            risk_level: RiskLevel::Low,
            checks: Vec::new(),
            list_version: String::new(),
            rules_version: String::new(),
        }),
        EventData::PolicyRecommended(PolicyRecommended::default()),
        event(customer(0), 1).data,
    ];
    data.into_iter().map(|data| Envelope { data, ..event(customer(0), sequence) }).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; proves nothing"]
async fn start_of_everything() {
    let directory = tempfile::tempdir().unwrap();
    for (sequence, what) in [(1, "the first start"), (2, "a restart")] {
        let started = Instant::now();
        let stack = Stack::start(directory.path()).await.unwrap();
        println!("{what}: the stack answers after {} ms", started.elapsed().as_millis());
        let config = KafkaConfig::embedded(&stack.kafka_bootstrap);
        let publisher = EventPublisher::new(config.clone());
        publisher.ping().await.unwrap();
        ensure_topics(&config, 1).await.unwrap();
        println!("{what}: the topics are there after {} ms", started.elapsed().as_millis());
        let stop = CancellationToken::new();
        let (handler, mut seen) = Told::willing();
        let handler = Arc::new(handler);
        let running: Vec<_> = EventType::ALL
            .into_iter()
            .map(|event_type| {
                tokio::spawn(run_with(config.clone(), quick(), event_type, Arc::clone(&handler), stop.clone()))
            })
            .collect();
        let events = one_of_each(sequence);
        for published in publisher.publish_batch(&events).await {
            published.unwrap();
        }
        println!("{what}: an event of five types each is published after {} ms", started.elapsed().as_millis());
        for _ in &events {
            next_handled(&mut seen).await;
        }
        println!("{what}: all are handled after {} ms", started.elapsed().as_millis());
        stop.cancel();
        for consumer in running {
            consumer.await.unwrap().unwrap();
        }
        publisher.flush(LIMIT).await.unwrap();
        let stopping = Instant::now();
        stack.stop().await;
        println!("{what}: the stack is stopped {} ms later", stopping.elapsed().as_millis());
    }
}

/// The processor time that this process has used, in seconds. Linux.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // User and system time, counted in hundredths of a second, after the name in brackets.
    let ticks = stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2);
    ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; proves nothing"]
async fn idling() {
    const PERIOD: Duration = Duration::from_secs(8);
    let kafka = Kafka::start().await;
    let stop = CancellationToken::new();
    let (handler, mut seen) = Told::willing();
    let handler = Arc::new(handler);
    for event_type in EventType::ALL {
        tokio::spawn(run_with(kafka.config.clone(), quick(), event_type, Arc::clone(&handler), stop.clone()));
    }
    let events = one_of_each(1);
    kafka.publish(&events).await;
    for _ in &events {
        next_handled(&mut seen).await;
    }
    let before = processor_time();
    tokio::time::sleep(PERIOD).await;
    let used = (processor_time() - before) / PERIOD.as_secs_f64();
    println!("six idle consumers and the broker: {:.0} % of a core", used * 100.0);
    stop.cancel();
    // Gone when the last consumer is.
    drop(handler);
    while seen.recv().await.is_some() {}
    kafka.stop().await;
}
