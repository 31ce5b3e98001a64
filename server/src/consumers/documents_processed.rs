//! documents-processed: the `ai-results` table and the application's stage; then the identity check, when complete.

use domain::document::Document;
use domain::event::{AiProvider, DocumentsProcessed, Envelope};
use domain::journey::documents_complete;
use domain::versions::OrUnknown;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::Effects;
use crate::commands::{CommandError, Commands};
use crate::store::{Effect, Table};
use crate::telemetry::observe;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AiResultRow<'a> {
    application_id: String,
    event_id: Uuid,
    ai_provider: &'a OrUnknown<AiProvider>,
    processing_time: u64,
    recorded_at: String,
    #[serde(flatten)]
    document: &'a Document,
}

pub(super) fn effects(event: &Envelope, data: &DocumentsProcessed, now: Timestamp) -> Effects {
    let mut effects = vec![Effect::stage(&event.application_id, "documents", now)];
    for document in &data.documents {
        let row = AiResultRow {
            application_id: event.application_id.to_string(),
            event_id: event.event_id,
            ai_provider: &data.ai_provider,
            processing_time: data.processing_time,
            recorded_at: format!("{now:.3}"),
            document,
        };
        effects.push(Effect::put(Table::AiResults, &row)?);
    }
    Ok(effects)
}

pub(super) async fn next_step(commands: &Commands, event: &Envelope) -> Result<(), CommandError> {
    let id = &event.application_id;
    let application = commands.context.store.application(id).await?.ok_or(CommandError::NotFound)?;
    let settled = application.pending.is_empty() && documents_complete(&application.documents);
    if settled && application.kyc.is_none() {
        commands.starting_from(application).perform_kyc(id).await?;
        observe::kyc_decided(event.timestamp, commands.context.clock.now());
    }
    Ok(())
}
