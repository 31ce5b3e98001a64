//! Consumers: the effects of each topic's events, once per event, however often Kafka delivers it.
//!
//! The read models, the audit line and the mark on the event are one transaction. The live signal, the next step and
//! the notification follow it and are repeated on a repeated delivery; each is idempotent.

mod documents_processed;
mod kyc_verified;
mod policy_recommended;
mod user_info_submitted;
mod workflow_completed;
mod workflow_errors;

use std::sync::Arc;

use domain::event::{ApplicationId, Envelope, EventData, EventType, KycStatus, Stage, WorkflowError};
use domain::journey::documents_complete;
use jiff::Timestamp;
use uuid::Uuid;

use crate::commands::{CommandError, Commands};
use crate::errors::ErrorKind;
use crate::kafka::{HandleError, Handler, ParkError, RawMessage};
use crate::live::{FanOut, Signal};
use crate::notify::{Message, Notifier, confirmation, reviewed, staff_message};
use crate::raw_event::RawEvent;
use crate::store::{Applied, Effect, Parked, StoreError};
use crate::telemetry::observe;

/// The consumer of one topic.
#[derive(Clone)]
pub struct Consumer {
    /// The type of event that it consumes.
    pub event_type: EventType,
    /// The store, and the commands that run next steps.
    pub commands: Commands,
    /// Delivers signals to the customers' sockets on all instances.
    pub fan_out: FanOut,
    /// Sends notifications.
    pub notifier: Arc<dyn Notifier>,
}

impl Consumer {
    async fn process(&self, event: &Envelope, json: &str) -> Result<(), HandleError> {
        if event.event_type() != self.event_type {
            let topic = event.event_type().topic();
            return Err(HandleError::Poison(format!("an event of topic {topic} in topic {}", self.event_type.topic())));
        }
        let now = self.commands.context.clock.now();
        let effects = effects(event, now).map_err(store_failed)?;
        let case = kyc_verified::case(&self.commands, event).await.map_err(store_failed)?;
        let store = &self.commands.context.store;
        let applied = store.apply(event, json, &effects, case.as_ref(), now).await.map_err(store_failed)?;
        if applied == Applied::CaseChanged {
            return Err(HandleError::Unavailable("the case changed at the same time".to_owned()));
        }
        if applied == Applied::Now {
            observe::effects(event, self.commands.context.clock.now());
        }
        if applied == Applied::Unknown {
            return Err(HandleError::Poison("the event is not in the event log".to_owned()));
        }
        // The text as it was published, with fields that this build does not know. The next step does not wait for
        // other instances.
        let raw = RawEvent { customer_id: event.customer_id, sequence: event.sequence, json: json.to_owned() };
        let signal = Signal::Event(Arc::new(raw));
        let (_, stepped) = tokio::join!(self.fan_out.deliver(event.customer_id, &signal), self.next_step(event));
        stepped?;
        // Last, so that no page waits for the notification service.
        self.notify(event).await
    }

    /// Sends the notification that belongs to the event, unless an earlier delivery did.
    async fn notify(&self, event: &Envelope) -> Result<(), HandleError> {
        let Some(message) = self.message(event).await.map_err(store_failed)? else { return Ok(()) };
        let store = &self.commands.context.store;
        if store.is_notified(event).await.map_err(store_failed)? {
            return Ok(());
        }
        self.notifier.send(event, &message).await.map_err(|error| failed(error.kind(), &error))?;
        store.mark_notified(event, self.commands.context.clock.now()).await.map_err(store_failed)
    }

    async fn message(&self, event: &Envelope) -> Result<Option<Message>, StoreError> {
        let id = &event.application_id;
        let by_person = event.source == Stage::ReviewKyc;
        let for_applicant = matches!(&event.data, EventData::WorkflowCompleted(_)) || by_person;
        if !for_applicant {
            return Ok(staff_message(event));
        }
        let Some(application) = self.commands.context.store.application(id).await? else { return Ok(None) };
        let completed = match &event.data {
            EventData::WorkflowCompleted(completed) => completed,
            EventData::KycVerified(kyc) => return Ok(Some(reviewed(id, &application.user_info, kyc))),
            _ => return Ok(None),
        };
        let product = self.commands.context.catalogue.product(&completed.selected_policy_id);
        let name = product.map_or(completed.selected_policy_id.as_str(), |product| product.name.as_str());
        Ok(Some(confirmation(id, &application.user_info, completed, name)))
    }

    /// Runs the command that follows the event, if its preconditions hold.
    async fn next_step(&self, event: &Envelope) -> Result<(), HandleError> {
        let step = match &event.data {
            // A later event completes the documents, if they are incomplete in this one.
            EventData::DocumentsProcessed(data) if documents_complete(&data.documents) => {
                documents_processed::next_step(&self.commands, event).await
            }
            // An unreadable replacement leaves the earlier document, which may complete the documents.
            EventData::WorkflowError(error) if error.stage == Stage::ProcessDocuments => {
                documents_processed::next_step(&self.commands, event).await
            }
            EventData::KycVerified(decision) if decision.status != KycStatus::Review => {
                kyc_verified::next_step(&self.commands, event, decision).await
            }
            _ => Ok(()),
        };
        match step {
            // An earlier event ran the step, or a later one will.
            Ok(()) | Err(CommandError::Conflict { .. }) => Ok(()),
            Err(CommandError::Store(error)) => Err(store_failed(error)),
            Err(error @ (CommandError::Contended | CommandError::Blob(_))) => {
                Err(HandleError::Unavailable(error.to_string()))
            }
            Err(error) => Err(HandleError::Retry(error.to_string())),
        }
    }

