//! Any bytes as the JSON that the program receives: events, frames, snapshots, bodies of requests. One value per line,
//! or one value in all.
#![no_main]

use std::fmt::Debug;

use domain::api::{
    AnswerNeeds, ClientFrame, ConfirmFields, CustomerCreated, Events, Handoff, OutboxMessage, Problem, Selection,
    ServerFrame, Snapshot, SubmitUserInfo,
};
use domain::applicant::Applicant;
use domain::event::{Envelope, SCHEMA_VERSION, UserInfo};
use domain::journey::{Journey, Tile, TileState};
use domain::needs::Needs;
use domain::policy::ValidNeeds;
use domain::versions;
use jiff::civil::{Date, date};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

const TODAY: Date = date(2026, 11, 26);

fuzz_target!(|data: &[u8]| {
    read(data);
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    if lines.len() > 1 {
        lines.iter().for_each(|line| read(line));
        fold(&lines.iter().filter_map(|line| Envelope::from_slice(line).ok()).collect::<Vec<_>>());
    }
});

fn read(json: &[u8]) {
    if let Ok(event) = Envelope::from_slice(json) {
        assert_eq!(event.schema_version, SCHEMA_VERSION);
        stable(event.clone());
        fold(&[event]);
    }
    if let Ok(snapshot) = versions::read::<Snapshot>(json) {
        stable(snapshot.clone());
        redacted(snapshot);
    }
    stored::<ServerFrame>(json);
    stored::<ClientFrame>(json);
    stored::<Events>(json);
    stored::<Problem>(json);
    stored::<Handoff>(json);
    stored::<OutboxMessage>(json);
    stored::<CustomerCreated>(json);
    stored::<ConfirmFields>(json);
    stored::<Selection>(json);
    stored::<Needs>(json);
    if let Ok(body) = serde_json::from_slice::<SubmitUserInfo>(json)
        && let Ok(applicant) = Applicant::parse(&UserInfo::from(body), TODAY)
    {
        stable(applicant.user_info());
    }
    if let Ok(body) = serde_json::from_slice::<AnswerNeeds>(json) {
        let needs = Needs::from(body);
        if let Ok(valid) = ValidNeeds::parse(&needs) {
            assert_eq!(valid.needs(), &needs);
        }
        stable(needs);
    }
}

fn stored<T: DeserializeOwned + Serialize + PartialEq + Debug>(json: &[u8]) {
    if let Ok(value) = versions::read::<T>(json) {
        stable(value);
    }
}

/// What the program wrote it reads, and writes it in the same way.
fn stable<T: DeserializeOwned + Serialize + PartialEq + Debug>(value: T) {
    let written = serde_json::to_string(&value).expect("JSON");
    let read: T = versions::read(written.as_bytes()).expect("JSON of this program");
    assert_eq!(serde_json::to_string(&read).expect("JSON"), written);
}

fn fold(events: &[Envelope]) {
    let mut journey = Journey::fold(events);
    let once = journey.clone();
    events.iter().for_each(|event| journey.apply(event));
    assert_eq!(journey, once, "a repeated event changes nothing");
    let done = |tile| journey.tile(tile) == TileState::Done;
    assert_eq!(done(Tile::AboutYou), journey.user_info.is_some());
    assert_eq!(done(Tile::Confirm), journey.completed.is_some());
    assert!(Tile::ALL.into_iter().all(|tile| journey.problems.iter().filter(|one| one.tile == tile).count() <= 1));
    stable(journey);
}

/// A phone sees documents without their fields, and nothing else.
fn redacted(snapshot: Snapshot) {
    let seen = snapshot.clone().redacted();
    assert_eq!(seen.clone().redacted(), seen);
    assert!(seen.needs.is_none());
    let Journey { user_info, kyc, recommended, completed, history, documents, problems, .. } = seen.journey;
    assert!(user_info.is_none() && kyc.is_none() && recommended.is_none() && completed.is_none());
    assert!(history.is_empty() && problems.iter().all(|problem| problem.tile == Tile::Documents));
    assert_eq!(documents.len(), snapshot.journey.documents.len());
    assert!(documents.iter().all(|document| document.extracted_fields.is_empty() && document.sha256.is_none()));
}
