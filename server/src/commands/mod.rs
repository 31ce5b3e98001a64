//! Commands: parse, decide (in `domain`), commit state and event together. One file a command.
//!
//! A command's answer depends on its transaction only, never on Kafka.

mod confirm_fields;
mod failures;
mod generate_recommendations;
pub mod handoff;
mod idempotency;
mod perform_kyc;
mod process_documents;
mod query;
mod submit_selection;
mod submit_user_info;

use std::sync::Arc;

use domain::api::FieldError;
use domain::event::{ApplicationId, Envelope, EventData, SCHEMA_VERSION, Stage, WorkflowError};
use jiff::Timestamp;
use uuid::Uuid;

use crate::blobs::BlobError;
use crate::context::Context;
use crate::documents::{ReadQueue, RetentionPolicy};
use crate::outbox::Outbox;
use crate::store::{Application, Committed, StoreError};

pub use failures::Refusals;
pub(crate) use failures::Refused;
pub use generate_recommendations::Recommended;
pub use idempotency::RequestKey;
pub use process_documents::{Begun, Upload};

/// How often a command loads, decides and commits anew when another was quicker.
const TRIES: u32 = 8;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Fields are refused; each says why.
    #[error("{} fields refused", .0.len())]
    Invalid(Vec<FieldError>),
    /// There is no such application or document.
    #[error("not found")]
    NotFound,
    /// The application's state does not permit the step: it is done already, or an earlier step is not.
    #[error("{code}")]
    Conflict {
        /// Stable, for programs.
        code: &'static str,
        /// For people.
        detail: &'static str,
    },
    /// The `Idempotency-Key` was used for another request.
    #[error("idempotency key reused")]
    KeyReused,
    /// Others changed the application each time.
    #[error("gave way to other changes {TRIES} times")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document could not be kept.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// An answer could not be written as JSON, or read again.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// What a command answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The HTTP status that tells its kind: 200 done, 201 created, 202 under way.
    pub status: u16,
    /// The answer.
    pub body: T,
}

/// The commands and queries. Cheap to clone.
#[derive(Clone)]
pub struct Commands {
    /// State, documents, and what decisions depend on.
    pub context: Context,
    /// Announces committed events to the relay.
    pub outbox: Outbox,
    /// How long documents are kept.
    pub retention: RetentionPolicy,
    /// Announces stored documents to the document worker.
    pub read_queue: ReadQueue,
    /// Bounds how many refusals are recorded.
    pub refusals: Arc<Refusals>,
    /// Turns idempotency keys into identifiers that are secret.
    pub secret: Arc<[u8]>,
}

/// What a decision changes.
#[allow(clippy::large_enum_variant)] // one at a time, and moved once
enum Change<T> {
    /// Nothing: the step was done before.
    None(T),
    /// State only.
    State(T),
    /// State and an event.
    Event(T, EventData),
}

impl Commands {
    /// Loads, decides and commits, until no other change comes between.
    async fn change<T>(
        &self,
        id: &ApplicationId,
        source: Stage,
        mut decide: impl FnMut(&mut Application, Timestamp) -> Result<Change<T>, CommandError>,
    ) -> Result<T, CommandError> {
        for _ in 0..TRIES {
            let Some(mut application) = self.context.store.application(id).await? else {
                return Err(CommandError::NotFound);
            };
            let now = self.context.clock.now();
            let (answer, data) = match decide(&mut application, now)? {
                Change::None(answer) => return Ok(answer),
                Change::State(answer) => (answer, None),
                Change::Event(answer, data) => (answer, Some(data)),
            };
            if self.commit(&mut application, source, data, now).await? {
                return Ok(answer);
            }
        }
        Err(CommandError::Contended)
    }

    /// Commits `application` with the event that `data` makes; false if another change was quicker.
    async fn commit(
        &self,
        application: &mut Application,
        source: Stage,
        data: Option<EventData>,
        now: Timestamp,
    ) -> Result<bool, CommandError> {
        // Retention counts from the last change; a refused request is none.
        let refused = matches!(&data, Some(EventData::WorkflowError(error)) if error.is_in_response());
        if !refused {
            application.changed_at = Some(now);
        }
        application.note_replaced(now);
        // Where files are being deleted, it must be found until that is done.
        if application.deleting.is_empty() && !application.deleting_all {
            application.delete_due = self.retention.next(application);
        }
        let event = data.map(|data| {
            application.last_sequence += 1;
            envelope(&application.application_id, application.last_sequence, source, data, now)
        });
        let lease = self.outbox.lease();
        if self.context.store.commit(application, event.as_ref(), lease).await? == Committed::Conflict {
            return Ok(false);
        }
        if let Some(event) = event {
            tracing::info!(
                application = %event.application_id, sequence = event.sequence, event = %event.event_id,
                topic = event.event_type().topic(), source = event.source.as_str(), "committed"
            );
            self.outbox.announce(&event, lease);
        }
        Ok(true)
    }
}

/// An event of this application, with a new id.
pub(crate) fn envelope(
    application_id: &ApplicationId,
    sequence: u64,
    source: Stage,
    data: EventData,
    timestamp: Timestamp,
) -> Envelope {
    Envelope {
        event_id: Uuid::now_v7(),
        source: source.into(),
        customer_id: application_id.customer_id(),
        application_id: application_id.clone(),
        sequence,
        schema_version: SCHEMA_VERSION,
        timestamp,
        data,
    }
}

/// A failure as its event tells it.
fn failure(stage: Stage, code: &str, message: &str) -> WorkflowError {
    WorkflowError {
        stage,
        code: code.to_owned(),
        message: message.to_owned(),
        retryable: true,
        refused: false,
        fields: Vec::new(),
        caused_by: None,
    }
}
