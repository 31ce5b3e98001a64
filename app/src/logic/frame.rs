//! Frames of the live connection as text.

use domain::api::ServerFrame;
use domain::event::SCHEMA_VERSION;

/// Reads a frame. `None`: this build cannot read it, so a newer version wrote it.
pub fn read(text: &str) -> Option<ServerFrame> {
    let frame = serde_json::from_str(text).ok()?;
    match &frame {
        ServerFrame::Event { event } if event.schema_version > SCHEMA_VERSION => None,
        _ => Some(frame),
    }
}
