//! Commands: parse, decide (in `domain`), commit state and event together. Each command has its own file.
//!
//! A command's answer depends only on its transaction, never on Kafka.

mod confirm_fields;
mod failures;
mod generate_recommendations;
pub mod handoff;
mod idempotency;
mod perform_kyc;
mod process_documents;
mod query;
mod review_kyc;
pub mod sessions;
mod submit_selection;
mod submit_user_info;

use std::sync::{Arc, Mutex, PoisonError};

use domain::api::FieldError;
use domain::case::ReviewPolicy;
use domain::event::{ApplicationId, Envelope, EventData, SCHEMA_VERSION, Stage, WorkflowError};
use jiff::Timestamp;
use uuid::Uuid;

use crate::blobs::BlobError;
use crate::context::Context;
use crate::documents::{ReadQueue, RetentionPolicy};
use crate::outbox::Outbox;
use crate::store::{Application, Committed, Lease, StoreError};
use crate::telemetry::observe;

pub use failures::Refusals;
pub(crate) use failures::Refused;
pub use generate_recommendations::Recommended;
pub use idempotency::RequestKey;
pub use process_documents::{ReadingStarted, Upload};
pub use review_kyc::{ReviewError, Reviews};

/// The most attempts to load, decide and commit while other changes cause conflicts.
const MAX_COMMIT_ATTEMPTS: u32 = 8;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Refused fields, each with its reason.
    #[error("{} fields refused", .0.len())]
    Invalid(Vec<FieldError>),
    /// The application or document does not exist.
    #[error("not found")]
    NotFound,
    /// The application's state does not permit the step: the step is done already, or an earlier one is missing.
    #[error("{code}")]
    Conflict {
        /// A stable code for programs.
        code: &'static str,
        /// The text for the applicant.
        detail: &'static str,
    },
    /// The `Idempotency-Key` was used for another request.
    #[error("idempotency key reused")]
    KeyReused,
    /// Every attempt conflicted with another change.
    #[error("conflicted with other changes {MAX_COMMIT_ATTEMPTS} times")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document could not be stored.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// An answer could not be written as JSON or parsed.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// A command's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The HTTP status: 200 done, 201 created, 202 in progress.
    pub status: u16,
    /// The body.
    pub body: T,
}

/// The commands and queries. Cheap to clone.
#[derive(Clone)]
pub struct Commands {
    /// Store, blobs, clock and the data that decisions depend on.
    pub context: Context,
    /// Announces committed events to the relay.
    pub outbox: Outbox,
    /// How long documents are kept.
    pub retention: RetentionPolicy,
    /// Announces stored documents to the document worker.
    pub read_queue: ReadQueue,
    /// Limits the rate of recorded refusals.
    pub refusals: Arc<Refusals>,
    /// The secret that makes identifiers derived from idempotency keys unpredictable.
    pub secret: Arc<[u8]>,
    /// The rules of the review of cases.
    pub review: ReviewPolicy,
    /// The application that a request has read already, for the first command on it.
    pub preloaded: Preloaded,
}

/// An application that is used once in place of a read. If it is outdated by then, the commit conflicts.
pub type Preloaded = Arc<Mutex<Option<Application>>>;

/// The change that a decision makes.
#[allow(clippy::large_enum_variant)] // short-lived, and moved once
enum Change<T> {
    /// Nothing: the step was done before.
    None(T),
    /// State only.
    State(T),
    /// State and an event.
    Event(T, EventData),
}

impl Commands {
    /// The commands on cases.
    pub fn reviews(&self) -> Reviews {
        Reviews {
            store: self.context.store.clone(),
            clock: self.context.clock.clone(),
            outbox: self.outbox.clone(),
            retention: self.retention,
            policy: self.review,
        }
    }

    /// These commands, where the first one on `application` does not read it again.
    pub fn starting_from(&self, application: Application) -> Self {
        Self { preloaded: Arc::new(Mutex::new(Some(application))), ..self.clone() }
    }

    /// Loads an application, or takes the preloaded one.
    async fn load(&self, id: &ApplicationId) -> Result<Application, CommandError> {
        let preloaded = self
            .preloaded
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take_if(|application| application.application_id == *id);
        match preloaded {
            Some(application) => Ok(application),
            None => self.context.store.application(id).await?.ok_or(CommandError::NotFound),
        }
    }

    /// Loads, decides and commits. Repeats this after a conflict.
    async fn change<T>(
        &self,
        id: &ApplicationId,
        source: Stage,
        mut decide: impl FnMut(&mut Application, Timestamp) -> Result<Change<T>, CommandError>,
    ) -> Result<T, CommandError> {
        for _ in 0..MAX_COMMIT_ATTEMPTS {
            let mut application = self.load(id).await?;
            let now = self.context.clock.now();
            let (answer, data) = match decide(&mut application, now)? {
                Change::None(answer) => return Ok(answer),
                Change::State(answer) => (answer, None),
                Change::Event(answer, data) => (answer, Some(data)),
            };
            if self.commit(&mut application, source, data, now).await? {
                return Ok(answer);
            }
            observe::store_conflict(source);
        }
        Err(CommandError::Contended)
    }

    /// Commits `application`, with an event if there is `data`. Returns false after a conflict.
    async fn commit(
        &self,
        application: &mut Application,
        source: Stage,
        data: Option<EventData>,
        now: Timestamp,
    ) -> Result<bool, CommandError> {
        let event = next_event(application, &self.retention, source, data, now);
        let lease = self.outbox.lease();
        if self.context.store.commit(application, event.as_ref(), lease).await? == Committed::Conflict {
            return Ok(false);
        }
        if let Some(event) = event {
            announce(&self.outbox, &event, lease);
        }
        Ok(true)
    }
}

/// Prepares an application for its commit, with an event if there is `data`.
fn next_event(
    application: &mut Application,
    retention: &RetentionPolicy,
    source: Stage,
    data: Option<EventData>,
    now: Timestamp,
) -> Option<Envelope> {
    // Retention counts from the last change. A refused request is not a change.
    let refused = matches!(&data, Some(EventData::WorkflowError(error)) if error.is_in_response());
    if !refused {
        application.changed_at = Some(now);
    }
    application.mark_replaced(now);
    // While files are being deleted, the application must stay in the index until the deletion is complete.
    if application.deleting.is_empty() && !application.deleting_all {
        application.delete_due = retention.next(application);
    }
    let data = data?;
    application.last_sequence += 1;
    Some(envelope(&application.application_id, application.last_sequence, source, data, now))
}

/// Logs a committed event, and announces it to the relay.
fn announce(outbox: &Outbox, event: &Envelope, lease: Option<Lease>) {
    tracing::info!(
        application = %event.application_id, sequence = event.sequence, event = %event.event_id,
        topic = event.event_type().topic(), source = event.source.as_str(), "committed"
    );
    outbox.announce(event, lease);
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

/// The data of a failure's event; retryable, and not a refusal.
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
