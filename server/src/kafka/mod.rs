//! Kafka: topics, the publisher that the outbox relay uses, and the loop that every consumer runs in.
//!
//! One broker or another makes no difference here but for one number: see [`KafkaConfig::embedded`].

mod config;
mod consumer;
mod lag;
mod producer;
mod replay;
mod telemetry;
mod topics;

pub use config::KafkaConfig;
pub use consumer::{ConsumerError, ConsumerSettings, HandleError, Handler, ParkError, RawMessage, run, run_with};
pub use lag::{LagError, PartitionLag, TopicLag, lag};
pub use producer::{Delivery, EventPublisher, PING_WITHIN, PublishError};
pub use replay::{Replay, replay};
pub use topics::{
    PARTITIONS, PartitionDescription, TopicDescription, TopicError, TopicReport, TopicState, describe_topics,
    ensure_topics,
};
