//! The journey: a pure fold from a customer's events to the five tiles.
//!
//! The server folds for the first page and the snapshot, the browser folds live events; both run this code.

use serde::{Deserialize, Serialize};

use crate::document::{Document, Proof};
use crate::event::{
    Ask, Envelope, EventData, KycStatus, KycVerified, PolicyRecommended, Stage, UserInfo, WorkflowCompleted,
    WorkflowError,
};

/// The five tiles, in reading order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tile {
    /// The applicant's details.
    AboutYou,
    /// Proof of identity and of address.
    Documents,
    /// The five checks.
    IdentityCheck,
    /// Needs, and the policies that fit.
    YourCover,
    /// Summary, choice and consent.
    Confirm,
}

impl Tile {
    /// All tiles, in reading order.
    pub const ALL: [Self; 5] = [Self::AboutYou, Self::Documents, Self::IdentityCheck, Self::YourCover, Self::Confirm];

    /// Its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::AboutYou => "About you",
            Self::Documents => "Documents",
            Self::IdentityCheck => "Identity check",
            Self::YourCover => "Your cover",
            Self::Confirm => "Confirm",
        }
    }

    /// Its number, from 1.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The tile that an error of `stage` belongs to.
    const fn of_stage(stage: Stage) -> Option<Self> {
        match stage {
            Stage::SubmitUserInfo => Some(Self::AboutYou),
            Stage::ProcessDocuments | Stage::ConfirmFields => Some(Self::Documents),
            Stage::PerformKyc | Stage::ReviewKyc => Some(Self::IdentityCheck),
            Stage::GenerateRecommendations => Some(Self::YourCover),
            Stage::SubmitPolicySelection => Some(Self::Confirm),
            Stage::ConsumeEvent => None,
        }
    }
}

/// The state of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TileState {
    /// An earlier tile comes first.
    Locked,
    /// Waits for the applicant.
    Ready,
    /// The system is working.
    Working,
    /// Somebody must act: the applicant, or a reviewer.
    NeedsAttention,
    /// Finished.
    Done,
}

/// An unresolved error of a tile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TileProblem {
    /// The tile.
    pub tile: Tile,
    /// The error.
    pub error: WorkflowError,
}

/// One line of the history on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryLine {
    /// When: RFC 3339, UTC, to the second.
    pub at: String,
    /// What happened, in words for the applicant.
    pub text: String,
}

/// The state that results from a customer's events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Journey {
    /// The sequence of the last event folded in; 0 before the first.
    pub last_sequence: u64,
    /// Tile 1.
    pub user_info: Option<UserInfo>,
    /// Tile 2.
    pub documents: Vec<Document>,
    /// Tile 3.
    pub kyc: Option<KycVerified>,
    /// Tile 4.
    pub recommended: Option<PolicyRecommended>,
    /// Tile 5.
    pub completed: Option<WorkflowCompleted>,
    /// The newest problem of each tile that has one.
    pub problems: Vec<TileProblem>,
    /// The history, oldest first.
    pub history: Vec<HistoryLine>,
}

