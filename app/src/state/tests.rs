#![allow(clippy::unwrap_used)]

use domain::api::{ConnectionStatus, Progress};
use domain::document::{Document, DocumentKind};
use domain::event::{DocumentsProcessed, Envelope, SCHEMA_VERSION, UserInfo, WorkflowError};
use jiff::Timestamp;

use super::*;

const CUSTOMER: Uuid = Uuid::from_u128(7);

fn event(sequence: u64, data: EventData) -> ServerFrame {
    let event = Envelope {
        event_id: Uuid::from_u128(u128::from(sequence)),
        source: "test".into(),
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

fn with_store(test: impl FnOnce(Store)) {
    Owner::new().with(|| test(Store::new(None)));
}

#[test]
fn events_are_folded_once_and_a_gap_asks_for_the_snapshot() {
    with_store(|store| {
        assert_eq!(store.receive(info(1)), Reaction::Nothing);
        assert_eq!(store.receive(info(1)), Reaction::Nothing);
        assert_eq!(store.journey.with_untracked(|j| j.history.len()), 1);
        assert_eq!(store.receive(processed(3, 9)), Reaction::Fetch);
        assert_eq!(store.journey.with_untracked(|j| j.last_sequence), 1);
    });
}

#[test]
fn a_document_is_pending_until_its_event_whatever_comes_first() {
    with_store(|store| {
        store.receive(info(1));
        store.reading(pending(9));
        let step = |step| ServerFrame::Progress(Progress { document_id: Uuid::from_u128(9), step });
        store.receive(step(ReadingStep::ReadingPage));
        store.receive(step(ReadingStep::Preparing));
        assert_eq!(store.steps.get_untracked().get(&Uuid::from_u128(9)), Some(&ReadingStep::ReadingPage));
        store.receive(processed(2, 9));
        assert!(store.pending.get_untracked().is_empty() && store.steps.get_untracked().is_empty());
        // The answer to the upload arrives after the event.
        store.reading(pending(9));
        assert!(store.pending.get_untracked().is_empty());
    });
}

#[test]
fn a_failed_reading_asks_which_documents_are_still_pending() {
    with_store(|store| {
        store.receive(info(1));
        store.reading(pending(9));
        let error = WorkflowError {
            stage: Stage::ProcessDocuments,
            code: "document_unreadable".into(),
            message: "m".into(),
            retryable: true,
            refused: false,
            fields: vec![],
            caused_by: None,
        };
        assert_eq!(store.receive(event(2, EventData::WorkflowError(error))), Reaction::Fetch);
        assert_eq!(store.tile(Tile::Documents), TileState::NeedsAttention);
    });
}

#[test]
fn an_older_snapshot_does_not_undo_newer_events() {
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
fn a_status_that_is_ahead_of_the_page_asks_for_the_snapshot() {
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
        assert_eq!(store.receive(status(2)), Reaction::Fetch);
    });
}
