//! Kafka: topics, the publisher of the outbox relay, the consumer loop, and the health of the cluster.
//!
//! The embedded broker differs from others only in one setting: see [`KafkaConfig::embedded`].

mod config;
mod consumer;
mod health;
mod lag;
mod producer;
mod replay;
mod telemetry;
mod topics;

pub use config::KafkaConfig;
pub use consumer::{ConsumerError, ConsumerSettings, HandleError, Handler, ParkError, RawMessage, run, run_with};
pub use health::KafkaHealth;
pub use lag::{LagError, PartitionLag, TopicLag, lag};
pub use producer::{Delivery, EventPublisher, PING_WITHIN, PublishError};
pub use replay::{Replay, replay};
pub use topics::{
    PARTITIONS, PartitionDescription, TopicDescription, TopicError, TopicReport, TopicState, describe_topics,
    ensure_topics,
};