impl Journey {
    /// Folds all events of a customer, in sequence.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Envelope>) -> Self {
        let mut journey = Self::default();
        for event in events {
            journey.apply(event);
        }
        journey
    }

    /// Folds one more event. A repeated event changes nothing.
    pub fn apply(&mut self, event: &Envelope) {
        if event.sequence <= self.last_sequence {
            return;
        }
        self.last_sequence = event.sequence;
        let text = match &event.data {
            EventData::UserInfoSubmitted(info) => {
                self.clear_problem(Tile::AboutYou);
                self.user_info = Some(info.clone());
                "Your details were saved."
            }
            EventData::DocumentsProcessed(data) => {
                self.clear_problem(Tile::Documents);
                self.documents.clone_from(&data.documents);
                // A decision from other documents is void, unless it was an approval.
                if self.kyc.as_ref().is_some_and(|kyc| kyc.status != KycStatus::Approved) {
                    self.kyc = None;
                }
                if event.source == Stage::ConfirmFields {
                    "Your corrections were saved."
                } else {
                    "A document was read."
                }
            }
            EventData::KycVerified(data) => {
                self.clear_problem(Tile::IdentityCheck);
                self.kyc = Some(data.clone());
                match data.status {
                    KycStatus::Review if !data.asks.is_empty() => "A colleague asked for another document.",
                    KycStatus::Approved => "Your identity was confirmed.",
                    KycStatus::Review => "Your application went to a colleague for review.",
                    KycStatus::Rejected => "Your identity check was not passed.",
                }
            }
            EventData::PolicyRecommended(data) => {
                self.clear_problem(Tile::YourCover);
                self.recommended = Some(data.clone());
                "Policies were found for you."
            }
            EventData::WorkflowCompleted(data) => {
                self.clear_problem(Tile::Confirm);
                self.completed = Some(data.clone());
                "You chose your policy."
            }
            EventData::WorkflowError(error) => {
                if error.is_in_response() {
                    return;
                }
                if let Some(tile) = Tile::of_stage(error.stage) {
                    self.clear_problem(tile);
                    self.problems.push(TileProblem { tile, error: error.clone() });
                }
                "Something did not work."
            }
        };
        self.history.push(HistoryLine { at: format!("{:.0}", event.timestamp), text: text.to_owned() });
    }

    fn clear_problem(&mut self, tile: Tile) {
        self.problems.retain(|problem| problem.tile != tile);
    }

    /// The open problem of a tile.
    pub fn problem(&self, tile: Tile) -> Option<&WorkflowError> {
        self.problems.iter().find(|problem| problem.tile == tile).map(|problem| &problem.error)
    }

    /// Whether a person asks for documents.
    pub fn is_asked(&self) -> bool {
        self.kyc.as_ref().is_some_and(|kyc| !kyc.asks.is_empty())
    }

    /// What a person asks for in place of the document that proves `proof`.
    pub fn ask(&self, proof: Proof) -> Option<&Ask> {
        self.kyc.as_ref().and_then(|kyc| kyc.asks.iter().find(|ask| ask.proof == proof))
    }

    /// The current document that proves `proof`.
    pub fn document(&self, proof: Proof) -> Option<&Document> {
        self.documents.iter().find(|document| document.kind.proves() == proof)
    }

    /// Whether both proofs exist and no field is left to confirm.
    pub fn documents_complete(&self) -> bool {
        documents_complete(&self.documents)
    }

    /// The state of a tile.
    pub fn tile(&self, tile: Tile) -> TileState {
        use TileState::{Done, Locked, NeedsAttention, Ready, Working};
        let has_problem = self.problem(tile).is_some();
        match tile {
            Tile::AboutYou if self.user_info.is_some() => Done,
            Tile::AboutYou if has_problem => NeedsAttention,
            Tile::AboutYou => Ready,
            Tile::Documents if self.user_info.is_none() => Locked,
            Tile::Documents if has_problem || self.is_asked() => NeedsAttention,
            Tile::Documents if self.documents_complete() => Done,
            Tile::Documents if self.documents.iter().any(|d| !d.to_confirm().is_empty()) => NeedsAttention,
            Tile::Documents => Ready,
            Tile::IdentityCheck => match &self.kyc {
                Some(kyc) if kyc.status == KycStatus::Approved => Done,
                Some(_) => NeedsAttention,
                None if has_problem => NeedsAttention,
                None if self.tile(Tile::Documents) == Done => Working,
                None => Locked,
            },
            Tile::YourCover if self.recommended.is_some() => Done,
            Tile::YourCover if has_problem => NeedsAttention,
            Tile::YourCover => match self.tile(Tile::IdentityCheck) {
                Locked => Locked,
                _ if self.kyc.as_ref().is_some_and(|kyc| kyc.status == KycStatus::Rejected) => Locked,
                _ => Ready,
            },
            Tile::Confirm if self.completed.is_some() => Done,
            Tile::Confirm if self.recommended.is_none() => Locked,
            Tile::Confirm if has_problem => NeedsAttention,
            Tile::Confirm => Ready,
        }
    }
}

/// Whether `documents` prove identity and address, with no field left for the applicant to confirm.
pub fn documents_complete(documents: &[Document]) -> bool {
    let proven = |proof| documents.iter().any(|d| d.kind.proves() == proof && d.to_confirm().is_empty());
    proven(Proof::Identity) && proven(Proof::Address)
}

#[cfg(test)]
mod tests;
