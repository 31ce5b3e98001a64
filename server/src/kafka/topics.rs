//! The six topics: created where they are missing, compared where they exist, never changed.

use std::time::Duration;

use domain::event::EventType;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::error::KafkaError;
use rdkafka::metadata::Metadata;
use rdkafka::types::RDKafkaErrorCode;

use super::config::KafkaConfig;
use super::telemetry::Logging;

/// Partitions of every topic.
pub const PARTITIONS: i32 = 3;

/// The time limit of one request to the brokers.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// The time limit of the first request, for which the start of the program waits.
const ANSWER_FIRST_WITHIN: Duration = Duration::from_secs(5);

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The result for one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicReport {
    /// The type of event that the topic carries.
    pub event_type: EventType,
    /// Whether it existed.
    pub state: TopicState,
    /// Differences from the expected settings, one sentence each; also logged as warnings.
    pub differences: Vec<String>,
    /// Its retention in milliseconds, if it existed and the broker reports it.
    retention_ms: Option<u64>,
}

/// Whether a topic existed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicState {
    /// It was missing and is created.
    Created,
    /// It existed.
    Present,
}

/// Why the topics could not be created or compared.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// The brokers cannot be reached, or refuse the request.
    #[error("kafka topics cannot be queried: {0}")]
    Unreachable(#[source] KafkaError),
    /// One topic cannot be created.
    #[error("topic {topic} cannot be created: {code}")]
    Create {
        /// Its name.
        topic: String,
        /// The broker's error.
        code: RDKafkaErrorCode,
    },
}

/// Ensures that the six topics exist, each with [`PARTITIONS`] partitions, `replication` copies, its retention and
/// `cleanup.policy=delete`. Existing topics are compared; differences are reported, not changed.
///
/// # Errors
/// [`TopicError`]. It is no error that another instance creates the same topics concurrently.
pub async fn ensure_topics(config: &KafkaConfig, replication: i32) -> Result<Vec<TopicReport>, TopicError> {
    let client: AdminClient<Logging> = config.client().create_with_context(Logging).map_err(TopicError::Unreachable)?;
    // Fetching metadata blocks, so the client moves to a blocking thread and back.
    let (client, metadata) = tokio::task::spawn_blocking(move || {
        let metadata = client.inner().fetch_metadata(None, ANSWER_FIRST_WITHIN);
        (client, metadata)
    })
    .await
    .map_err(|_| TopicError::Unreachable(KafkaError::Canceled))?;
    let metadata = metadata.map_err(TopicError::Unreachable)?;

    let (present, missing): (Vec<_>, Vec<_>) =
        EventType::ALL.into_iter().partition(|event_type| partitions(&metadata, &config.topic(*event_type)).is_some());
    let created = create(&client, config, &missing, replication).await?;
    let mut reports = inspect(&client, config, &present, &metadata).await;
    reports.extend(created);
    reports.sort_by_key(|report| report.event_type);

    for report in &reports {
        let topic = config.topic(report.event_type);
        if report.state == TopicState::Created {
            tracing::info!(topic, partitions = PARTITIONS, replication, "topic created");
        }
        for difference in &report.differences {
            tracing::warn!(topic, difference, "kafka topic differs from its expected settings");
        }
    }
    Ok(reports)
}

/// The description of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDescription {
    /// The type of event that the topic carries.
    pub event_type: EventType,
    /// Its name on this cluster.
    pub name: String,
    /// Its partitions; empty where it does not exist.
    pub partitions: Vec<PartitionDescription>,
    /// Its retention in milliseconds, if the broker reports it.
    pub retention_ms: Option<u64>,
    /// Differences from the expected settings, one sentence each.
    pub differences: Vec<String>,
}

/// The description of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionDescription {
    /// Its number.
    pub partition: i32,
    /// The leading node; -1 where none leads.
    pub leader: i32,
    /// The number of replicas.
    pub replicas: usize,
    /// The number of in-sync replicas.
    pub in_sync: usize,
    /// The offset of the oldest message, and that of the next one; none where no node leads.
    pub offsets: Option<(i64, i64)>,
}

