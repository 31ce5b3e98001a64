//! Two versions at once: this version reads the data of version 0.1, and reads the data of a newer version or refuses
//! it as newer.
//!
//! The fixtures must not change. A later version that writes another shape adds its own folder. `recorded` holds the
//! events and the snapshot of three applications of invented people, as version 0.1 answered over REST.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Debug;

use domain::api::{ServerFrame, Snapshot};
use domain::event::{Envelope, InvalidEvent, Stage};
use domain::needs::Needs;
use domain::versions::{self, Unreadable};
use domain::watchlist::Screening;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/0.1/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn all_of(name: &str) -> Vec<Value> {
    fixture(name).as_array().unwrap().clone()
}

fn read<T: DeserializeOwned>(json: &Value) -> Result<T, Unreadable> {
    versions::read(json.to_string().as_bytes())
}

/// The JSON pointers of all values.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| places(value, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

fn with_change(json: &Value, at: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut changed = json.clone();
    change(changed.pointer_mut(at).unwrap());
    changed
}

/// Fails unless `json` is read, written back unchanged, and read alike with an added field in any of its objects.
fn reads_leniently<T: DeserializeOwned + Serialize + PartialEq + Debug>(json: &Value) {
    let value: T = read(json).unwrap();
    assert_eq!(&serde_json::to_value(&value).unwrap(), json);
    let mut all = Vec::new();
    places(json, "", &mut all);
    // The keys of this map are an enumeration: see `unknown_values_are_refused_as_newer`.
    for at in all.iter().filter(|at| !at.ends_with("/extractedFields") && json.pointer(at).unwrap().is_object()) {
        let newer = with_change(json, at, |object| object["addedLater"] = json!({"any": ["value"]}));
        assert_eq!(read::<T>(&newer).unwrap(), value, "one more field in {at:?}");
    }
}

/// Fails unless each of the places refuses an unknown text as newer.
fn refuses_as_newer<T: DeserializeOwned + Debug>(json: &Value, places: &[&str]) {
    for at in places {
        let newer = with_change(json, at, |text| {
            assert!(text.is_string(), "{at} is not a text");
            *text = json!("added_later");
        });
        let error = read::<T>(&newer).unwrap_err();
        assert!(error.is_newer(), "{at}: {error}");
        assert!(!error.to_string().contains("added_later"), "{error}");
    }
}

fn snapshot() -> Value {
    fixture("snapshot.json")
}

#[test]
fn fixtures_of_version_0_1_are_read_and_survive_an_added_field() {
    for event in all_of("events.json") {
        reads_leniently::<Envelope>(&event);
        reads_leniently::<ServerFrame>(&json!({"type": "event", "event": event}));
    }
    for frame in all_of("frames.json") {
        reads_leniently::<ServerFrame>(&frame);
    }
    reads_leniently::<Snapshot>(&snapshot());
    reads_leniently::<Needs>(&fixture("needs.json"));
    reads_leniently::<Screening>(&fixture("screening.json"));
}

#[test]
fn snapshot_of_version_0_1_is_the_fold_of_its_events() {
    let events: Vec<Envelope> = all_of("events.json").iter().map(|event| read(event).unwrap()).collect();
    let journey = domain::journey::Journey::fold(&events);
    assert_eq!(serde_json::to_value(journey).unwrap(), snapshot()["journey"]);
}

#[test]
fn applications_recorded_from_version_0_1_are_read() {
    for name in ["completed", "review", "unreadable"] {
        let recorded = fixture(&format!("recorded/{name}.json"));
        let events = recorded["events"].as_array().unwrap();
        events.iter().for_each(reads_leniently::<Envelope>);
        reads_leniently::<Snapshot>(&recorded["snapshot"]);
        let events: Vec<Envelope> = events.iter().map(|event| read(event).unwrap()).collect();
        let journey = domain::journey::Journey::fold(&events);
        assert_eq!(serde_json::to_value(journey).unwrap(), recorded["snapshot"]["journey"], "{name}");
    }
}

