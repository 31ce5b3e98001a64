//! The lag of each consumer group behind its topic, as the brokers report it.

use std::time::Duration;

use domain::event::EventType;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use super::config::KafkaConfig;
use super::telemetry::Logging;

/// The time limit of one request to the brokers.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Why the lag cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LagError {
    /// The brokers cannot be reached, or refuse the request.
    #[error("kafka cannot be queried about {what}: {error}")]
    Unreachable {
        /// Topic or group.
        what: String,
        /// librdkafka's error.
        error: KafkaError,
    },
    /// The task that asked panicked.
    #[error("the request to kafka was aborted")]
    Broken,
}

/// A topic and the group that consumes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicLag {
    /// The type of event that the topic carries.
    pub event_type: EventType,
    /// Its name on this cluster.
    pub topic: String,
    /// The group's name on this cluster.
    pub group: String,
    /// The group's state as the broker names it (`Stable`, `Empty`, ...); none where it reports none.
    pub state: Option<String>,
    /// Its partitions; empty where the topic does not exist.
    pub partitions: Vec<PartitionLag>,
}

/// The position of the group in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionLag {
    /// Its number.
    pub partition: i32,
    /// The committed offset; none where nothing is committed yet.
    pub committed: Option<i64>,
    /// The offset of the next message to be written.
    pub end: i64,
    /// Messages that are not handled: from the committed offset, or from the oldest message, to the end.
    pub lag: i64,
    /// The member that the partition is assigned to, `{host}, {member id}`; none where the broker reports none.
    pub member: Option<String>,
}

/// Reads the lag of all six topics.
///
/// # Errors
/// [`LagError`].
pub async fn lag(config: &KafkaConfig) -> Result<Vec<TopicLag>, LagError> {
    let config = config.clone();
    tokio::task::spawn_blocking(move || EventType::ALL.into_iter().map(|each| of_topic(&config, each)).collect())
        .await
        .map_err(|_| LagError::Broken)?
}

fn of_topic(config: &KafkaConfig, event_type: EventType) -> Result<TopicLag, LagError> {
    let (topic, group) = (config.topic(event_type), config.group(event_type));
    let unreachable = |what: &str| {
        let what = what.to_owned();
        move |error| LagError::Unreachable { what, error }
    };
    // In the group, to read its offsets; without a subscription it does not join.
    let mut settings = config.client();
    settings.set("group.id", &group).set("enable.auto.commit", "false");
    let consumer: BaseConsumer<Logging> = settings.create_with_context(Logging).map_err(unreachable(&group))?;

    // All topics, because an old broker creates a missing topic that is requested by name.
    let metadata = consumer.fetch_metadata(None, ANSWER_WITHIN).map_err(unreachable("topics"))?;
    let found = metadata.topics().iter().find(|found| found.name() == topic && found.error().is_none());
    let mut numbers: Vec<i32> = found.map(|t| t.partitions().iter().map(|p| p.id()).collect()).unwrap_or_default();
    numbers.sort_unstable();

    let mut asked = TopicPartitionList::new();
    for partition in &numbers {
        asked.add_partition(&topic, *partition);
    }
    let committed = match numbers.is_empty() {
        true => asked,
        false => consumer.committed_offsets(asked, ANSWER_WITHIN).map_err(unreachable(&group))?,
    };
    // Optional: the lag does not depend on the members.
    let listed = consumer.fetch_group_list(Some(&group), ANSWER_WITHIN).ok();
    let listed = listed.as_ref().and_then(|list| list.groups().iter().find(|found| found.name() == group));
    let members: Vec<(String, Vec<(String, i32)>)> = listed
        .map(|found| {
            let of = |member: &rdkafka::groups::GroupMemberInfo| {
                let host = member.client_host().trim_start_matches('/').to_owned();
                (format!("{host}, {}", member.id()), assigned(member.assignment().unwrap_or_default()))
            };
            found.members().iter().map(of).collect()
        })
        .unwrap_or_default();

    let mut partitions = Vec::new();
    for partition in numbers {
        let (low, end) = consumer.fetch_watermarks(&topic, partition, ANSWER_WITHIN).map_err(unreachable(&topic))?;
        let committed = match committed.find_partition(&topic, partition).map(|found| found.offset()) {
            Some(Offset::Offset(offset)) => Some(offset),
            _ => None,
        };
        let has = |(_, assigned): &&(String, Vec<(String, i32)>)| {
            assigned.iter().any(|(of, number)| *of == topic && *number == partition)
        };
        let member = members.iter().find(has).map(|(name, _)| name.clone());
        let lag = (end - committed.unwrap_or(low).max(low)).max(0);
        partitions.push(PartitionLag { partition, committed, end, lag, member });
    }
    let state = listed.map(|found| found.state().to_owned()).filter(|state| !state.is_empty());
    Ok(TopicLag { event_type, topic, group, state, partitions })
}

/// The topics and partitions of a member, from the consumer protocol's `MemberAssignment`: version (2 bytes), then an
/// array (length of 4 bytes) of topic (length of 2 bytes, UTF-8) and array of partitions (4 bytes each), big-endian.
/// Other bytes are no assignment.
fn assigned(bytes: &[u8]) -> Vec<(String, i32)> {
    fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = bytes.split_at_checked(count)?;
        *bytes = rest;
        Some(taken)
    }
    fn short(bytes: &mut &[u8]) -> Option<usize> {
        usize::try_from(i16::from_be_bytes(take(bytes, 2)?.try_into().ok()?)).ok()
    }
    fn long(bytes: &mut &[u8]) -> Option<i32> {
        Some(i32::from_be_bytes(take(bytes, 4)?.try_into().ok()?))
    }
    let mut found = Vec::new();
    let mut rest = bytes;
    let mut read = || {
        short(&mut rest)?;
        for _ in 0..long(&mut rest)? {
            let length = short(&mut rest)?;
            let topic = std::str::from_utf8(take(&mut rest, length)?).ok()?.to_owned();
            for _ in 0..long(&mut rest)? {
                found.push((topic.clone(), long(&mut rest)?));
            }
        }
        Some(())
    };
    match read() {
        Some(()) => found,
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignment_is_parsed_and_other_bytes_are_none() {
        let bytes = b"\0\x03\0\0\0\x01\0\x02ab\0\0\0\x02\0\0\0\x01\0\0\0\x07\xff\xff\xff\xff";
        assert_eq!(assigned(bytes), [("ab".to_owned(), 1), ("ab".to_owned(), 7)]);
        for cut in 0..22 {
            assert!(assigned(&bytes[..cut]).is_empty(), "{cut}");
        }
        assert!(assigned(b"\0\0\xff\xff\xff\xff").is_empty());
        assert!(assigned(&[0xff; 40]).is_empty());
    }
}