/// Describes the six topics, which should have `replication` copies, and changes nothing.
///
/// # Errors
/// [`TopicError::Unreachable`].
pub async fn describe_topics(config: &KafkaConfig, replication: i32) -> Result<Vec<TopicDescription>, TopicError> {
    let client: AdminClient<Logging> = config.client().create_with_context(Logging).map_err(TopicError::Unreachable)?;
    let names = EventType::ALL.map(|event_type| (event_type, config.topic(event_type)));
    // All of these calls block.
    let (client, metadata, found) = tokio::task::spawn_blocking(move || {
        let metadata = client.inner().fetch_metadata(None, ANSWER_WITHIN)?;
        let found = names.map(|(event_type, name)| {
            let partitions = metadata.topics().iter().find(|topic| topic.name() == name && topic.error().is_none());
            let partitions = partitions.map(|topic| topic.partitions()).unwrap_or_default();
            let mut partitions: Vec<_> = partitions
                .iter()
                .map(|partition| PartitionDescription {
                    partition: partition.id(),
                    leader: partition.leader(),
                    replicas: partition.replicas().len(),
                    in_sync: partition.isr().len(),
                    offsets: client.inner().fetch_watermarks(&name, partition.id(), ANSWER_WITHIN).ok(),
                })
                .collect();
            partitions.sort_by_key(|partition| partition.partition);
            (event_type, name, partitions)
        });
        Ok((client, metadata, found))
    })
    .await
    .map_err(|_| TopicError::Unreachable(KafkaError::Canceled))?
    .map_err(TopicError::Unreachable)?;

    let present: Vec<_> = found.iter().filter(|(_, _, p)| !p.is_empty()).map(|(event_type, ..)| *event_type).collect();
    let mut reports = inspect(&client, config, &present, &metadata).await;
    let mut described = Vec::new();
    for (event_type, name, partitions) in found {
        let report = reports.iter_mut().find(|report| report.event_type == event_type);
        let (retention_ms, mut differences) = match report {
            Some(report) => (report.retention_ms, std::mem::take(&mut report.differences)),
            None => (None, vec!["does not exist".to_owned()]),
        };
        for PartitionDescription { partition, leader, replicas, in_sync, .. } in &partitions {
            if usize::try_from(replication).is_ok_and(|wanted| *replicas != wanted) {
                differences.push(format!("partition {partition} has {replicas} copies instead of {replication}"));
            }
            if in_sync < replicas {
                differences.push(format!("partition {partition} has {in_sync} of {replicas} copies in sync"));
            }
            if *leader < 0 {
                differences.push(format!("partition {partition} has no leader"));
            }
        }
        described.push(TopicDescription { event_type, name, partitions, retention_ms, differences });
    }
    Ok(described)
}

async fn create(
    client: &AdminClient<Logging>,
    config: &KafkaConfig,
    missing: &[EventType],
    replication: i32,
) -> Result<Vec<TopicReport>, TopicError> {
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let retentions: Vec<String> = missing.iter().map(|event_type| retention_ms(*event_type).to_string()).collect();
    let names: Vec<String> = missing.iter().map(|event_type| config.topic(*event_type)).collect();
    let topics: Vec<NewTopic<'_>> = names
        .iter()
        .zip(&retentions)
        .map(|(name, retention)| {
            NewTopic::new(name, PARTITIONS, TopicReplication::Fixed(replication))
                .set("cleanup.policy", "delete")
                .set("retention.ms", retention)
        })
        .collect();
    let answers = client.create_topics(&topics, &options()).await.map_err(TopicError::Unreachable)?;
    let mut reports = Vec::new();
    for (event_type, topic) in missing.iter().zip(names) {
        // By name: the order of the answers is not specified.
        let failure = answers.iter().find_map(|answer| match answer {
            Err((name, code)) if *name == topic => Some(*code),
            _ => None,
        });
        let state = match failure {
            None => TopicState::Created,
            Some(RDKafkaErrorCode::TopicAlreadyExists) => TopicState::Present,
            Some(code) => return Err(TopicError::Create { topic, code }),
        };
        reports.push(TopicReport { event_type: *event_type, state, differences: Vec::new(), retention_ms: None });
    }
    Ok(reports)
}

