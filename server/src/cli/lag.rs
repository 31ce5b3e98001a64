//! `lag`.

use serde_json::json;

use super::CliError;
use super::context::CliContext;
use super::output::{CellAlignment, Grid, Report, count};
use crate::kafka::lag;

pub(super) async fn run(context: &CliContext) -> Result<Report, CliError> {
    let topics = lag(context.kafka()?).await.map_err(|error| context.kafka_error(error))?;
    let mut grid = Grid::new(&[
        ("TOPIC", CellAlignment::Left),
        ("PARTITION", CellAlignment::Right),
        ("COMMITTED", CellAlignment::Right),
        ("END", CellAlignment::Right),
        ("LAG", CellAlignment::Right),
        ("MEMBER", CellAlignment::Left),
    ]);
    let (mut found, mut missing, mut total) = (Vec::new(), String::new(), 0);
    for topic in topics {
        let lag: i64 = topic.partitions.iter().map(|partition| partition.lag).sum();
        total += lag;
        if topic.partitions.is_empty() {
            missing.push_str(&format!("Topic {} does not exist: `server topics create` creates it.\n", topic.topic));
        }
        // Some brokers report the state of a group, but not the partitions of its members.
        let no_member = if topic.state.as_deref() == Some("Stable") { "unreported" } else { "none" };
        for partition in &topic.partitions {
            grid.row(vec![
                topic.topic.clone(),
                partition.partition.to_string(),
                partition.committed.map_or("nothing yet".to_owned(), |offset| offset.to_string()),
                partition.end.to_string(),
                partition.lag.to_string(),
                partition.member.clone().unwrap_or_else(|| no_member.to_owned()),
            ]);
        }
        let partitions: Vec<_> = topic
            .partitions
            .iter()
            .map(|partition| {
                json!({
                    "partition": partition.partition,
                    "committed": partition.committed,
                    "end": partition.end,
                    "lag": partition.lag,
                    "member": partition.member,
                })
            })
            .collect();
        found.push(json!({
            "topic": topic.topic,
            "group": topic.group,
            "state": topic.state,
            "lag": lag,
            "partitions": partitions,
        }));
    }
    let waiting = count(usize::try_from(total).unwrap_or_default(), "message");
    let text = format!("{}\nTotal: {waiting} not handled yet.\n{missing}", grid.render());
    Ok(Report { json: json!({ "total": total, "topics": found }), text })
}
