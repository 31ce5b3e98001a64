//! workflow-errors: the `error-logs` table; support is notified, unless the error is refused input.

use domain::event::{Envelope, WorkflowError};

use super::Effects;
use crate::store::{Effect, ErrorEntry, Table};

pub(super) fn effects(event: &Envelope, error: &WorkflowError) -> Effects {
    let (day, time_event_id) = ErrorEntry::keys(event.timestamp, event.event_id);
    let entry = ErrorEntry {
        day,
        time_event_id,
        customer_id: event.customer_id,
        stage: error.stage.as_str().to_owned(),
        code: error.code.clone(),
        fields: error.fields.clone(),
        refused: error.refused,
        caused_by: error.caused_by,
    };
    Ok(vec![Effect::put(Table::ErrorLogs, &entry)?])
}
