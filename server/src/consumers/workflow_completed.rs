//! workflow-completed: the application is archived; the thank-you message follows.

use domain::event::Envelope;
use jiff::Timestamp;

use crate::store::Effect;

pub(super) fn effects(event: &Envelope, now: Timestamp) -> Vec<Effect> {
    vec![Effect::stage(&event.application_id, "archived", now)]
}
