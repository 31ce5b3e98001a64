#![allow(clippy::unwrap_used)]

use domain::api::{ConnectionStatus, Progress};
use domain::document::{Document, DocumentKind};
use domain::event::{DocumentsProcessed, Envelope, SCHEMA_VERSION, Stage, UserInfo, WorkflowError};
use jiff::Timestamp;

use super::*;

const CUSTOMER: Uuid = Uuid::from_u128(7);

fn event(sequence: u64, data: EventData) -> ServerFrame {
    let event = Envelope {
        event_id: Uuid::from_u128(u128::from(sequence)),
        source: Stage::SubmitUserInfo.into(),
        customer_id: CUSTOMER,
        application_id: ApplicationId::new(CUSTOMER, Timestamp::UNIX_EPOCH),
        sequence,
        schema_version: SCHEMA_VERSION,
        timestamp: Timestamp::UNIX_EPOCH,
        data,
    };
    ServerFrame::Event { event: Box::new(event) }
}

fn info(sequence: u64) -> ServerFrame {
    event(sequence, EventData::UserInfoSubmitted(UserInfo::default()))
}

fn pending(id: u128) -> PendingDocument {
    PendingDocument { document_id: Uuid::from_u128(id), kind: DocumentKind::Passport, file_name: "p.jpg".into() }
}

fn processed(sequence: u64, id: u128) -> ServerFrame {
    let document = Document::new(Uuid::from_u128(id), "p.jpg".into(), DocumentKind::Passport, BTreeMap::new());
    event(
        sequence,
        EventData::DocumentsProcessed(DocumentsProcessed { documents: vec![document], ..Default::default() }),
    )
}

fn with_store(test: impl FnOnce(PageStore)) {
    Owner::new().with(|| test(PageStore::empty()));
}

#[test]
fn event_is_applied_once_and_a_gap_fetches_the_snapshot() {
    with_store(|store| {
        assert_eq!(store.receive(info(1)), Reaction::Nothing);
        assert_eq!(store.receive(info(1)), Reaction::Nothing);
        assert_eq!(store.journey.with_untracked(|j| j.history.len()), 1);
        assert_eq!(store.receive(processed(3, 9)), Reaction::FetchSnapshot);
        assert_eq!(store.journey.with_untracked(|j| j.last_sequence), 1);
    });
}

#[test]
fn document_is_pending_until_its_event_in_any_order_of_arrival() {
    with_store(|store| {
        store.receive(info(1));
        store.document_accepted(pending(9));
        let step = |step| ServerFrame::Progress(Progress { document_id: Uuid::from_u128(9), step });
        store.receive(step(ReadingStep::ReadingPage));
        store.receive(step(ReadingStep::Preparing));
        assert_eq!(store.steps.get_untracked().get(&Uuid::from_u128(9)), Some(&ReadingStep::ReadingPage));
        store.receive(processed(2, 9));
        assert!(store.pending.get_untracked().is_empty() && store.steps.get_untracked().is_empty());
        // The answer to the upload may arrive after the event.
        store.document_accepted(pending(9));
        assert!(store.pending.get_untracked().is_empty());
    });
}

#[test]
fn failed_reading_fetches_the_snapshot() {
    with_store(|store| {
        store.receive(info(1));
        store.document_accepted(pending(9));
        let error = WorkflowError {
            stage: Stage::ProcessDocuments,
            code: "document_unreadable".into(),
            message: "m".into(),
            retryable: true,
            refused: false,
            fields: vec![],
            caused_by: None,
        };
        assert_eq!(store.receive(event(2, EventData::WorkflowError(error))), Reaction::FetchSnapshot);
        assert_eq!(store.tile(Tile::Documents), TileState::NeedsAttention);
    });
}

#[test]
fn older_snapshot_does_not_undo_newer_events() {
    with_store(|store| {
        store.receive(info(1));
        store.restore(Snapshot {
            customer_id: CUSTOMER,
            application_id: ApplicationId::new(CUSTOMER, Timestamp::UNIX_EPOCH),
            journey: Journey::default(),
            pending: vec![pending(1)],
            needs: None,
            phone_until: None,
            documents_deleted_at: None,
        });
        assert!(store.pending.get_untracked().is_empty());
        assert_eq!(store.journey.with_untracked(|j| j.last_sequence), 1);
    });
}

#[test]
fn status_ahead_of_the_page_fetches_the_snapshot() {
    with_store(|store| {
        let status = |sequence| {
            ServerFrame::Status(ConnectionStatus {
                connection_id: Uuid::nil(),
                customer_id: CUSTOMER,
                sequence,
                connected_at: String::new(),
            })
        };
        store.receive(info(1));
        assert_eq!(store.receive(status(1)), Reaction::Nothing);
        assert_eq!(store.receive(status(2)), Reaction::FetchSnapshot);
    });
}

#[test]
fn unreadable_frame_asks_for_reload_and_keeps_the_state() {
    let known = serde_json::to_value(info(1)).unwrap();
    let changed = |pointer: &str, value: serde_json::Value| {
        let mut frame = known.clone();
        *frame.pointer_mut(pointer).unwrap() = value;
        frame.to_string()
    };
    for unreadable in [
        changed("/type", "pause".into()),
        changed("/event/eventType", "POLICY_RENEWED".into()),
        changed("/event/schemaVersion", (SCHEMA_VERSION + 1).into()),
        r#"{"type":"progress","documentId":"00000000-0000-0000-0000-000000000009","step":"translating"}"#.to_owned(),
    ] {
        with_store(|store| {
            assert_eq!(store.receive_text(&unreadable), Reaction::FetchSnapshot, "{unreadable}");
            assert!(store.newer_version.get_untracked(), "{unreadable}");
            assert_eq!(store.journey.get_untracked(), Journey::default(), "{unreadable}");
        });
    }
}

#[test]
fn unknown_field_of_a_frame_is_no_reason_to_reload() {
    let mut frame = serde_json::to_value(info(1)).unwrap();
    for object in ["", "/event", "/event/data"] {
        frame.pointer_mut(object).unwrap().as_object_mut().unwrap().insert("addedLater".into(), true.into());
    }
    with_store(|store| {
        assert_eq!(store.receive_text(&frame.to_string()), Reaction::Nothing);
        assert!(!store.newer_version.get_untracked());
        assert_eq!(store.journey.with_untracked(|journey| journey.last_sequence), 1);
    });
}
