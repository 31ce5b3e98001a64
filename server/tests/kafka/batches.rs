//! Batches as other clients write them, on librdkafka's mock brokers, which keep them as they were sent. The embedded
//! broker unpacks them.

use std::collections::BTreeSet;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};
use server::kafka::{KafkaConfig, PARTITIONS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::support::{
    Consuming, EVENT_TYPE, LIMIT, Recorder, Seen, customer, event, next_handled, publish_all, publisher, quick,
};

fn brokers() -> (MockCluster<'static, DefaultProducerContext>, KafkaConfig) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(EVENT_TYPE.topic(), PARTITIONS, 1).unwrap();
    let config = KafkaConfig { brokers: cluster.bootstrap_servers(), ..KafkaConfig::default() };
    (cluster, config)
}

/// All compression types of Kafka (KIP-110 and before).
#[tokio::test(flavor = "multi_thread")]
async fn batches_of_every_codec_are_handled() {
    let (_cluster, config) = brokers();
    let codecs = ["none", "gzip", "snappy", "lz4", "zstd"];
    let mut sent = BTreeSet::new();
    for (number, codec) in codecs.into_iter().enumerate() {
        // The batch waits for all of its messages, so that there is something to compress.
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &config.brokers).set("compression.type", codec).set("linger.ms", "500");
        let producer: FutureProducer = client.create().unwrap();
        let customer = customer(number as u128);
        let events: Vec<String> =
            (1..=20).map(|sequence| serde_json::to_string(&event(customer, sequence)).unwrap()).collect();
        let key = customer.to_string();
        let sending = events.iter().map(|text| {
            producer.send(FutureRecord::to(EVENT_TYPE.topic()).key(&key).payload(text).partition(0), LIMIT)
        });
        for delivery in futures::future::join_all(sending).await {
            delivery.map_err(|(error, _)| error).unwrap();
        }
        sent.extend((1..=20).map(|sequence| (customer, sequence)));
    }
    let (handler, mut seen) = Recorder::succeeding();
    let consuming = Consuming::start(&config, quick(), handler);
    let mut handled = BTreeSet::new();
    while handled.len() < sent.len() {
        handled.insert(next_handled(&mut seen).await);
    }
    assert_eq!(handled, sent);
    assert_eq!(consuming.health.incidents(), [""; 0]);
    consuming.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_batch_is_an_incident_and_only_its_partition_waits() {
    let (_cluster, config) = brokers();
    let publisher = publisher(&config);
    let customers: Vec<Uuid> = (0..9).map(customer).collect();
    let first: Vec<_> = customers.iter().map(|customer| event(*customer, 1)).collect();
    let partitions: Vec<i32> =
        publish_all(&publisher, &first).await.into_iter().map(|delivery| delivery.partition).collect();
    let unreadable = partitions[0];
    assert_ne!(partitions, vec![unreadable; 9], "customers in several partitions");
    append(&config.brokers, unreadable, &batch_of_unknown_codec()).await;
    publish_all(&publisher, &customers.iter().map(|customer| event(*customer, 2)).collect::<Vec<_>>()).await;

    let (handler, mut seen) = Recorder::succeeding();
    let consuming = Consuming::start(&config, quick(), handler);
    let behind =
        |customer: &Uuid| partitions[customers.iter().position(|known| known == customer).unwrap()] == unreadable;
    let readable: BTreeSet<(Uuid, u64)> = customers
        .iter()
        .flat_map(|customer| [(*customer, 1), (*customer, 2)])
        .filter(|(customer, sequence)| *sequence == 1 || !behind(customer))
        .collect();
    let mut handled = BTreeSet::new();
    while handled.len() < readable.len() {
        handled.insert(next_handled(&mut seen).await);
    }
    assert_eq!(handled, readable);

    let known = async {
        while consuming.health.incidents() != ["unreadable"] {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LIMIT, known).await.expect("the unreadable batch is not known");
    // Events of other partitions do not end the incident.
    let other = customers.iter().find(|customer| !behind(customer)).unwrap();
    publish_all(&publisher, &[event(*other, 3)]).await;
    assert_eq!(next_handled(&mut seen).await, (*other, 3));
    assert_eq!(consuming.health.incidents(), ["unreadable"]);
    consuming.stop().await.unwrap();
    while let Ok(call) = seen.try_recv() {
        assert!(!matches!(call, Seen::Handled(customer, 2) if behind(&customer)), "passed the batch: {call:?}");
    }
}

/// A batch (record batch of version 2) whose attributes name codec 7, which does not exist.
fn batch_of_unknown_codec() -> Vec<u8> {
    let content = b"packed by a codec of the future";
    let after_length = 49 + i32::try_from(content.len()).unwrap();
    let mut batch = Vec::new();
    batch.extend(0_i64.to_be_bytes()); // base offset, which the broker sets
    batch.extend(after_length.to_be_bytes());
    batch.extend(0_i32.to_be_bytes()); // leader epoch
    batch.push(2); // version
    batch.extend(0_u32.to_be_bytes()); // checksum, which consumers do not check by default
    batch.extend(7_i16.to_be_bytes()); // attributes
    batch.extend(0_i32.to_be_bytes()); // last offset, relative
    batch.extend(0_i64.to_be_bytes()); // first and last time
    batch.extend(0_i64.to_be_bytes());
    batch.extend((-1_i64).to_be_bytes()); // producer, epoch and sequence: none
    batch.extend((-1_i16).to_be_bytes());
    batch.extend((-1_i32).to_be_bytes());
    batch.extend(1_i32.to_be_bytes()); // messages
    batch.extend(content);
    batch
}

/// Appends a batch to a partition of the topic by a `Produce` request, version 7. Clients refuse to send such a batch.
async fn append(broker: &str, partition: i32, batch: &[u8]) {
    let text = |text: &str| [&i16::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat();
    let topic = EVENT_TYPE.topic();
    let mut request = Vec::new();
    request.extend(0_i16.to_be_bytes()); // Produce
    request.extend(7_i16.to_be_bytes());
    request.extend(1_i32.to_be_bytes()); // correlation
    request.extend(text("test"));
    request.extend((-1_i16).to_be_bytes()); // no transaction
    request.extend(1_i16.to_be_bytes()); // acknowledged by the leader
    request.extend(5_000_i32.to_be_bytes());
    request.extend(1_i32.to_be_bytes()); // topics
    request.extend(text(topic));
    request.extend(1_i32.to_be_bytes()); // partitions
    request.extend(partition.to_be_bytes());
    request.extend(i32::try_from(batch.len()).unwrap().to_be_bytes());
    request.extend(batch);

    let mut connection = TcpStream::connect(broker).await.unwrap();
    connection.write_i32(i32::try_from(request.len()).unwrap()).await.unwrap();
    connection.write_all(&request).await.unwrap();
    let length = usize::try_from(connection.read_i32().await.unwrap()).unwrap();
    let mut answer = vec![0; length];
    connection.read_exact(&mut answer).await.unwrap();
    // Correlation, topics, the topic's name, partitions, the partition.
    let at = 4 + 4 + 2 + topic.len() + 4 + 4;
    assert_eq!(answer[at..at + 2], [0, 0], "the broker took the batch");
}
