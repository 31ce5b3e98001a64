//! An event as its JSON text. A build passes on events that a newer build wrote, with the fields that it does not know:
//! it publishes and sends the stored text, never a re-serialised struct.

use domain::event::{Envelope, InvalidEvent};
use jiff::Timestamp;
use uuid::Uuid;

/// An event's JSON text, with its key in the event log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEvent {
    /// The customer of the event.
    pub customer_id: Uuid,
    /// The event's sequence.
    pub sequence: u64,
    /// The event as it is stored and published: an envelope of this schema version or a newer one.
    pub json: String,
}

impl RawEvent {
    /// The text of `event` as this build writes it.
    ///
    /// # Errors
    /// The event has no JSON form.
    pub fn write(event: &Envelope) -> Result<Self, serde_json::Error> {
        let json = serde_json::to_string(event)?;
        Ok(Self { customer_id: event.customer_id, sequence: event.sequence, json })
    }

    /// When the event was committed, without parsing its data. `None` if the text is not an event.
    pub fn committed_at(&self) -> Option<Timestamp> {
        #[derive(serde::Deserialize)]
        struct Committed {
            timestamp: Timestamp,
        }
        serde_json::from_str::<Committed>(&self.json).ok().map(|committed| committed.timestamp)
    }

    /// The event, as far as this build knows its fields.
    ///
    /// # Errors
    /// [`InvalidEvent`]: the text is of a newer schema version, or not an event.
    pub fn parse(&self) -> Result<Envelope, InvalidEvent> {
        Envelope::from_slice(self.json.as_bytes())
    }
}
