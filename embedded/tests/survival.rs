//! Acknowledged data survives a restart and a crash.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use embedded::{EmbeddedError, Stack};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};

const TOPIC: &str = "things";
const GROUP: &str = "readers";
const TABLE: &str = "things";
const LIMIT: Duration = Duration::from_secs(20);
/// The environment variable with the directory of the child process.
const CHILD_DIRECTORY: &str = "EMBEDDED_TEST_DIRECTORY";

fn kafka(stack: &Stack) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &stack.kafka_bootstrap)
        .set("enable.idempotence", "true")
        .set("group.id", GROUP)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("fetch.wait.max.ms", "10");
    config
}

fn dynamodb(stack: &Stack) -> Client {
    let key = stack.dynamodb_credentials.clone();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&stack.dynamodb_endpoint)
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new(key.access_key_id, key.secret_access_key, None, None, "test"))
        .build();
    Client::from_conf(config)
}

async fn create(stack: &Stack) {
    let admin: AdminClient<DefaultClientContext> = kafka(stack).create().unwrap();
    let topic = NewTopic::new(TOPIC, 3, TopicReplication::Fixed(1)).set("retention.ms", "86400000");
    for created in admin.create_topics(&[topic], &AdminOptions::new()).await.unwrap() {
        created.unwrap();
    }
    dynamodb(stack)
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build().unwrap())
        .attribute_definitions(
            AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::N).build().unwrap(),
        )
        .send()
        .await
        .unwrap();
}

async fn write(producer: &FutureProducer, tables: &Client, number: u64) {
    let text = number.to_string();
    producer.send(FutureRecord::to(TOPIC).key(&text).payload(&text), LIMIT).await.map_err(|(error, _)| error).unwrap();
    tables.put_item().table_name(TABLE).item("id", AttributeValue::N(text)).send().await.unwrap();
}

/// Number of occurrences of each number in the topic, read from the start without a group.
fn messages(stack: &Stack, at_least: usize) -> HashMap<u64, usize> {
    let consumer: BaseConsumer = kafka(stack).create().unwrap();
    let mut all = TopicPartitionList::new();
    for partition in 0..3 {
        all.add_partition_offset(TOPIC, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&all).unwrap();
    let mut found = HashMap::new();
    let deadline = Instant::now() + LIMIT;
    while found.len() < at_least && Instant::now() < deadline {
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) {
            let number = std::str::from_utf8(message.payload().unwrap()).unwrap().parse().unwrap();
            *found.entry(number).or_insert(0) += 1;
        }
    }
    found
}

async fn items(tables: &Client) -> Vec<u64> {
    let mut pages = tables.scan().table_name(TABLE).into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(item) = pages.next().await {
        found.push(item.unwrap()["id"].as_n().unwrap().parse().unwrap());
    }
    found.sort_unstable();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_messages_offsets_and_tables_survive_a_restart() {
    let parent = tempfile::tempdir().unwrap();
    // A path that needs escapes in a URL.
    let directory = parent.path().join("my data");
    let stack = Stack::start(&directory).await.unwrap();
    create(&stack).await;
    let producer: FutureProducer = kafka(&stack).create().unwrap();
    let tables = dynamodb(&stack);
    for number in 0..20 {
        write(&producer, &tables, number).await;
    }
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(TOPIC, 1, Offset::Offset(3)).unwrap();
    {
        let consumer: BaseConsumer = kafka(&stack).create().unwrap();
        consumer.commit(&offsets, CommitMode::Sync).unwrap();
    }
    drop(producer);
    stack.stop().await;
    assert!(directory.join("kafka.db").is_file() && directory.join("dynamodb.db").is_file());

    let stack = Stack::start(&directory).await.unwrap();
    let found = messages(&stack, 20);
    assert_eq!(found, (0..20).map(|number| (number, 1)).collect());
    assert_eq!(items(&dynamodb(&stack)).await, (0..20).collect::<Vec<_>>());
    let consumer: BaseConsumer = kafka(&stack).create().unwrap();
    let mut asked = TopicPartitionList::new();
    asked.add_partition(TOPIC, 1);
    let committed = consumer.committed_offsets(asked, LIMIT).unwrap();
    assert_eq!(committed.elements()[0].offset(), Offset::Offset(3));
    let metadata = consumer.fetch_metadata(Some(TOPIC), LIMIT).unwrap();
    assert_eq!(metadata.topics()[0].partitions().len(), 3);
    drop(consumer);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_data_survives_sigkill() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_writes_until_killed", "--ignored", "--nocapture"])
        .env(CHILD_DIRECTORY, directory.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut acknowledged = None;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        if let Some(number) = line.unwrap().strip_prefix("acknowledged ") {
            acknowledged = Some(number.parse::<u64>().unwrap());
            if acknowledged >= Some(100) {
                break;
            }
        }
    }
    // Kills the child while it writes. On Unix this is SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    let last = acknowledged.expect("the child wrote nothing");
    assert!(last >= 100);

    let stack = Stack::start(directory.path()).await.unwrap();
    let found = messages(&stack, usize::try_from(last).unwrap() + 1);
    let kept = items(&dynamodb(&stack)).await;
    for number in 0..=last {
        assert_eq!(found.get(&number), Some(&1), "message {number}");
        assert!(kept.binary_search(&number).is_ok(), "item {number}");
    }
    // It accepts further data.
    let producer: FutureProducer = kafka(&stack).create().unwrap();
    write(&producer, &dynamodb(&stack), 1_000_000).await;
    drop(producer);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the child process of acknowledged_data_survives_sigkill"]
async fn child_that_writes_until_killed() {
    let Ok(directory) = std::env::var(CHILD_DIRECTORY) else { return };
    let stack = Stack::start(Path::new(&directory)).await.unwrap();
    create(&stack).await;
    let producer: FutureProducer = kafka(&stack).create().unwrap();
    let tables = dynamodb(&stack);
    for number in 0..u64::MAX {
        write(&producer, &tables, number).await;
        // Writes directly, because the test harness captures standard output.
        writeln!(std::io::stdout().lock(), "acknowledged {number}").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn directory_in_use_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let first = Stack::start(directory.path()).await.unwrap();
    match Stack::start(directory.path()).await {
        Err(EmbeddedError::InUse(path)) => assert_eq!(path, directory.path()),
        other => panic!("expected the directory to be in use, not {other:?}"),
    }
    first.stop().await;
    Stack::start(directory.path()).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn error_names_a_directory_that_cannot_be_created() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Stack::start(&file.join("below")).await.unwrap_err();
    assert!(matches!(error, EmbeddedError::Directory { .. }), "{error:?}");
    assert!(error.to_string().contains("below"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn corrupt_file_is_an_error_and_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("dynamodb.db"), "this is not a database, it only looks like a file").unwrap();
    let error = Stack::start(directory.path()).await.unwrap_err();
    assert!(matches!(error, EmbeddedError::Dynamodb(_)), "{error:?}");
}
