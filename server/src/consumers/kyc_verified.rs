//! kyc-verified: the `kyc-results` table.

use domain::event::{Envelope, KycVerified};
use serde::Serialize;
use uuid::Uuid;

use super::Effects;
use crate::store::{Effect, Table};

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
