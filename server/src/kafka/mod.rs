//! Kafka: topics, the publisher that the outbox relay uses, and the loop that every consumer runs in.
//!
//! One broker or another makes no difference here but for one number: see [`KafkaConfig::embedded`].

mod config;
mod consumer;
mod producer;
mod telemetry;
mod topics;
mod troubles;

pub use config::KafkaConfig;
pub use consumer::{ConsumerError, ConsumerSettings, HandleError, Handler, ParkError, RawMessage, run, run_with};
pub use producer::{Delivery, EventPublisher, PING_WITHIN, PublishError};
pub use topics::{PARTITIONS, TopicError, TopicReport, TopicState, ensure_topics};
pub use troubles::Troubles;
