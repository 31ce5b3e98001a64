//! WORKFLOW_ERROR: failures of the system are always recorded, refused input up to a limited rate.

use domain::event::{ApplicationId, EventData, Stage, WorkflowError};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use uuid::Uuid;

use super::{Change, CommandError, Commands, envelope, failure};

/// Refusals of an application are recorded up to this sequence.
const MAX_RECORDED_SEQUENCE: u64 = 200;

/// Limits the rate of recorded refusals. Further refusals are only counted.
pub struct Refusals {
    limiter: DefaultDirectRateLimiter,
}

impl Refusals {
    /// Records at most `limit` refusals a second.
    pub fn per_second(limit: std::num::NonZeroU32) -> Self {
        Self { limiter: RateLimiter::direct(Quota::per_second(limit)) }
    }

    fn record(&self, stage: Stage) -> bool {
        metrics::counter!("onboard_refused_total", "stage" => stage.as_str()).increment(1);
        self.limiter.check().is_ok()
    }
}

/// A refusal: its code and the names of its fields, never their values.
pub(crate) struct Refused<'a> {
    pub code: &'a str,
    pub fields: Vec<String>,
}

impl Commands {
    /// Records a refused input for an application or, with `None`, for a customer that does not exist yet. If recording
    /// fails, it is logged. The answer to the request does not change.
    pub(crate) async fn refused(&self, id: Option<&ApplicationId>, stage: Stage, refused: Refused<'_>) {
        if !self.refusals.record(stage) {
            return;
        }
        let mut error = failure(stage, refused.code, "The input was refused; the answer to the request says why.");
        error.refused = true;
        error.fields = refused.fields;
        let recorded = match id {
            Some(id) => self.fail(id, error).await,
            None => self.fail_without_customer(error).await,
        };
        match recorded {
            // Nothing is recorded for an application that does not exist.
            Ok(()) | Err(CommandError::NotFound) => {}
            Err(error) => tracing::warn!(%error, stage = stage.as_str(), "refusal not recorded"),
        }
    }

    /// Records a failure of an application's command or consumer. Refused input is recorded up to
    /// `MAX_RECORDED_SEQUENCE`.
    pub(crate) async fn fail(&self, id: &ApplicationId, error: WorkflowError) -> Result<(), CommandError> {
        let stage = error.stage;
        self.change(id, stage, |application, _| {
            if error.refused && application.last_sequence >= MAX_RECORDED_SEQUENCE {
                return Ok(Change::None(()));
            }
            Ok(Change::Event((), EventData::WorkflowError(error.clone())))
        })
        .await
    }

    /// Records a failure without a known customer, as the first event of a new customer identifier.
    pub(crate) async fn fail_without_customer(&self, error: WorkflowError) -> Result<(), CommandError> {
        let now = self.context.clock.now();
        let id = ApplicationId::new(Uuid::new_v4(), now);
        let event = envelope(&id, 1, error.stage, EventData::WorkflowError(error), now);
        let lease = self.outbox.lease();
        self.context.store.append(&event, lease).await?;
        self.outbox.announce(&event, lease);
        Ok(())
    }
}
