//! This version reads events and snapshots of earlier versions without loss.
//!
//! `golden/v0.1` was recorded over REST from version 0.1 on the embedded stack. The applicants are invented. The files
//! must not change: a shape that becomes unreadable breaks running instances and open pages (docs/upgrading.md).

#![allow(clippy::unwrap_used)]

use domain::api::Snapshot;
use domain::event::Envelope;
use domain::journey::Journey;
use serde_json::Value;

/// One applicant: all events, and the snapshot after the last of them.
struct Recording {
    name: &'static str,
    events: Vec<Value>,
    snapshot: Value,
}

fn recordings() -> Vec<Recording> {
    let files = [
        ("completed", include_str!("golden/v0.1/completed.json")),
        ("review", include_str!("golden/v0.1/review.json")),
        ("unreadable", include_str!("golden/v0.1/unreadable.json")),
    ];
    let read = |(name, text)| {
        let mut file: Value = serde_json::from_str(text).unwrap();
        let Value::Array(events) = file["events"].take() else { panic!("{name}: no list of events") };
        Recording { name, events, snapshot: file["snapshot"].take() }
    };
    files.map(read).into()
}

fn envelope(event: &Value) -> Envelope {
    Envelope::from_slice(&serde_json::to_vec(event).unwrap()).unwrap()
}

#[test]
fn recorded_events_are_read_and_written_alike() {
    for Recording { name, events, .. } in recordings() {
        for event in events {
            assert_eq!(serde_json::to_value(envelope(&event)).unwrap(), event, "{name}");
        }
    }
}

#[test]
fn recorded_snapshots_are_read_and_written_alike() {
    for Recording { name, snapshot, .. } in recordings() {
        let read: Snapshot = serde_json::from_value(snapshot.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), snapshot, "{name}");
    }
}

#[test]
fn recorded_events_fold_into_the_recorded_journey() {
    for Recording { name, events, snapshot } in recordings() {
        let events: Vec<Envelope> = events.iter().map(envelope).collect();
        assert_eq!(serde_json::to_value(Journey::fold(&events)).unwrap(), snapshot["journey"], "{name}");
    }
}

/// Adds a field that this version does not know to every object, except to maps from names to values.
fn with_unknown_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                match (name.as_str(), value) {
                    ("extractedFields", Value::Object(map)) => map.values_mut().for_each(with_unknown_fields),
                    (_, value) => with_unknown_fields(value),
                }
            }
            fields.insert("writtenByANewerVersion".to_owned(), Value::from("x"));
        }
        Value::Array(items) => items.iter_mut().for_each(with_unknown_fields),
        _ => {}
    }
}

/// An older instance reads the data of a newer one that only added fields.
#[test]
fn added_fields_do_not_change_the_reading() {
    for Recording { name, events, snapshot } in recordings() {
        for event in events {
            let mut newer = event.clone();
            with_unknown_fields(&mut newer);
            assert_eq!(envelope(&newer), envelope(&event), "{name}");
        }
        let mut newer = snapshot.clone();
        with_unknown_fields(&mut newer);
        let read: Snapshot = serde_json::from_value(newer).unwrap();
        assert_eq!(read, serde_json::from_value(snapshot).unwrap(), "{name}");
    }
}