async fn inspect(
    client: &AdminClient<Logging>,
    config: &KafkaConfig,
    present: &[EventType],
    metadata: &Metadata,
) -> Vec<TopicReport> {
    if present.is_empty() {
        return Vec::new();
    }
    let names: Vec<String> = present.iter().map(|event_type| config.topic(*event_type)).collect();
    let resources: Vec<_> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
    let described = client.describe_configs(&resources, &options()).await;
    present
        .iter()
        .zip(&names)
        .map(|(event_type, topic)| {
            let mut differences = Vec::new();
            let count = partitions(metadata, topic).unwrap_or_default();
            if count != PARTITIONS {
                differences.push(format!("has {count} partitions instead of {PARTITIONS}"));
            }
            let settings = described.as_ref().ok().and_then(|answers| {
                answers.iter().flatten().find(|answer| {
                    matches!(&answer.specifier,
                        rdkafka::admin::OwnedResourceSpecifier::Topic(name) if name == topic)
                })
            });
            let mut kept = None;
            match settings {
                Some(settings) => {
                    let value = |name| settings.get(name).and_then(|entry| entry.value.as_deref());
                    let retention = retention_ms(*event_type).to_string();
                    kept = value("retention.ms").and_then(|kept| kept.parse().ok());
                    compare(&mut differences, "retention.ms", value("retention.ms"), &retention);
                    compare(&mut differences, "cleanup.policy", value("cleanup.policy"), "delete");
                    let min_in_sync = value("min.insync.replicas").and_then(|number| number.parse().ok());
                    // The embedded broker is one process, and cannot have a second copy.
                    if let Some(min_in_sync) = min_in_sync.filter(|_| !config.embedded) {
                        differences.extend(spare_copies(copies(metadata, topic), min_in_sync));
                    }
                }
                // A broker may not support or allow the request; the program works all the same.
                None => differences.push("retention and cleanup not checked: the broker does not report them".into()),
            }
            TopicReport { event_type: *event_type, state: TopicState::Present, differences, retention_ms: kept }
        })
        .collect()
}

fn compare(differences: &mut Vec<String>, name: &str, found: Option<&str>, wanted: &str) {
    match found {
        Some(found) if found == wanted => {}
        Some(found) => differences.push(format!("has {name}={found} instead of {wanted}")),
        None => differences.push(format!("does not report {name}, which should be {wanted}")),
    }
}

/// The sentence about a topic that the loss of one broker stops. A producer waits for `min_in_sync` copies, so each
/// partition needs one copy more than that. Its value is the broker's default where the topic has none of its own.
fn spare_copies(copies: usize, min_in_sync: usize) -> Option<String> {
    (copies <= min_in_sync).then(|| {
        format!(
            "has {copies} copies and min.insync.replicas={min_in_sync}: while one broker is away, no event is \
             acknowledged; use at least {} copies",
            min_in_sync + 1
        )
    })
}

/// The least number of copies of a partition of the topic.
fn copies(metadata: &Metadata, topic: &str) -> usize {
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let partitions = found.map(|topic| topic.partitions()).unwrap_or_default();
    partitions.iter().map(|partition| partition.replicas().len()).min().unwrap_or_default()
}

/// How many partitions a topic has; none where it does not exist.
fn partitions(metadata: &Metadata, topic: &str) -> Option<i32> {
    let found = metadata.topics().iter().find(|found| found.name() == topic && found.error().is_none())?;
    i32::try_from(found.partitions().len()).ok().filter(|count| *count > 0)
}

fn retention_ms(event_type: EventType) -> u64 {
    u64::from(event_type.retention_days()) * DAY_MS
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(ANSWER_WITHIN)).operation_timeout(Some(ANSWER_WITHIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retention_is_in_milliseconds() {
        assert_eq!(retention_ms(EventType::KycVerified), 604_800_000);
        assert_eq!(retention_ms(EventType::WorkflowError), 2_592_000_000);
    }

    #[test]
    fn topic_that_one_broker_can_stop_is_reported() {
        assert!(spare_copies(2, 2).is_some_and(|text| text.contains("use at least 3 copies")));
        assert!(spare_copies(1, 1).is_some());
        assert_eq!([spare_copies(2, 1), spare_copies(3, 2)], [None, None]);
    }

    #[test]
    fn difference_names_both_values() {
        let mut differences = Vec::new();
        compare(&mut differences, "retention.ms", Some("1"), "2");
        compare(&mut differences, "retention.ms", Some("2"), "2");
        compare(&mut differences, "cleanup.policy", None, "delete");
        assert_eq!(
            differences,
            ["has retention.ms=1 instead of 2", "does not report cleanup.policy, which should be delete"]
        );
    }
}
