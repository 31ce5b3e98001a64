//! The state of the page: the journey, and the state that only this page has.

use std::collections::BTreeMap;

use domain::api::{PendingDocument, ReadingStep, ServerFrame, Snapshot};
use domain::document::Proof;
use domain::event::{ApplicationId, EventData, Stage};
use domain::journey::{Journey, Tile, TileState};
use domain::needs::Needs;
use leptos::prelude::*;
use uuid::Uuid;

use crate::logic::connection::{ConnectionSignal, ConnectionState, SequenceCheck, check_sequence};
use crate::logic::failure::SessionEnd;
use crate::logic::frame;
use crate::logic::tiles::{LocalState, Rules, ShownState};

/// The identifiers of this page's session. They only name the requested objects; the session cookie gives access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The customer.
    pub customer_id: Uuid,
    /// The application.
    pub application_id: ApplicationId,
}

/// The action that an applied frame requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing.
    Nothing,
    /// The snapshot must be fetched, because something is missing.
    FetchSnapshot,
}

/// Signals that the whole page shares. Copies are handles to the same state.
#[derive(Clone, Copy)]
pub struct PageStore {
    /// The session. `None` for a new visitor.
    pub session: RwSignal<Option<Session>>,
    /// The fold of all events so far.
    pub journey: RwSignal<Journey>,
    /// The documents that are being read.
    pub pending: RwSignal<Vec<PendingDocument>>,
    /// The current step of each reading.
    pub steps: RwSignal<BTreeMap<Uuid, ReadingStep>>,
    /// The needs, after they were submitted.
    pub needs: RwSignal<Option<Needs>>,
    /// The policy that is selected and not confirmed yet.
    pub choice: RwSignal<Option<String>>,
    /// The rules by which tiles are displayed.
    pub rules: RwSignal<Rules>,
    /// The live connection.
    pub connection: RwSignal<ConnectionState>,
    /// Whether the page is hydrated. Nothing can be sent before.
    pub hydrated: RwSignal<bool>,
    /// Why the page cannot go on, once it cannot.
    pub session_end: RwSignal<Option<SessionEnd>>,
    /// Whether the server sent unreadable data, because a newer version runs there.
    pub newer_version: RwSignal<bool>,
    /// The time until which a connected phone may upload documents.
    pub phone_until: RwSignal<Option<String>>,
    /// Whether the applicant requested a link for a phone.
    pub phone_asked: RwSignal<bool>,
}

impl PageStore {
    /// The state of a new visitor.
    pub fn empty() -> Self {
        Self {
            session: RwSignal::new(None),
            journey: RwSignal::new(Journey::default()),
            pending: RwSignal::new(Vec::new()),
            steps: RwSignal::new(BTreeMap::new()),
            needs: RwSignal::new(None),
            choice: RwSignal::new(None),
            rules: RwSignal::new(initial_rules()),
            connection: RwSignal::new(ConnectionState::Idle),
            hydrated: RwSignal::new(false),
            session_end: RwSignal::new(None),
            newer_version: RwSignal::new(false),
            phone_until: RwSignal::new(None),
            phone_asked: RwSignal::new(false),
        }
    }

    /// Applies a snapshot. An older snapshot than the state changes nothing.
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

    /// Applies the text of a frame. If this build cannot read it, the page offers a reload and fetches the snapshot,
    /// which may be readable.
    pub fn receive_text(&self, text: &str) -> Reaction {
        frame::read(text).map_or_else(
            || {
                self.newer_version.set(true);
                Reaction::FetchSnapshot
            },
            |frame| self.receive(frame),
        )
    }

