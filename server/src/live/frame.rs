//! Frames of type `event`, written from and read into an event's stored text, so that fields which this build does not
//! know reach the browser.

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::raw_event::RawEvent;

/// The frame of [`domain::api::ServerFrame::Event`] with the event's text as it is.
pub fn of_event(event: &RawEvent) -> String {
    format!(r#"{{"type":"event","event":{}}}"#, event.json)
}

/// The event in a frame of type `event`; none where the frame is of another type, or carries no event.
pub fn event_in(frame: &[u8]) -> Option<RawEvent> {
    #[derive(Deserialize)]
    struct Frame {
        r#type: String,
        event: Value,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Key {
        customer_id: Uuid,
        sequence: u64,
    }
    let frame: Frame = serde_json::from_slice(frame).ok()?;
    let Key { customer_id, sequence } = (frame.r#type == "event").then(|| Key::deserialize(&frame.event).ok())??;
    Some(RawEvent { customer_id, sequence, json: frame.event.to_string() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::api::ServerFrame;

    use super::*;

    #[test]
    fn event_frame_keeps_unknown_fields_and_newer_schema_versions() {
        let customer_id = Uuid::from_u128(7);
        let json = format!(r#"{{"customerId":"{customer_id}","schemaVersion":2,"sequence":3,"unknown":[1]}}"#);
        let event = RawEvent { customer_id, sequence: 3, json };
        assert_eq!(event_in(of_event(&event).as_bytes()), Some(event));
    }

    #[test]
    fn other_frames_carry_no_event() {
        let resync = serde_json::to_vec(&ServerFrame::Resync {}).unwrap();
        for frame in [resync.as_slice(), b"", b"{}", br#"{"type":"event","event":{}}"#] {
            assert_eq!(event_in(frame), None);
        }
    }
}
