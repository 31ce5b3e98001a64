//! Publishes parked or logged messages again, byte for byte.

use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};

use domain::event::EventType;
use serde_json::Value;

use super::config::{DELIVERY_WITHIN, KafkaConfig};
use super::producer::{Delivery, PublishError};
use super::telemetry::Logging;

/// A message to publish again.
#[derive(Clone, Copy, Debug)]
pub struct Replay<'a> {
    /// The type whose topic it goes to.
    pub event_type: EventType,
    /// Its key, which also selects the partition; without one any partition is used.
    pub key: Option<&'a [u8]>,
    /// Its payload.
    pub payload: &'a [u8],
}

/// Publishes messages in order, each after the one before is acknowledged, unchanged and with the headers that
/// [`super::EventPublisher`] gives an event. Stops at the first failure. Returns a result for each message that was
/// tried.
///
/// # Errors
/// [`PublishError::Client`] where the settings do not make a client.
pub async fn replay(
    config: &KafkaConfig,
    messages: &[Replay<'_>],
) -> Result<Vec<Result<Delivery, PublishError>>, PublishError> {
    let producer: FutureProducer<Logging> =
        config.producer().create_with_context(Logging).map_err(PublishError::Client)?;
    let mut results = Vec::with_capacity(messages.len());
    for message in messages {
        let topic = config.topic(message.event_type);
        let mut record: FutureRecord<'_, [u8], [u8]> =
            FutureRecord::to(&topic).payload(message.payload).headers(headers(message.payload));
        record.key = message.key;
        let sent = producer.send(record, DELIVERY_WITHIN).await;
        let result = match sent {
            Ok(delivery) => Ok(Delivery { partition: delivery.partition, offset: delivery.offset }),
            Err((error, _)) => Err(PublishError::Broker(error)),
        };
        let failed = result.is_err();
        results.push(result);
        if failed {
            break;
        }
    }
    Ok(results)
}

/// The headers from the envelope, of any version; none where the payload is no envelope.
fn headers(payload: &[u8]) -> OwnedHeaders {
    let envelope: Value = serde_json::from_slice(payload).unwrap_or_default();
    ["eventType", "eventId", "source"].into_iter().fold(OwnedHeaders::new(), |headers, key| {
        match envelope.get(key).and_then(Value::as_str) {
            Some(value) => headers.insert(Header { key, value: Some(value) }),
            None => headers,
        }
    })
}
