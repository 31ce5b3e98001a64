//! Several consumers, and consumers that die.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use embedded::Stack;
use server::kafka::{ConsumerError, KafkaConfig, ensure_topics};
use uuid::Uuid;

use crate::stack::kafka_at;
use crate::support::{
    Consuming, EVENT_TYPE, Kafka, LIMIT, Recorder, Seen, customer, event, events, next, next_handled, publish_all,
    publisher, quick,
};

/// Tells the child process where the broker is.
const CHILD_BROKER: &str = "KAFKA_TEST_BROKER";
/// Tells the child process what topics and groups begin with there.
const CHILD_PREFIX: &str = "KAFKA_TEST_PREFIX";
/// Tells the child process to run a broker itself, with its data here.
const CHILD_DIRECTORY: &str = "KAFKA_TEST_DIRECTORY";
/// When the group would give a dead member up: the session time-out of the embedded broker's consumers.
const SESSION: Duration = Duration::from_secs(6);

/// Starts this test program again, as a consumer that stops at one event for ever.
fn child(variables: &[(&str, &OsStr)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "groups::child_that_consumes_until_killed", "--ignored", "--nocapture"])
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What the child handled until it had handled `count` and is at work on the event at which it stops.
fn handled_by(child: &mut Child, count: usize) -> BTreeMap<Uuid, Vec<u64>> {
    let mut handled: BTreeMap<Uuid, Vec<u64>> = BTreeMap::new();
    let mut stopped = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["handled", customer, sequence] => {
                handled.entry(customer.parse().unwrap()).or_default().push(sequence.parse().unwrap());
            }
            ["stopped"] => stopped = true,
            _ => {}
        }
        if stopped && handled.values().map(Vec::len).sum::<usize>() >= count {
            return handled;
        }
    }
    panic!("the child ended early, after {handled:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the child process of the tests here"]
async fn child_that_consumes_until_killed() {
    let (config, _stack) = if let Ok(broker) = std::env::var(CHILD_BROKER) {
        (kafka_at(broker, std::env::var(CHILD_PREFIX).unwrap()), None)
    } else if let Ok(directory) = std::env::var(CHILD_DIRECTORY) {
        let stack = Stack::start(Path::new(&directory)).await.unwrap();
        (KafkaConfig::embedded(&stack.kafka_bootstrap), Some(stack))
    } else {
        return;
    };
    let (handler, mut seen) = Recorder::new(|customer_id, sequence| async move {
        if (customer_id, sequence) == (customer(0), 5) {
            writeln!(std::io::stdout().lock(), "stopped").unwrap();
            std::future::pending::<()>().await;
        }
        Ok(())
    });
    let _consuming = Consuming::start(&config, quick(), handler);
    while let Some(thing) = seen.recv().await {
        if let Seen::Handled(customer, sequence) = thing {
            // Past the test harness, which would hold the line back.
            writeln!(std::io::stdout().lock(), "handled {customer} {sequence}").unwrap();
        }
    }
}