#[test]
fn unknown_values_are_refused_as_newer() {
    let events = all_of("events.json");
    refuses_as_newer::<Envelope>(&events[0], &["/eventType"]);
    let document = [
        "/data/documents/0/kind",
        "/data/documents/0/provider",
        "/data/documents/0/issues/0",
        "/data/documents/0/extractedFields/familyName/source",
        "/data/documents/0/extractedFields/familyName/provider",
        "/data/documents/0/extractedFields/familyName/readSource",
        "/data/documents/0/extractedFields/familyName/otherReadings/0/source",
        "/data/documents/0/extractedFields/familyName/otherReadings/0/provider",
    ];
    refuses_as_newer::<Envelope>(&events[1], &document);
    let fields = "/data/documents/0/extractedFields";
    let newer = with_change(&events[1], fields, |fields| fields["addedLater"] = fields["familyName"].clone());
    assert!(read::<Envelope>(&newer).unwrap_err().is_newer());
    let kyc = [
        "/data/status",
        "/data/riskLevel",
        "/data/checks/0/checkType",
        "/data/evidence/0/kind",
        "/data/evidence/0/provider",
    ];
    refuses_as_newer::<Envelope>(&events[2], &kyc);
    refuses_as_newer::<Envelope>(&events[5], &["/data/stage"]);
    refuses_as_newer::<ServerFrame>(&all_of("frames.json")[0], &["/type", "/step"]);
    refuses_as_newer::<Needs>(&fixture("needs.json"), &["/interests/0", "/employment", "/home", "/vehicle"]);
    refuses_as_newer::<Screening>(&fixture("screening.json"), &["/outcome", "/hits/0/dateOfBirth", "/hits/0/country"]);
    let snapshot_places = [
        "/journey/kyc/status",
        "/journey/documents/0/kind",
        "/journey/problems/0/tile",
        "/pending/0/kind",
        "/needs/home",
    ];
    refuses_as_newer::<Snapshot>(&snapshot(), &snapshot_places);
}

#[test]
fn unknown_source_and_provider_are_kept_as_they_are() {
    for (event, at) in [(0, "/source"), (1, "/data/aiProvider")] {
        let newer = with_change(&all_of("events.json")[event], at, |text| *text = json!("added-later"));
        let read: Envelope = read(&newer).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), newer);
    }
    let reviewed = with_change(&all_of("events.json")[2], "/source", |text| *text = json!("review-kyc"));
    let reviewed: Envelope = read(&reviewed).unwrap();
    assert_eq!(reviewed.source.as_str(), "review-kyc");
    assert_ne!(reviewed.source, Stage::PerformKyc);
}

#[test]
fn newer_events_are_distinguished_from_corrupt_ones() {
    let event = all_of("events.json")[2].clone();
    let invalid = |at: &str, value: Value| {
        let changed = with_change(&event, at, |old| *old = value);
        Envelope::from_slice(changed.to_string().as_bytes()).unwrap_err()
    };
    for newer in [
        invalid("/schemaVersion", json!(2)),
        invalid("/eventType", json!("ADDED_LATER")),
        invalid("/data/status", json!("ADDED_LATER")),
    ] {
        assert!(newer.is_newer(), "{newer}");
    }
    for corrupt in [
        invalid("/schemaVersion", json!(0)),
        invalid("/sequence", json!(-1)),
        invalid("/customerId", json!("x")),
        invalid("/data/checks", json!({})),
        invalid("/data", json!({"status": "APPROVED"})),
        Envelope::from_slice(b"{\"schemaVersion\": 1, ").unwrap_err(),
        Envelope::from_slice(b"").unwrap_err(),
    ] {
        assert!(!corrupt.is_newer(), "{corrupt}");
        assert!(
            matches!(corrupt, InvalidEvent::UnknownVersion(0)) || corrupt.to_string().starts_with("not an event: ")
        );
    }
}
