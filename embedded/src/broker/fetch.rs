//! A fetch that waits for a write, as Kafka's does.
//!
//! The library's fetch looks again and again into the database while it waits, which costs latency and, with idle
//! consumers, most of a processor core. This one answers at once where there is something to read, by the library, and
//! otherwise waits for the next write or the end of the client's time.

use std::sync::Arc;
use std::time::Duration;

use nisshi_sans_io::fetch_request::FetchTopic;
use nisshi_sans_io::fetch_response::{FetchableTopicResponse, PartitionData};
use nisshi_sans_io::{ErrorCode, FetchRequest, FetchResponse, ProduceRequest, ProduceResponse, RequestInput};
use nisshi_storage::{Error, OffsetStage, Result, Topition};
use rama::Service;
use tokio::time::{Instant, sleep_until};

use super::partitions::Partitions;

/// Fetches by `inner` when there is something to fetch.
#[derive(Debug)]
pub(super) struct WaitingFetch<S> {
    pub(super) partitions: Arc<Partitions>,
    pub(super) inner: S,
}

/// Produces by `inner`, and wakes the fetches that wait.
#[derive(Debug)]
pub(super) struct NotifyingProduce<S> {
    pub(super) partitions: Arc<Partitions>,
    pub(super) inner: S,
}

impl<S> Service<RequestInput<FetchRequest>> for WaitingFetch<S>
where
    S: Service<RequestInput<FetchRequest>, Output = FetchResponse, Error = Error>,
{
    type Output = FetchResponse;
    type Error = Error;

    async fn serve(&self, input: RequestInput<FetchRequest>) -> Result<FetchResponse> {
        let wait = Duration::from_millis(u64::try_from(input.request.max_wait_ms).unwrap_or_default());
        let deadline = Instant::now() + wait;
        let mut writes = self.partitions.writes();
        loop {
            // Before the offsets are read, so that a write in between ends the wait.
            writes.borrow_and_update();
            let Some(nothing) = self.answer_if_empty(&input.request).await else {
                return self.inner.serve(input).await;
            };
            tokio::select! {
                written = writes.changed() => if written.is_err() { return Ok(nothing) },
                () = sleep_until(deadline) => return Ok(nothing),
            }
        }
    }
}

impl<S> WaitingFetch<S> {
    /// The answer where no partition of the request has anything new. None where one has, or has an error: the library
    /// answers these.
    async fn answer_if_empty(&self, request: &FetchRequest) -> Option<FetchResponse> {
        let mut answers = Vec::new();
        for topic in request.topics.as_deref()? {
            answers.push(self.topic_if_empty(topic).await?);
        }
        let answer = FetchResponse::default()
            .throttle_time_ms(Some(0))
            .error_code(Some(ErrorCode::None.into()))
            .session_id(Some(0))
            .node_endpoints(Some(Vec::new()))
            .responses(Some(answers));
        (request.max_wait_ms >= 0).then_some(answer)
    }

    async fn topic_if_empty(&self, topic: &FetchTopic) -> Option<FetchableTopicResponse> {
        let name = self.partitions.name_of(topic).await.ok().flatten()?;
        let mut answers = Vec::new();
        for wanted in topic.partitions.as_deref().unwrap_or_default() {
            let offsets = self.partitions.offsets(&Topition::new(&name, wanted.partition)).await.ok()?;
            if wanted.fetch_offset < offsets.log_start || wanted.fetch_offset < offsets.high_watermark {
                return None;
            }
            answers.push(nothing_new(wanted.partition, &offsets));
        }
        let answer = FetchableTopicResponse::default().topic(topic.topic.clone()).topic_id(topic.topic_id);
        Some(answer.partitions(Some(answers)))
    }
}

/// The answer for a partition without new records.
fn nothing_new(partition: i32, offsets: &OffsetStage) -> PartitionData {
    PartitionData::default()
        .partition_index(partition)
        .error_code(ErrorCode::None.into())
        .high_watermark(offsets.high_watermark)
        .last_stable_offset(Some(offsets.last_stable))
        .log_start_offset(Some(offsets.log_start))
        .aborted_transactions(Some(Vec::new()))
        .preferred_read_replica(Some(-1))
        .records(None)
}

impl<S> Service<RequestInput<ProduceRequest>> for NotifyingProduce<S>
where
    S: Service<RequestInput<ProduceRequest>, Output = ProduceResponse, Error = Error>,
{
    type Output = ProduceResponse;
    type Error = Error;

    async fn serve(&self, input: RequestInput<ProduceRequest>) -> Result<ProduceResponse> {
        let written: Vec<Topition> = input.request.topic_data.iter().flatten().flat_map(partitions_of).collect();
        let answer = self.inner.serve(input).await;
        // Also after an error: a part of the request may have been written.
        self.partitions.record_write(written);
        answer
    }
}

fn partitions_of(topic: &nisshi_sans_io::produce_request::TopicProduceData) -> impl Iterator<Item = Topition> + '_ {
    let partitions = topic.partition_data.iter().flatten();
    partitions.map(|partition| Topition::new(&topic.name, partition.index))
}