/// Reads on after a death until everything of [`events`]`(4, 20)` was handled, before it or now, and checks the order.
async fn takes_up_where_it_was(config: &KafkaConfig, before: &BTreeMap<Uuid, Vec<u64>>, died: Instant) {
    let (handler, mut seen) = Recorder::succeeding();
    let consuming = Consuming::start(config, quick(), handler);
    let first = next_handled(&mut seen).await;
    let pause = died.elapsed();
    println!("first delivery after the death: {} ms", pause.as_millis());
    assert!(pause < SESSION, "the dead consumer's session was waited for: {pause:?}");

    let mut after: BTreeMap<Uuid, Vec<u64>> = BTreeMap::from([(first.0, vec![first.1])]);
    // What was not handled must come; it comes after anything that comes again.
    while after.get(&customer(0)).and_then(|sequences| sequences.last()) != Some(&20) {
        let (customer, sequence) = next_handled(&mut seen).await;
        after.entry(customer).or_default().push(sequence);
    }
    for number in 0..4 {
        let before = before.get(&customer(number)).cloned().unwrap_or_default();
        assert_eq!(before, (1..=before.len() as u64).collect::<Vec<_>>());
        let after = after.get(&customer(number)).cloned().unwrap_or_default();
        let from = after.first().copied().unwrap_or(before.len() as u64 + 1);
        assert!(from <= before.len() as u64 + 1, "customer {number}: {} to {from} lost", before.len());
        assert!(after.iter().copied().eq(from..from + after.len() as u64), "customer {number}: {after:?}");
    }
    assert_eq!(before[&customer(0)], [1, 2, 3, 4]);
    consuming.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_was_killed_is_replaced_at_once_and_nothing_is_lost() {
    let kafka = Kafka::start().await;
    kafka.publish(&events(4, 20)).await;
    let mut child =
        child(&[(CHILD_BROKER, kafka.config.brokers.as_ref()), (CHILD_PREFIX, kafka.config.prefix.as_ref())]);
    let (mut child, before) = tokio::task::spawn_blocking(move || {
        // All but those that wait behind the one at work.
        let handled = handled_by(&mut child, 4 + 3 * 20);
        (child, handled)
    })
    .await
    .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    takes_up_where_it_was(&kafka.config, &before, Instant::now()).await;
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_killed_with_its_broker_takes_up_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let stack = Stack::start(directory.path()).await.unwrap();
    let config = KafkaConfig::embedded(&stack.kafka_bootstrap);
    ensure_topics(&config, 1).await.unwrap();
    let publisher = publisher(&config);
    publish_all(&publisher, &events(4, 20)).await;
    publisher.flush(LIMIT).await.unwrap();
    stack.stop().await;

    let mut child = child(&[(CHILD_DIRECTORY, directory.path().as_os_str())]);
    let (mut child, before) = tokio::task::spawn_blocking(move || {
        let handled = handled_by(&mut child, 4 + 3 * 20);
        (child, handled)
    })
    .await
    .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let died = Instant::now();
    let stack = Stack::start(directory.path()).await.unwrap();
    takes_up_where_it_was(&KafkaConfig::embedded(&stack.kafka_bootstrap), &before, died).await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn named_consumers_that_come_and_go_lose_nothing() {
    // The one that stays waits for the other's session to end, since a name is kept for the next of its name.
    come_and_go([Some("first"), Some("second")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nameless_consumers_that_come_and_go_lose_nothing() {
    come_and_go([None, None]).await;
}

/// A second consumer joins, takes its share, and the first leaves, all while events come.
async fn come_and_go(names: [Option<&str>; 2]) {
    let kafka = Kafka::start().await;
    let [first, second] =
        names.map(|name| KafkaConfig { instance_id: name.map(str::to_owned), ..kafka.config.clone() });
    let (first_handler, mut first_seen) = Recorder::succeeding();
    let (second_handler, mut second_seen) = Recorder::succeeding();
    let first = Consuming::start(&first, quick(), first_handler);
    let mut joined = None;
    let mut handlers = Some(second_handler);
    let mut found: BTreeMap<Uuid, Vec<u64>> = BTreeMap::new();
    let (mut by_second, mut rounds) = (0, 0);
    // Until the second has its share.
    while by_second < 10 {
        rounds += 1;
        let round: Vec<_> = (0..20).map(|number| event(customer(number), rounds)).collect();
        kafka.publish(&round).await;
        if rounds == 3 {
            joined = handlers.take().map(|handler| Consuming::start(&second, quick(), handler));
        }
        while found.values().filter(|sequences| sequences.last() == Some(&rounds)).count() < 20 {
            let thing = tokio::select! {
                thing = next(&mut first_seen) => thing,
                thing = next(&mut second_seen) => {
                    by_second += 1;
                    thing
                }
            };
            note(&mut found, &thing);
        }
    }
    // One leaves while there is work.
    let last = rounds + 1;
    let round: Vec<_> = (0..20).map(|number| event(customer(number), last)).collect();
    kafka.publish(&round).await;
    let leaving = tokio::spawn(first.stop());
    while found.values().filter(|sequences| sequences.last() == Some(&last)).count() < 20 {
        // The first tells nothing more once it has left.
        let thing = tokio::select! {
            Some(thing) = first_seen.recv() => thing,
            thing = next(&mut second_seen) => thing,
        };
        note(&mut found, &thing);
    }
    leaving.await.unwrap().unwrap();
    joined.unwrap().stop().await.unwrap();
    for (customer, sequences) in found {
        assert_eq!(sequences, (1..=last).collect::<Vec<_>>(), "{customer}");
    }
    kafka.stop().await;
}

/// Keeps what was handled for the first time; what comes again is no news.
fn note(found: &mut BTreeMap<Uuid, Vec<u64>>, thing: &Seen) {
    if let Seen::Handled(customer, sequence) = thing {
        let sequences = found.entry(*customer).or_default();
        if !sequences.contains(sequence) {
            sequences.push(*sequence);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_of_one_name_are_noticed() {
    let kafka = Kafka::start().await;
    kafka.publish(&[event(customer(1), 1)]).await;
    let (handler, mut seen) = Recorder::succeeding();
    let first = Consuming::start(&kafka.config, quick(), handler);
    assert_eq!(next_handled(&mut seen).await, (customer(1), 1));
    let (handler, mut seen) = Recorder::succeeding();
    let second = Consuming::start(&kafka.config, quick(), handler);
    match first.ended().await {
        Err(ConsumerError::Fatal { topic, .. }) => assert_eq!(topic, EVENT_TYPE.topic()),
        other => panic!("expected the first to give up, not {other:?}"),
    }
    kafka.publish(&[event(customer(1), 2)]).await;
    while next_handled(&mut seen).await != (customer(1), 2) {}
    second.stop().await.unwrap();
    kafka.stop().await;
}
