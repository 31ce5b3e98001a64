//! A fetch that waits at the end of its partitions ends with the next write.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use embedded::Stack;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};

const PARTITIONS: i32 = 3;
/// Less than the wait of the fetches, so that the test fails if a fetch looks again only at its end or in its middle.
const LIMIT: Duration = Duration::from_secs(20);
const FETCH_WAIT_MS: &str = "100000";

fn kafka(stack: &Stack) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &stack.kafka_bootstrap)
        .set("group.id", "readers")
        .set("enable.auto.commit", "false")
        .set("fetch.wait.max.ms", FETCH_WAIT_MS);
    config
}

async fn create(stack: &Stack, topic: &str) {
    let admin: AdminClient<DefaultClientContext> = kafka(stack).create().unwrap();
    let topic = NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(1));
    for created in admin.create_topics(&[topic], &AdminOptions::new()).await.unwrap() {
        created.unwrap();
    }
}

/// A consumer that reads all partitions from their beginning.
fn consumer(stack: &Stack, topic: &str) -> BaseConsumer {
    let consumer: BaseConsumer = kafka(stack).create().unwrap();
    let mut partitions = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        partitions.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&partitions).unwrap();
    consumer
}

async fn write(producer: &FutureProducer, topic: &str, partition: i32, payload: &str) {
    let record = FutureRecord::<str, str>::to(topic).partition(partition).payload(payload);
    producer.send(record, LIMIT).await.map_err(|(error, _)| error).unwrap();
}

fn next(consumer: &BaseConsumer) -> String {
    let message = consumer.poll(LIMIT).expect("the waiting fetch did not end with the write").unwrap();
    String::from_utf8(message.payload().unwrap().to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_fetch_ends_with_a_write_to_any_of_its_partitions() {
    let directory = tempfile::tempdir().unwrap();
    let stack = Stack::start(directory.path()).await.unwrap();
    create(&stack, "things").await;
    create(&stack, "others").await;
    let producer: FutureProducer = kafka(&stack).create().unwrap();
    for partition in 0..PARTITIONS {
        write(&producer, "things", partition, "earlier").await;
    }
    // Read to the end first: a client fetches a partition only after it looked up its offset.
    let consumer = consumer(&stack, "things");
    for _ in 0..PARTITIONS {
        assert_eq!(next(&consumer), "earlier");
    }
    for (number, partition) in [0, 2, 1, 1, 0].into_iter().enumerate() {
        // A write to another topic wakes the fetch too, which must then go on waiting.
        write(&producer, "others", partition, "another").await;
        write(&producer, "things", partition, &number.to_string()).await;
        assert_eq!(next(&consumer), number.to_string());
    }
    drop(consumer);
    stack.stop().await;
}
