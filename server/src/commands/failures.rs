//! WORKFLOW_ERROR: refused input goes on record up to a modest rate; failures of ours always do.

use domain::event::{ApplicationId, EventData, Stage, WorkflowError};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use uuid::Uuid;

use super::{Change, CommandError, Commands, envelope, failure};

/// Up to which sequence refusals of one application are recorded.
const RECORDED: u64 = 200;

/// Bounds how many refusals are recorded; beyond, they are only counted.
pub struct Refusals {
    limiter: DefaultDirectRateLimiter,
}

impl Refusals {
    /// At most so many a second.
    pub fn per_second(limit: std::num::NonZeroU32) -> Self {
        Self { limiter: RateLimiter::direct(Quota::per_second(limit)) }
    }

    fn record(&self, stage: Stage) -> bool {
        metrics::counter!("onboard_refused_total", "stage" => stage.as_str()).increment(1);
        self.limiter.check().is_ok()
    }
}

/// What was refused: its code and the names of its fields, never their values.
pub(crate) struct Refused<'a> {
    pub code: &'a str,
    pub fields: Vec<String>,
}

impl Commands {
    /// Records that an input was refused, for a customer or, with `None`, for one that does not exist yet. What
    /// cannot be recorded is logged; the answer to the request stands either way.
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
            // An application that is not there was not refused anything.
            Ok(()) | Err(CommandError::NotFound) => {}
            Err(error) => tracing::warn!(%error, stage = stage.as_str(), "refusal not recorded"),
        }
    }

    /// Records a failure of an application's command or consumer. Refused input only goes on record while the record is
    /// short.
    pub(crate) async fn fail(&self, id: &ApplicationId, error: WorkflowError) -> Result<(), CommandError> {
        let stage = error.stage;
        self.change(id, stage, |application, _| {
            if error.refused && application.last_sequence >= RECORDED {
                return Ok(Change::None(()));
            }
            Ok(Change::Event((), EventData::WorkflowError(error.clone())))
        })
        .await
    }

    /// Records a failure that belongs to no customer known: under a fresh one, as its first event.
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