    /// Applies a frame of the live connection.
    pub fn receive(&self, frame: ServerFrame) -> Reaction {
        match frame {
            ServerFrame::Event { event } => {
                match check_sequence(self.journey.with_untracked(|journey| journey.last_sequence), event.sequence) {
                    SequenceCheck::Known => return Reaction::Nothing,
                    SequenceCheck::Gap => return Reaction::FetchSnapshot,
                    SequenceCheck::Next => self.journey.update(|journey| journey.apply(&event)),
                }
                match &event.data {
                    EventData::DocumentsProcessed(data) => {
                        for document in &data.documents {
                            self.document_read(document.document_id);
                        }
                        Reaction::Nothing
                    }
                    // The error does not name its document. The snapshot has the documents that are still being read.
                    EventData::WorkflowError(error)
                        if error.stage == Stage::ProcessDocuments && !self.pending.with_untracked(Vec::is_empty) =>
                    {
                        Reaction::FetchSnapshot
                    }
                    _ => Reaction::Nothing,
                }
            }
            ServerFrame::Progress(progress) => {
                self.steps.update(|steps| {
                    let step = steps.entry(progress.document_id).or_insert(progress.step);
                    // A frame may arrive late, and a step never goes back.
                    *step = (*step).max(progress.step);
                });
                Reaction::Nothing
            }
            ServerFrame::Resync {} => Reaction::FetchSnapshot,
            ServerFrame::Status(status) => {
                // Nothing is missing if the last event that was sent is known.
                if status.sequence > self.journey.with_untracked(|journey| journey.last_sequence) {
                    Reaction::FetchSnapshot
                } else {
                    Reaction::Nothing
                }
            }
            ServerFrame::Echo { .. } => Reaction::Nothing,
        }
    }

    /// Records a document that the server accepted and is going to read.
    pub fn document_accepted(&self, pending: PendingDocument) {
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

    fn document_read(&self, document_id: Uuid) {
        self.pending.update(|all| all.retain(|pending| pending.document_id != document_id));
        self.steps.update(|steps| {
            steps.remove(&document_id);
        });
    }

    /// Applies a signal of the connection.
    pub fn connection_changed(&self, signal: ConnectionSignal) {
        let state = self.connection.get_untracked();
        let after = state.after(signal);
        if after != state {
            self.connection.set(after);
        }
    }

    /// The state that only this page has.
    pub fn local_state(&self) -> LocalState {
        let reading = |proof| self.pending.with(|all| all.iter().any(|pending| pending.kind.proves() == proof));
        LocalState {
            session: self.session.with(Option::is_some),
            reading_identity: reading(Proof::Identity),
            reading_address: reading(Proof::Address),
            needs_answered: self.needs.with(Option::is_some),
            policy_chosen: self.choice.with(Option::is_some),
        }
    }

    /// The state of a tile as shown.
    pub fn tile(&self, tile: Tile) -> TileState {
        let (local, rules) = (self.local_state(), self.rules.get());
        self.journey.with(|journey| (rules.state)(journey, &local, tile))
    }

    /// The state of a tile with its outcome and text.
    pub fn shown(&self, tile: Tile) -> ShownState {
        let state = self.tile(tile);
        self.journey.with(|journey| ShownState::new(journey, tile, state))
    }

    /// Whether a tile is open by default.
    pub fn opens(&self, tile: Tile) -> bool {
        let (local, rules) = (self.local_state(), self.rules.get());
        self.journey.with(|journey| (rules.open)(journey, &local, tile))
    }

    /// The summary line of a tile.
    pub fn line(&self, tile: Tile) -> String {
        let (local, rules) = (self.local_state(), self.rules.get());
        self.journey.with(|journey| (rules.line)(journey, &local, tile))
    }

    /// The current tile.
    pub fn current(&self) -> Option<Tile> {
        let (local, rules) = (self.local_state(), self.rules.get());
        self.journey.with(|journey| (rules.current)(journey, &local))
    }
}

#[cfg(not(feature = "hydrate"))]
const fn initial_rules() -> Rules {
    Rules::all()
}

#[cfg(feature = "hydrate")]
fn initial_rules() -> Rules {
    crate::browser::parts::loaded().session.map_or_else(Rules::before_events, |part| part.rules())
}

/// The page's state, from anywhere inside `App`.
pub fn use_store() -> PageStore {
    expect_context::<PageStore>()
}

#[cfg(test)]
mod tests;
