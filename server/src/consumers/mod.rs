//! Consumers: the effects of each topic's events, once per event, however often Kafka delivers it.
//!
//! State, audit line and the mark on the event are one transaction. What follows it (notification, live, next step) is
//! done again on a repeated delivery, and each is built to bear that.

mod documents_processed;
mod kyc_verified;
mod policy_recommended;
mod user_info_submitted;
mod workflow_completed;
mod workflow_errors;

use std::sync::Arc;

use domain::event::{ApplicationId, Envelope, EventData, EventType, Stage, WorkflowError};
use jiff::Timestamp;
use uuid::Uuid;

use crate::commands::{CommandError, Commands};
use crate::kafka::{HandleError, Handler, ParkError, RawMessage};
use crate::live::{FanOut, Signal};
use crate::notify::{Message, Notifier, message_for};
use crate::store::{Applied, Effect, Parked, StoreError};

/// The consumer of one topic.
#[derive(Clone)]
pub struct Consumer {
    /// Whose topic.
    pub event_type: EventType,
    /// Next steps, and the store.
    pub commands: Commands,
    /// The customers' sockets, wherever they are.
    pub fan_out: FanOut,
    /// Tells people.
    pub notifier: Arc<dyn Notifier>,
}

impl Consumer {
    async fn effects_of(&self, event: &Envelope) -> Result<(), HandleError> {
        if event.event_type() != self.event_type {
            let topic = event.event_type().topic();
            return Err(HandleError::Poison(format!("an event of topic {topic} in topic {}", self.event_type.topic())));
        }
        let now = self.commands.clock.now();
        let effects = effects(event, now).map_err(retry)?;
        let applied = self.commands.store.apply(event, &effects, now).await.map_err(retry)?;
        if applied == Applied::Unknown {
            return Err(HandleError::Poison("the event is not in the event log".to_owned()));
        }
        // Told here before anything is waited for; nobody's next step waits for another instance.
        let signal = Signal::Event(Arc::new(event.clone()));
        let (_, stepped) = tokio::join!(self.fan_out.tell(event.customer_id, &signal), self.next_step(event));
        stepped?;
        // Last: nobody's page waits for a message service.
        self.notify(event).await
    }

    /// Sends the notification that belongs to the event, unless an earlier delivery did.
    async fn notify(&self, event: &Envelope) -> Result<(), HandleError> {
        let Some(message) = self.message(event).await.map_err(retry)? else { return Ok(()) };
        let store = &self.commands.store;
        if store.notified(event).await.map_err(retry)? {
            return Ok(());
        }
        self.notifier.send(event, &message).await.map_err(|error| {
            if error.kind().is_transient() {
                HandleError::Unavailable(error.to_string())
            } else {
                HandleError::Retry(error.to_string())
            }
        })?;
        store.mark_notified(event, self.commands.clock.now()).await.map_err(retry)
    }

    async fn message(&self, event: &Envelope) -> Result<Option<Message>, StoreError> {
        let EventData::WorkflowCompleted(completed) = &event.data else {
            return Ok(message_for(event, "", "", ""));
        };
        let Some(application) = self.commands.store.application(&event.application_id).await? else { return Ok(None) };
        let product = self.commands.catalogue.product(&completed.selected_policy_id);
        let name = product.map_or(completed.selected_policy_id.as_str(), |product| product.name.as_str());
        let info = &application.user_info;
        Ok(message_for(event, &info.email, &info.first_name, name))
    }

    /// Runs the command that follows, where its turn has come.
    async fn next_step(&self, event: &Envelope) -> Result<(), HandleError> {
        let id = &event.application_id;
        let step = match &event.data {
            EventData::DocumentsProcessed(_) => documents_processed::next_step(&self.commands, id).await,
            // A photo that could not be read leaves the one before it, which may be all that the check waits for.
            EventData::WorkflowError(error) if error.stage == Stage::ProcessDocuments => {
                documents_processed::next_step(&self.commands, id).await
            }
            EventData::KycVerified(_) => self.commands.recommend_when_ready(id).await,
            _ => Ok(()),
        };
        match step {
            // Its turn is past or has not come: a later event brings it, or an earlier one did.
            Ok(()) | Err(CommandError::WrongTurn { .. }) => Ok(()),
            Err(CommandError::Store(error)) => Err(retry(error)),
            Err(error @ (CommandError::Contended | CommandError::Blob(_))) => {
                Err(HandleError::Unavailable(error.to_string()))
            }
            Err(error) => Err(HandleError::Retry(error.to_string())),
        }
    }

    /// Puts a message that cannot be handled aside with its bytes, and raises WORKFLOW_ERROR for it.
    async fn set_aside(&self, raw: &RawMessage) -> Result<(), CommandError> {
        let store = &self.commands.store;
        let now = self.commands.clock.now();
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
        // Not for errors themselves: one that cannot be handled would beget the next without end.
        if self.event_type != EventType::WorkflowError {
            let error = WorkflowError {
                stage: stage_after(self.event_type),
                code: "event_parked".to_owned(),
                message: "A step could not be finished. We are looking into it; you may also try it again.".to_owned(),
                retryable: true,
                refused: false,
                fields: Vec::new(),
                caused_by: Envelope::from_slice(&raw.payload).ok().map(|event| event.event_id),
            };
            match self.application_of(raw).await? {
                Some(id) => self.commands.fail(&id, error).await?,
                None => self.commands.fail_without_customer(error).await?,
            }
        }
        tracing::error!(
            topic = raw.topic,
            partition = raw.partition,
            offset = raw.offset,
            reason = raw.reason,
            "parked"
        );
        Ok(store.park(&parked, now).await?)
    }

    /// The application of the message's customer, where its key names one of ours.
    async fn application_of(&self, raw: &RawMessage) -> Result<Option<ApplicationId>, StoreError> {
        let customer: Option<Uuid> =
            raw.key.as_deref().and_then(|key| std::str::from_utf8(key).ok()).and_then(|key| key.parse().ok());
        let Some(customer) = customer else { return Ok(None) };
        let Some(id) = self.commands.store.application_of(customer).await? else { return Ok(None) };
        Ok(self.commands.store.application(&id).await?.map(|application| application.application_id))
    }
}

/// A transient error is waited for; an attempt of a refused request is counted.
fn retry(error: StoreError) -> HandleError {
    if error.kind().is_transient() {
        HandleError::Unavailable(error.to_string())
    } else {
        HandleError::Retry(error.to_string())
    }
}

/// The step that an event of this type brings about: where the applicant sees that it did not come.
fn stage_after(event_type: EventType) -> Stage {
    match event_type {
        EventType::DocumentsProcessed => Stage::PerformKyc,
        EventType::KycVerified => Stage::GenerateRecommendations,
        _ => Stage::ConsumeEvent,
    }
}

/// The effects of one topic.
type Effects = Result<Vec<Effect>, StoreError>;

/// What the event writes to the read models at `now`.
///
/// # Errors
/// [`StoreError::Item`] where it cannot be written as a row.
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
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        self.effects_of(event).await
    }

    async fn park(&self, message: RawMessage) -> Result<(), ParkError> {
        self.set_aside(&message).await.map_err(|error| ParkError(error.to_string()))
    }
}
