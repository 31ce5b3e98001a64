//! The state of the page: one journey, and what the page knows beside it.

use std::collections::BTreeMap;

use domain::api::{PendingDocument, ReadingStep, ServerFrame, Snapshot};
use domain::document::Proof;
use domain::event::{ApplicationId, EventData, Stage};
use domain::journey::{Journey, Tile, TileState};
use domain::needs::Needs;
use leptos::prelude::*;
use uuid::Uuid;

use crate::logic::connection::{ConnectionSignal, ConnectionState, Receipt, receipt};
use crate::logic::tiles::{self, Beside};

/// Whose page this is. The session cookie gives access; these only name what is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The customer.
    pub customer_id: Uuid,
    /// The application.
    pub application_id: ApplicationId,
}

/// What a frame calls for beyond what was folded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing.
    Nothing,
    /// The snapshot must be fetched: something is missing here.
    Fetch,
}

/// Signals that the whole page shares. Copies are handles to the same state.
#[derive(Clone, Copy)]
pub struct Store {
    /// Whose page this is; none: a new visitor.
    pub session: RwSignal<Option<Session>>,
    /// The fold of all events so far.
    pub journey: RwSignal<Journey>,
    /// Documents that are being read.
    pub pending: RwSignal<Vec<PendingDocument>>,
    /// How far their reading is.
    pub steps: RwSignal<BTreeMap<Uuid, ReadingStep>>,
    /// The needs, once they were answered.
    pub needs: RwSignal<Option<Needs>>,
    /// The policy that the applicant has in mind.
    pub choice: RwSignal<Option<String>>,
    /// The live connection.
    pub connection: RwSignal<ConnectionState>,
    /// Whether the browser has taken over: until then, nothing can be sent.
    pub hydrated: RwSignal<bool>,
    /// Whether the server no longer knows this session.
    pub session_over: RwSignal<bool>,
    /// Until when a phone may hand in documents, if one does.
    pub phone_until: RwSignal<Option<String>>,
    /// Whether the applicant asked for a link for a phone.
    pub phone_asked: RwSignal<bool>,
}

impl Store {
    /// The state that a snapshot describes.
    pub fn new(snapshot: Option<Snapshot>) -> Self {
        let store = Self {
            session: RwSignal::new(None),
            journey: RwSignal::new(Journey::default()),
            pending: RwSignal::new(Vec::new()),
            steps: RwSignal::new(BTreeMap::new()),
            needs: RwSignal::new(None),
            choice: RwSignal::new(None),
            connection: RwSignal::new(ConnectionState::Idle),
            hydrated: RwSignal::new(false),
            session_over: RwSignal::new(false),
            phone_until: RwSignal::new(None),
            phone_asked: RwSignal::new(false),
        };
        if let Some(snapshot) = snapshot {
            store.restore(snapshot);
        }
        store
    }

    /// Takes a snapshot over. One that is older than what is known here changes nothing.
    pub fn restore(&self, snapshot: Snapshot) {
        if snapshot.journey.last_sequence < self.journey.with_untracked(|journey| journey.last_sequence) {
            return;
        }
        let session = Session { customer_id: snapshot.customer_id, application_id: snapshot.application_id };
        if self.session.with_untracked(|known| known.as_ref() != Some(&session)) {
            self.session.set(Some(session));
        }
        self.steps.update(|steps| steps.retain(|id, _| snapshot.pending.iter().any(|p| p.document_id == *id)));
        self.journey.set(snapshot.journey);
        self.pending.set(snapshot.pending);
        if self.phone_until.with_untracked(|known| *known != snapshot.phone_until) {
            self.phone_until.set(snapshot.phone_until);
        }
        if snapshot.needs.is_some() {
            self.needs.set(snapshot.needs);
        }
    }

    /// Takes in what the live connection brought.
    pub fn receive(&self, frame: ServerFrame) -> Reaction {
        match frame {
            ServerFrame::Event { event } => {
                match receipt(self.journey.with_untracked(|journey| journey.last_sequence), event.sequence) {
                    Receipt::Known => return Reaction::Nothing,
                    Receipt::Gap => return Reaction::Fetch,
                    Receipt::Next => self.journey.update(|journey| journey.apply(&event)),
                }
                match &event.data {
                    EventData::DocumentsProcessed(data) => {
                        for document in &data.documents {
                            self.read(document.document_id);
                        }
                        Reaction::Nothing
                    }
                    // It does not name the document; the snapshot tells which ones are still being read.
                    EventData::WorkflowError(error)
                        if error.stage == Stage::ProcessDocuments && !self.pending.with_untracked(Vec::is_empty) =>
                    {
                        Reaction::Fetch
                    }
                    _ => Reaction::Nothing,
                }
            }
            ServerFrame::Progress(progress) => {
                self.steps.update(|steps| {
                    let step = steps.entry(progress.document_id).or_insert(progress.step);
                    // Frames may be late; steps do not go back.
                    *step = (*step).max(progress.step);
                });
                Reaction::Nothing
            }
            ServerFrame::Resync {} => Reaction::Fetch,
            ServerFrame::Status(status) => {
                // Nothing is missing where the last event sent is the last one known.
                if status.sequence > self.journey.with_untracked(|journey| journey.last_sequence) {
                    Reaction::Fetch
                } else {
                    Reaction::Nothing
                }
            }
            ServerFrame::Echo { .. } => Reaction::Nothing,
        }
    }

    /// The server took a document and is going to read it.
    pub fn reading(&self, pending: PendingDocument) {
        let id = pending.document_id;
        let read_already =
            self.journey.with_untracked(|journey| journey.documents.iter().any(|document| document.document_id == id));
        if !read_already {
            let proof = pending.kind.proves();
            self.pending.update(|all| {
                all.retain(|other| other.kind.proves() != proof);
                all.push(pending);
            });
        }
    }

    fn read(&self, document_id: Uuid) {
        self.pending.update(|all| all.retain(|pending| pending.document_id != document_id));
        self.steps.update(|steps| {
            steps.remove(&document_id);
        });
    }

    /// The connection changed.
    pub fn signal(&self, signal: ConnectionSignal) {
        let state = self.connection.get_untracked();
        let after = state.after(signal);
        if after != state {
            self.connection.set(after);
        }
    }

    /// What the page knows beside the journey.
    pub fn beside(&self) -> Beside {
        let reading = |proof| self.pending.with(|all| all.iter().any(|pending| pending.kind.proves() == proof));
        Beside {
            session: self.session.with(Option::is_some),
            reading_identity: reading(Proof::Identity),
            reading_address: reading(Proof::Address),
            needs_answered: self.needs.with(Option::is_some),
            policy_chosen: self.choice.with(Option::is_some),
        }
    }

    /// The state of a tile, as shown.
    pub fn tile(&self, tile: Tile) -> TileState {
        let beside = self.beside();
        self.journey.with(|journey| tiles::state(journey, &beside, tile))
    }

    /// Where the applicant is.
    pub fn current(&self) -> Option<Tile> {
        let beside = self.beside();
        self.journey.with(|journey| tiles::current(journey, &beside))
    }
}

/// The page's state, from anywhere inside `App`.
pub fn use_store() -> Store {
    expect_context::<Store>()
}

#[cfg(test)]
mod tests;