    /// Stores a message that cannot be handled, with its bytes, and then raises WORKFLOW_ERROR for it. Only storing it
    /// must succeed: the customer's state may be unreadable, and the message would never be parked.
    async fn park_message(&self, raw: &RawMessage) -> Result<(), StoreError> {
        let store = &self.commands.context.store;
        let now = self.commands.context.clock.now();
        let parked = Parked {
            day: &raw.timestamp.unwrap_or(now).strftime("%Y-%m-%d").to_string(),
            topic: &raw.topic,
            partition: raw.partition,
            offset: raw.offset,
            key: raw.key.as_deref(),
            payload: &raw.payload,
            reason: &raw.reason,
        };
        if store.is_parked(&parked).await? {
            return Ok(());
        }
        store.park(&parked, now).await?;
        // Not for a WORKFLOW_ERROR itself: one that cannot be handled would raise the next one without end.
        if self.event_type != EventType::WorkflowError {
            self.raise_error(raw).await;
        }
        Ok(())
    }

    /// Raises WORKFLOW_ERROR for a parked message: for its customer or, if the customer's state cannot be read,
    /// without a customer, so that support is notified. Best effort: the parked message is listed in any case.
    async fn raise_error(&self, raw: &RawMessage) {
        let error = WorkflowError {
            stage: stage_after(self.event_type),
            code: "event_parked".to_owned(),
            message: "A step could not be finished. We are looking into it; you may also try it again.".to_owned(),
            retryable: true,
            refused: false,
            fields: Vec::new(),
            caused_by: Envelope::from_slice(&raw.payload).ok().map(|event| event.event_id),
        };
        let raised = match self.application_of(raw).await {
            Ok(Some(id)) => self.commands.fail(&id, error.clone()).await,
            Ok(None) => return self.raise_without_customer(error).await,
            Err(unreadable) => Err(unreadable.into()),
        };
        if let Err(cause) = raised {
            tracing::warn!(error = %cause, topic = raw.topic, "WORKFLOW_ERROR not raised for the customer");
            self.raise_without_customer(error).await;
        }
    }

    async fn raise_without_customer(&self, error: WorkflowError) {
        if let Err(error) = self.commands.fail_without_customer(error).await {
            tracing::error!(%error, "WORKFLOW_ERROR not raised");
        }
    }

    /// The application of the message's customer. `None` if its key is not a customer of this store.
    async fn application_of(&self, raw: &RawMessage) -> Result<Option<ApplicationId>, StoreError> {
        let customer: Option<Uuid> =
            raw.key.as_deref().and_then(|key| std::str::from_utf8(key).ok()).and_then(|key| key.parse().ok());
        let Some(customer) = customer else { return Ok(None) };
        let Some(id) = self.commands.context.store.application_of(customer).await? else { return Ok(None) };
        Ok(self.commands.context.store.application(&id).await?.map(|application| application.application_id))
    }
}

/// A transient error is retried without limit; the attempts at a refused request are counted.
fn failed(kind: ErrorKind, error: &dyn std::error::Error) -> HandleError {
    match kind.is_transient() {
        true => HandleError::Unavailable(error.to_string()),
        false => HandleError::Retry(error.to_string()),
    }
}

fn store_failed(error: StoreError) -> HandleError {
    failed(error.kind(), &error)
}

/// The step that an event of this type triggers: where the applicant sees that it is missing.
fn stage_after(event_type: EventType) -> Stage {
    match event_type {
        EventType::DocumentsProcessed => Stage::PerformKyc,
        EventType::KycVerified => Stage::GenerateRecommendations,
        _ => Stage::ConsumeEvent,
    }
}

/// The effects of one topic.
type Effects = Result<Vec<Effect>, StoreError>;

/// The writes of the event to the read models at `now`.
///
/// # Errors
/// [`StoreError::Item`]: the event has no form as a row.
pub fn effects(event: &Envelope, now: Timestamp) -> Result<Vec<Effect>, StoreError> {
    match &event.data {
        EventData::UserInfoSubmitted(data) => user_info_submitted::effects(event, data),
        EventData::DocumentsProcessed(data) => documents_processed::effects(event, data, now),
        EventData::KycVerified(data) => kyc_verified::effects(event, data),
        EventData::PolicyRecommended(data) => policy_recommended::effects(event, data),
        EventData::WorkflowCompleted(_) => Ok(workflow_completed::effects(event, now)),
        EventData::WorkflowError(data) => workflow_errors::effects(event, data),
    }
}

impl Handler for Consumer {
    async fn handle(&self, event: &Envelope, json: &str) -> Result<(), HandleError> {
        self.process(event, json).await
    }

    async fn park(&self, message: RawMessage) -> Result<(), ParkError> {
        self.park_message(&message).await.map_err(|error| ParkError(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_refused_requests_count_towards_parking() {
        let error = std::fmt::Error;
        assert!(matches!(failed(ErrorKind::Refused, &error), HandleError::Retry(_)));
        for kind in [ErrorKind::Unavailable, ErrorKind::Throttled, ErrorKind::Conflict] {
            assert!(matches!(failed(kind, &error), HandleError::Unavailable(_)), "{kind:?}");
        }
    }
}
