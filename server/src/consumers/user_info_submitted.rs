//! user-info-submitted: the `users` table.

use domain::event::{Envelope, UserInfo};
use serde::Serialize;
use uuid::Uuid;

use super::Effects;
use crate::store::{Effect, Table};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserRow<'a> {
    customer_id: Uuid,
    application_id: String,
    event_id: Uuid,
    submitted_at: String,
    #[serde(flatten)]
    info: &'a UserInfo,
}

pub(super) fn effects(event: &Envelope, info: &UserInfo) -> Effects {
    let row = UserRow {
        customer_id: event.customer_id,
        application_id: event.application_id.to_string(),
        event_id: event.event_id,
        submitted_at: format!("{:.3}", event.timestamp),
        info,
    };
    Ok(vec![Effect::put(Table::Users, &row)?])
}
