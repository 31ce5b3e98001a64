//! `topics create` and `topics describe`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::CliError;
use super::context::CliContext;
use super::output::{CellAlignment, Grid, Report};
use crate::kafka::{TopicState, describe_topics, ensure_topics};

/// The commands on topics.
#[derive(Debug, Subcommand)]
pub enum Topics {
    /// Create the missing topics; existing topics are never changed
    #[command(after_help = "Example:\n  server topics create --replication 3")]
    Create {
        /// Replicas of each partition; the default is kafka.replication_factor (1 on the embedded stack)
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i16).range(1..=100))]
        replication: Option<i16>,
    },
    /// Print partitions, replicas, retention and offsets of each topic, and its differences from the expected settings
    ///
    /// If IN SYNC is below REPLICAS, a broker is down or slow. MESSAGES counts the messages in the topic; they are
    /// deleted when RETENTION is over.
    #[command(after_help = "Example:\n  server topics describe")]
    Describe,
}

impl Topics {
    pub(super) async fn run(&self, context: &CliContext) -> Result<Report, CliError> {
        match self {
            Self::Create { replication } => {
                create(context, replication.map_or_else(|| context.replication(), i32::from)).await
            }
            Self::Describe => describe(context).await,
        }
    }
}

async fn create(context: &CliContext, replication: i32) -> Result<Report, CliError> {
    let kafka = context.kafka()?;
    let reports = ensure_topics(kafka, replication).await.map_err(|error| context.kafka_error(error))?;
    let mut grid = Grid::new(&[
        ("TOPIC", CellAlignment::Left),
        ("RESULT", CellAlignment::Left),
        ("DIFFERENCES", CellAlignment::Left),
    ]);
    let mut topics = Vec::new();
    for report in reports {
        let (name, created) = (kafka.topic(report.event_type), report.state == TopicState::Created);
        let result = if created { "created" } else { "exists" };
        grid.row(vec![name.clone(), result.to_owned(), report.differences.join("; ")]);
        topics.push(json!({ "topic": name, "created": created, "differences": report.differences }));
    }
    Ok(Report { json: json!({ "topics": topics }), text: grid.render() })
}

async fn describe(context: &CliContext) -> Result<Report, CliError> {
    let described = describe_topics(context.kafka()?, context.replication());
    let described = described.await.map_err(|error| context.kafka_error(error))?;
    let mut grid = Grid::new(&[
        ("TOPIC", CellAlignment::Left),
        ("PARTITION", CellAlignment::Right),
        ("LEADER", CellAlignment::Right),
        ("REPLICAS", CellAlignment::Right),
        ("IN SYNC", CellAlignment::Right),
        ("LOW", CellAlignment::Right),
        ("HIGH", CellAlignment::Right),
        ("MESSAGES", CellAlignment::Right),
        ("RETENTION", CellAlignment::Right),
    ]);
    let (mut topics, mut differences) = (Vec::new(), String::new());
    for topic in &described {
        let retention = topic.retention_ms.map_or("unknown".to_owned(), |ms| format!("{} days", ms / 86_400_000));
        let mut partitions = Vec::new();
        for partition in &topic.partitions {
            let messages = partition.offsets.map(|(low, high)| high - low);
            let number = |value: Option<i64>| value.map_or("unknown".to_owned(), |value| value.to_string());
            grid.row(vec![
                topic.name.clone(),
                partition.partition.to_string(),
                partition.leader.to_string(),
                partition.replicas.to_string(),
                partition.in_sync.to_string(),
                number(partition.offsets.map(|(low, _)| low)),
                number(partition.offsets.map(|(_, high)| high)),
                number(messages),
                retention.clone(),
            ]);
            partitions.push(json!({
                "partition": partition.partition,
                "leader": partition.leader,
                "replicas": partition.replicas,
                "inSync": partition.in_sync,
                "low": partition.offsets.map(|(low, _)| low),
                "high": partition.offsets.map(|(_, high)| high),
                "messages": messages,
            }));
        }
        for difference in &topic.differences {
            differences.push_str(&format!("{} {difference}\n", topic.name));
        }
        topics.push(json!({
            "topic": topic.name,
            "messages": messages(&partitions),
            "retentionMs": topic.retention_ms,
            "partitions": partitions,
            "differences": topic.differences,
        }));
    }
    let mut text = grid.render();
    match differences.is_empty() {
        true => text.push_str("\nAll topics have the expected settings.\n"),
        false => text.push_str(&format!("\nDifferences:\n{differences}")),
    }
    Ok(Report { json: json!({ "topics": topics }), text })
}

fn messages(partitions: &[Value]) -> i64 {
    partitions.iter().filter_map(|partition| partition["messages"].as_i64()).sum()
}
