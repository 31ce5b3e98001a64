//! The journey: a pure fold from a customer's events to the five tiles.
//!
//! The server folds for the first page and the snapshot, the browser folds what comes live; both run this code.

use serde::{Deserialize, Serialize};

use crate::document::{Document, Proof};
use crate::event::{
    Envelope, EventData, KycStatus, KycVerified, PolicyRecommended, Stage, UserInfo, WorkflowCompleted, WorkflowError,
};

/// The five tiles, in reading order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tile {
    /// Who the applicant is.
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
            Stage::PerformKyc => Some(Self::IdentityCheck),
            Stage::GenerateRecommendations => Some(Self::YourCover),
            Stage::SubmitPolicySelection => Some(Self::Confirm),
            Stage::ConsumeEvent => None,
        }
    }
}

/// What a tile is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TileState {
    /// An earlier tile comes first.
    Locked,
    /// The applicant's turn.
    Ready,
    /// The machine's turn.
    Working,
    /// Something must be looked at, by the applicant or by a person on our side.
    NeedsAttention,
    /// Finished.
    Done,
}

/// Something that went wrong in a tile and has not been overcome yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TileProblem {
    /// Where.
    pub tile: Tile,
    /// What.
    pub error: WorkflowError,
}

/// One line of what happened, for the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryLine {
    /// When: RFC 3339, UTC, to the second.
    pub at: String,
    /// What, in words for the applicant.
    pub text: String,
}

/// The state that a customer's events add up to.
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
    /// What happened when, oldest first.
    pub history: Vec<HistoryLine>,
}

impl Journey {
    /// Folds events, in sequence, from the beginning.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Envelope>) -> Self {
        let mut journey = Self::default();
        for event in events {
            journey.apply(event);
        }
        journey
    }

    /// Folds one more event. One that was folded before changes nothing.
    pub fn apply(&mut self, event: &Envelope) {
        if event.sequence <= self.last_sequence {
            return;
        }
        self.last_sequence = event.sequence;
        let text = match &event.data {
            EventData::UserInfoSubmitted(info) => {
                self.solve(Tile::AboutYou);
                self.user_info = Some(info.clone());
                "Your details were saved."
            }
            EventData::DocumentsProcessed(data) => {
                self.solve(Tile::Documents);
                self.documents.clone_from(&data.documents);
                // What was decided from other documents does not stand.
                if self.kyc.as_ref().is_some_and(|kyc| kyc.status != KycStatus::Approved) {
                    self.kyc = None;
                }
                if event.source == Stage::ConfirmFields.as_str() {
                    "Your corrections were saved."
                } else {
                    "A document was read."
                }
            }
            EventData::KycVerified(data) => {
                self.solve(Tile::IdentityCheck);
                self.kyc = Some(data.clone());
                match data.status {
                    KycStatus::Approved => "Your identity was confirmed.",
                    KycStatus::Review => "Your application went to a colleague for review.",
                    KycStatus::Rejected => "Your identity check was not passed.",
                }
            }
            EventData::PolicyRecommended(data) => {
                self.solve(Tile::YourCover);
                self.recommended = Some(data.clone());
                "Policies were found for you."
            }
            EventData::WorkflowCompleted(data) => {
                self.solve(Tile::Confirm);
                self.completed = Some(data.clone());
                "You chose your policy."
            }
            EventData::WorkflowError(error) => {
                if error.answered_on_the_spot() {
                    return;
                }
                if let Some(tile) = Tile::of_stage(error.stage) {
                    self.solve(tile);
                    self.problems.push(TileProblem { tile, error: error.clone() });
                }
                "Something did not work."
            }
        };
        self.history.push(HistoryLine { at: format!("{:.0}", event.timestamp), text: text.to_owned() });
    }

    fn solve(&mut self, tile: Tile) {
        self.problems.retain(|problem| problem.tile != tile);
    }

    /// The open problem of a tile.
    pub fn problem(&self, tile: Tile) -> Option<&WorkflowError> {
        self.problems.iter().find(|problem| problem.tile == tile).map(|problem| &problem.error)
    }

    /// The current document that proves `proof`.
    pub fn document(&self, proof: Proof) -> Option<&Document> {
        self.documents.iter().find(|document| document.kind.proves() == proof)
    }

    /// Whether both proofs are there and nothing is left to confirm.
    pub fn documents_complete(&self) -> bool {
        documents_complete(&self.documents)
    }

    /// The state of a tile.
    pub fn tile(&self, tile: Tile) -> TileState {
        use TileState::{Done, Locked, NeedsAttention, Ready, Working};
        let troubled = self.problem(tile).is_some();
        match tile {
            Tile::AboutYou if self.user_info.is_some() => Done,
            Tile::AboutYou if troubled => NeedsAttention,
            Tile::AboutYou => Ready,
            Tile::Documents if self.user_info.is_none() => Locked,
            Tile::Documents if troubled => NeedsAttention,
            Tile::Documents if self.documents_complete() => Done,
            Tile::Documents if self.documents.iter().any(|d| !d.to_confirm().is_empty()) => NeedsAttention,
            Tile::Documents => Ready,
            Tile::IdentityCheck => match &self.kyc {
                Some(kyc) if kyc.status == KycStatus::Approved => Done,
                Some(_) => NeedsAttention,
                None if troubled => NeedsAttention,
                None if self.tile(Tile::Documents) == Done => Working,
                None => Locked,
            },
            Tile::YourCover if self.recommended.is_some() => Done,
            Tile::YourCover if troubled => NeedsAttention,
            Tile::YourCover => match self.tile(Tile::IdentityCheck) {
                Locked => Locked,
                _ if self.kyc.as_ref().is_some_and(|kyc| kyc.status == KycStatus::Rejected) => Locked,
                _ => Ready,
            },
            Tile::Confirm if self.completed.is_some() => Done,
            Tile::Confirm if self.recommended.is_none() => Locked,
            Tile::Confirm if troubled => NeedsAttention,
            Tile::Confirm => Ready,
        }
    }
}

/// Whether `documents` prove identity and address, with nothing left for the applicant to confirm.
pub fn documents_complete(documents: &[Document]) -> bool {
    let proven = |proof| documents.iter().any(|d| d.kind.proves() == proof && d.to_confirm().is_empty());
    proven(Proof::Identity) && proven(Proof::Address)
}

#[cfg(test)]
mod tests;
