//! policy-recommended: the `policy-recommendations` table.

use domain::event::{Envelope, PolicyRecommended};
use serde::Serialize;
use uuid::Uuid;

use super::Effects;
use crate::store::{Effect, Table};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecommendationsRow<'a> {
    application_id: String,
    customer_id: Uuid,
    event_id: Uuid,
    recommended_at: String,
    #[serde(flatten)]
    recommended: &'a PolicyRecommended,
}

pub(super) fn effects(event: &Envelope, recommended: &PolicyRecommended) -> Effects {
    let row = RecommendationsRow {
        application_id: event.application_id.to_string(),
        customer_id: event.customer_id,
        event_id: event.event_id,
        recommended_at: format!("{:.3}", event.timestamp),
        recommended,
    };
    Ok(vec![Effect::put(Table::PolicyRecommendations, &row)?])
}
