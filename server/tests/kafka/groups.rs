//! Consumer groups: rebalances, crashed consumers and static members.

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

/// The variable with the broker's address for the child process.
const CHILD_BROKER: &str = "KAFKA_TEST_BROKER";
/// The variable with the prefix of topics and groups for the child process.
const CHILD_PREFIX: &str = "KAFKA_TEST_PREFIX";
/// The variable with a data folder. The child process then runs its own broker there.
const CHILD_DIRECTORY: &str = "KAFKA_TEST_DIRECTORY";
/// The session timeout of the embedded broker's consumers, after which the group removes a dead member.
const SESSION: Duration = Duration::from_secs(6);

/// Starts this test program as a child process, which consumes and blocks at one event.
fn child(variables: &[(&str, &OsStr)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "groups::child_that_consumes_until_killed", "--ignored", "--nocapture"])
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The events that the child handled once there are `count` of them and the child blocks at its last event.
fn handled_by(child: &mut Child, count: usize) -> BTreeMap<Uuid, Vec<u64>> {
    let mut handled: BTreeMap<Uuid, Vec<u64>> = BTreeMap::new();
    let mut blocked = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["handled", customer, sequence] => {
                handled.entry(customer.parse().unwrap()).or_default().push(sequence.parse().unwrap());
            }
            ["blocked"] => blocked = true,
            _ => {}
        }
        if blocked && handled.values().map(Vec::len).sum::<usize>() >= count {
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
            writeln!(std::io::stdout().lock(), "blocked").unwrap();
            std::future::pending::<()>().await;
        }
        Ok(())
    });
    let _consuming = Consuming::start(&config, quick(), handler);
    while let Some(call) = seen.recv().await {
        if let Seen::Handled(customer, sequence) = call {
            // Not `println!`, whose output the test harness would capture.
            writeln!(std::io::stdout().lock(), "handled {customer} {sequence}").unwrap();
        }
    }
}

/// Consumes after a crash until all of [`events`]`(4, 20)` were handled, before the crash or after it. Asserts that no
/// event is lost and that the order is kept.
async fn assert_resumes(config: &KafkaConfig, before: &BTreeMap<Uuid, Vec<u64>>, died: Instant) {
    let (handler, mut seen) = Recorder::succeeding();
    let consuming = Consuming::start(config, quick(), handler);
    let first = next_handled(&mut seen).await;
    let pause = died.elapsed();
    println!("first delivery after the crash: {} ms", pause.as_millis());
    assert!(pause < SESSION, "waited for the dead consumer's session timeout: {pause:?}");

    let mut after: BTreeMap<Uuid, Vec<u64>> = BTreeMap::from([(first.0, vec![first.1])]);
    // Customer 0's last event comes after every repeated one.
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
async fn killed_consumer_is_replaced_before_its_session_timeout_and_loses_no_event() {
    let kafka = Kafka::start().await;
    kafka.publish(&events(4, 20)).await;
    let mut child =
        child(&[(CHILD_BROKER, kafka.config.brokers.as_ref()), (CHILD_PREFIX, kafka.config.prefix.as_ref())]);
    let (mut child, before) = tokio::task::spawn_blocking(move || {
        // All events except those behind the blocked one.
        let handled = handled_by(&mut child, 4 + 3 * 20);
        (child, handled)
    })
    .await
    .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_resumes(&kafka.config, &before, Instant::now()).await;
    kafka.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn process_killed_with_its_broker_resumes_and_loses_no_event() {
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
    assert_resumes(&KafkaConfig::embedded(&stack.kafka_bootstrap), &before, died).await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rebalances_of_static_members_lose_no_event() {
    // The group keeps a static member's partitions until its session timeout. The other member waits for that.
    join_and_leave([Some("first"), Some("second")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rebalances_of_dynamic_members_lose_no_event() {
    join_and_leave([None, None]).await;
}

/// During publication a second consumer joins and takes its share, and the first leaves. Asserts that every event is
/// handled in order.
async fn join_and_leave(names: [Option<&str>; 2]) {
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
    // Until the second consumer has its share.
    while by_second < 10 {
        rounds += 1;
        let round: Vec<_> = (0..20).map(|number| event(customer(number), rounds)).collect();
        kafka.publish(&round).await;
        if rounds == 3 {
            joined = handlers.take().map(|handler| Consuming::start(&second, quick(), handler));
        }
        while found.values().filter(|sequences| sequences.last() == Some(&rounds)).count() < 20 {
            let call = tokio::select! {
                call = next(&mut first_seen) => call,
                call = next(&mut second_seen) => {
                    by_second += 1;
                    call
                }
            };
            record_first(&mut found, &call);
        }
    }
    // The first consumer leaves while events are delivered.
    let last = rounds + 1;
    let round: Vec<_> = (0..20).map(|number| event(customer(number), last)).collect();
    kafka.publish(&round).await;
    let leaving = tokio::spawn(first.stop());
    while found.values().filter(|sequences| sequences.last() == Some(&last)).count() < 20 {
        // The first consumer's channel closes when it has left.
        let call = tokio::select! {
            Some(call) = first_seen.recv() => call,
            call = next(&mut second_seen) => call,
        };
        record_first(&mut found, &call);
    }
    leaving.await.unwrap().unwrap();
    joined.unwrap().stop().await.unwrap();
    for (customer, sequences) in found {
        assert_eq!(sequences, (1..=last).collect::<Vec<_>>(), "{customer}");
    }
    kafka.stop().await;
}

/// Records a handled event, unless it was handled before.
fn record_first(found: &mut BTreeMap<Uuid, Vec<u64>>, call: &Seen) {
    if let Seen::Handled(customer, sequence) = call {
        let sequences = found.entry(*customer).or_default();
        if !sequences.contains(sequence) {
            sequences.push(*sequence);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn second_consumer_with_the_same_instance_id_ends_the_first() {
    let kafka = Kafka::start().await;
    // The embedded broker of a program has no other clients, so its consumers never give up their name.
    let config = KafkaConfig { embedded: false, ..kafka.config.clone() };
    kafka.publish(&[event(customer(1), 1)]).await;
    let (handler, mut seen) = Recorder::succeeding();
    let first = Consuming::start(&config, quick(), handler);
    assert_eq!(next_handled(&mut seen).await, (customer(1), 1));
    let (handler, mut seen) = Recorder::succeeding();
    let second = Consuming::start(&config, quick(), handler);
    match first.ended().await {
        Err(ConsumerError::Fatal { topic, .. }) => assert_eq!(topic, EVENT_TYPE.topic()),
        other => panic!("expected a fatal error of the first, not {other:?}"),
    }
    kafka.publish(&[event(customer(1), 2)]).await;
    while next_handled(&mut seen).await != (customer(1), 2) {}
    second.stop().await.unwrap();
    kafka.stop().await;
}
