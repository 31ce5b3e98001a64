//! One attempt at one message.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::event::{Envelope, EventType};
use tokio::time::timeout;

use super::scheduler::{Delivered, Job, Step};
use super::{HandleError, Handler, RawMessage};

/// The result of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AttemptOutcome {
    /// The event is handled.
    Handled,
    /// The message is parked.
    Parked,
    /// The step failed and is retried.
    Retry(String),
    /// A dependency is unavailable; the step is retried without limit.
    Wait(String),
    /// The message cannot be handled and is parked.
    Poison(String),
}

/// Runs one attempt at the job's step.
pub(super) async fn attempt<H: Handler>(
    event_type: EventType,
    handler: Arc<H>,
    job: Job,
    within: Duration,
) -> AttemptOutcome {
    match job.step {
        Step::Handle => {
            let (event, json) = match decode(event_type, &job.message) {
                Ok(decoded) => decoded,
                Err(reason) => return AttemptOutcome::Poison(reason),
            };
            let started = Instant::now();
            let handled = timeout(within, handler.handle(&event, json)).await;
            metrics::histogram!("onboard_kafka_handle_seconds", "topic" => event_type.topic())
                .record(started.elapsed().as_secs_f64());
            match handled {
                Ok(Ok(())) => AttemptOutcome::Handled,
                Ok(Err(HandleError::Retry(reason))) => AttemptOutcome::Retry(reason),
                Ok(Err(HandleError::Unavailable(reason))) => AttemptOutcome::Wait(reason),
                Ok(Err(HandleError::Poison(reason))) => AttemptOutcome::Poison(reason),
                Err(_) => AttemptOutcome::Retry(format!("not done within {} s", within.as_secs_f32())),
            }
        }
        Step::Park(reason) => {
            let message = RawMessage {
                topic: event_type.topic().to_owned(),
                partition: job.message.partition,
                offset: job.message.offset,
                key: job.message.key.clone(),
                payload: job.message.payload.clone().unwrap_or_default(),
                reason,
                timestamp: job.message.timestamp,
            };
            match timeout(within, handler.park(message)).await {
                Ok(Ok(())) => AttemptOutcome::Parked,
                Ok(Err(error)) => AttemptOutcome::Retry(error.0),
                Err(_) => AttemptOutcome::Retry(format!("not parked within {} s", within.as_secs_f32())),
            }
        }
    }
}

/// The event, or why this consumer cannot handle the message. The reason contains no values of the payload.
fn decode(expected: EventType, message: &Delivered) -> Result<(Envelope, &str), String> {
    let payload = message.payload.as_deref().ok_or("the message has no payload")?;
    let event = Envelope::from_slice(payload).map_err(|error| error.to_string())?;
    if event.event_type() != expected {
        return Err(format!("an event of type {:?} in the topic of {expected:?}", event.event_type()));
    }
    // Order is kept by key: under a wrong key it would be lost unnoticed.
    if message.key.as_deref() != Some(event.customer_id.to_string().as_bytes()) {
        return Err("the message's key is not the event's customerId".to_owned());
    }
    // JSON that parses as an event is UTF-8.
    let json = std::str::from_utf8(payload).map_err(|error| error.to_string())?;
    Ok((event, json))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use domain::event::{ApplicationId, EventData, SCHEMA_VERSION, Stage, WorkflowCompleted};
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn event() -> Envelope {
        let customer_id = Uuid::from_u128(7);
        Envelope {
            event_id: Uuid::from_u128(1),
            source: Stage::SubmitPolicySelection.into(),
            customer_id,
            application_id: ApplicationId::new(customer_id, Timestamp::UNIX_EPOCH),
            sequence: 1,
            schema_version: SCHEMA_VERSION,
            timestamp: Timestamp::UNIX_EPOCH,
            data: EventData::WorkflowCompleted(WorkflowCompleted {
                selected_policy_id: "home-basic".to_owned(),
                premium: domain::event::Premium { monthly_cents: 1_250, currency: "EUR".to_owned() },
            }),
        }
    }

    fn message(payload: &[u8]) -> Delivered {
        Delivered {
            partition: 0,
            offset: 0,
            key: Some(Uuid::from_u128(7).to_string().into_bytes()),
            payload: Some(payload.to_vec()),
            timestamp: None,
        }
    }

    #[test]
    fn regular_event_is_decoded() {
        let bytes = serde_json::to_vec(&event()).unwrap();
        assert_eq!(decode(EventType::WorkflowCompleted, &message(&bytes)).unwrap().0, event());
    }

    #[test]
    fn undecodable_message_is_described_without_its_values() {
        let mut value = serde_json::to_value(event()).unwrap();
        value["sequence"] = "Ingrid Brandvold".into();
        let reason = decode(EventType::WorkflowCompleted, &message(&serde_json::to_vec(&value).unwrap())).unwrap_err();
        assert!(reason.starts_with("not an event") && !reason.contains("Ingrid"), "{reason}");

        value["schemaVersion"] = 9.into();
        let reason = decode(EventType::WorkflowCompleted, &message(&serde_json::to_vec(&value).unwrap())).unwrap_err();
        assert!(reason.contains("schema version 9"), "{reason}");

        let bytes = serde_json::to_vec(&event()).unwrap();
        let reason = decode(EventType::KycVerified, &message(&bytes)).unwrap_err();
        assert!(reason.contains("KycVerified"), "{reason}");

        let reason = decode(EventType::WorkflowCompleted, &Delivered { key: None, ..message(&bytes) }).unwrap_err();
        assert!(reason.contains("key"), "{reason}");

        let reason = decode(EventType::WorkflowCompleted, &Delivered { payload: None, ..message(&bytes) }).unwrap_err();
        assert!(reason.contains("no payload"), "{reason}");
    }
}
