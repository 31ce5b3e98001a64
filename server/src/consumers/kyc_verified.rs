//! kyc-verified: the `kyc-results` table, and the case of a REVIEW; then the recommendations, when approved.

use domain::event::{Envelope, EventData, KycStatus, KycVerified, Stage};
use serde::Serialize;
use uuid::Uuid;

use super::Effects;
use crate::commands::{CommandError, Commands, ReviewError};
use crate::store::{CaseWrite, Effect, StoreError, Table};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KycRow<'a> {
    application_id: String,
    customer_id: Uuid,
    event_id: Uuid,
    decided_at: String,
    decided_by: &'a str,
    #[serde(flatten)]
    decision: &'a KycVerified,
}

pub(super) fn effects(event: &Envelope, decision: &KycVerified) -> Effects {
    let row = KycRow {
        application_id: event.application_id.to_string(),
        customer_id: event.customer_id,
        event_id: event.event_id,
        decided_at: format!("{:.3}", event.timestamp),
        decided_by: event.source.as_str(),
        decision,
    };
    Ok(vec![Effect::put(Table::KycResults, &row)?])
}

/// The case that the event opens or renews.
pub(super) async fn case(commands: &Commands, event: &Envelope) -> Result<Option<CaseWrite>, StoreError> {
    match &event.data {
        EventData::KycVerified(decision) if decision.status == KycStatus::Review => {
            commands.reviews().case_of_review(event, decision).await
        }
        _ => Ok(None),
    }
}

/// Closes a case that the rules decided without a person, and recommends policies to an approved applicant.
pub(super) async fn next_step(
    commands: &Commands,
    event: &Envelope,
    decision: &KycVerified,
) -> Result<(), CommandError> {
    let id = &event.application_id;
    let application = commands.context.store.application(id).await?.ok_or(CommandError::NotFound)?;
    if application.had_review && event.source != Stage::ReviewKyc {
        commands.reviews().supersede(id, event.sequence).await.map_err(|error| match error {
            ReviewError::Store(error) => error.into(),
            _ => CommandError::Contended,
        })?;
    }
    if decision.status == KycStatus::Approved {
        commands.starting_from(application).recommend_when_ready(id).await?;
    }
    Ok(())
}
