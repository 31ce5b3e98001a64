//! The display of a tile: its state, whether it is open, and its summary line.

use domain::document::Proof;
use domain::event::KycStatus;
use domain::journey::{Journey, Tile, TileState};

use super::choice::selected;
use super::fields::{Outdated, outdated_documents};
use super::text;

/// The state that only this page has, in addition to the journey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalState {
    /// A session exists, so the details were sent.
    pub session: bool,
    /// A proof of identity is being read.
    pub reading_identity: bool,
    /// A proof of address is being read.
    pub reading_address: bool,
    /// The needs were submitted.
    pub needs_answered: bool,
    /// A policy was selected and not confirmed yet.
    pub policy_chosen: bool,
}

impl LocalState {
    /// Whether a document that proves `proof` is being read.
    pub const fn reading(&self, proof: Proof) -> bool {
        match proof {
            Proof::Identity => self.reading_identity,
            Proof::Address => self.reading_address,
        }
    }
}

/// The state of a tile as its frame and the rail show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownState {
    /// The state.
    pub state: TileState,
    /// The outcome of the identity check, on its own tile.
    pub outcome: Option<KycStatus>,
    /// The state as text.
    pub text: &'static str,
}

impl ShownState {
    /// Of a tile in `state`.
    pub fn new(journey: &Journey, tile: Tile, state: TileState) -> Self {
        Self { state, outcome: outcome(journey, tile), text: state_text(journey, tile, state) }
    }
}

/// How tiles are displayed. The rules for a journey need much code, so a page without a session begins with those for a
/// new visitor.
#[derive(Clone, Copy)]
pub struct Rules {
    /// The state of a tile.
    pub state: fn(&Journey, &LocalState, Tile) -> TileState,
    /// Whether a tile is open by default.
    pub open: fn(&Journey, &LocalState, Tile) -> bool,
    /// The current tile.
    pub current: fn(&Journey, &LocalState) -> Option<Tile>,
    /// The summary line of a tile.
    pub line: fn(&Journey, &LocalState, Tile) -> String,
}

impl Rules {
    /// The rules for every journey.
    pub const fn all() -> Self {
        Self { state, open, current, line }
    }

    /// The rules for a journey without events, which give the same.
    #[cfg(any(test, feature = "hydrate"))]
    pub const fn before_events() -> Self {
        Self {
            state: |_, local, tile| state_before_events(local, tile),
            open: |_, _, tile| tile == Tile::AboutYou,
            current: |_, _| Some(Tile::AboutYou),
            line: |_, local, tile| line_before_events(state_before_events(local, tile), tile).to_owned(),
        }
    }
}

/// The state of a tile before the first event.
#[cfg(any(test, feature = "hydrate"))]
const fn state_before_events(local: &LocalState, tile: Tile) -> TileState {
    match tile {
        Tile::AboutYou if local.session => TileState::Working,
        Tile::AboutYou => TileState::Ready,
        _ => TileState::Locked,
    }
}

/// The summary line of a locked tile, and of the first one before its event.
const fn line_before_events(state: TileState, tile: Tile) -> &'static str {
    match (tile, state) {
        (Tile::AboutYou, TileState::Working) => "Saving your details",
        (Tile::AboutYou, _) => "Your name, date of birth and address",
        (Tile::Documents, _) => "A proof of identity and a proof of address",
        (Tile::IdentityCheck, _) => "Starts by itself when your documents are complete",
        (Tile::YourCover, _) => "A few questions, then the policies that fit",
        (Tile::Confirm, _) => "Your choice and your consent",
    }
}

/// The state to show: that of the journey, or `Working` while the server works on a command that has no event yet.
pub fn state(journey: &Journey, local: &LocalState, tile: Tile) -> TileState {
    let settled = journey.tile(tile);
    let nothing_to_confirm = || journey.documents.iter().all(|document| document.to_confirm().is_empty());
    let handed_in = |proof| local.reading(proof) || journey.document(proof).is_some();
    match (tile, settled) {
        (Tile::AboutYou, TileState::Ready) if local.session => TileState::Working,
        (Tile::Documents, _)
            if (local.reading_identity || local.reading_address)
                && nothing_to_confirm()
                && handed_in(Proof::Identity)
                && handed_in(Proof::Address) =>
        {
            TileState::Working
        }
        // Also while a replacement for a good document is being read.
        (Tile::YourCover, TileState::Ready) if local.needs_answered => TileState::Working,
        _ => settled,
    }
}

/// Whether a tile is open by default. These are open:
///
/// - the first unfinished tile
/// - the questionnaire during the identity check
/// - the checks until there are policies
/// - the policies until one is selected
/// - the documents while one of them is outdated and can be replaced
pub fn open(journey: &Journey, local: &LocalState, tile: Tile) -> bool {
    if journey.completed.is_some() {
        return false;
    }
    let shown = state(journey, local, tile);
    if shown == TileState::Locked {
        return false;
    }
    let first = Tile::ALL.into_iter().find(|tile| state(journey, local, *tile) != TileState::Done);
    first == Some(tile)
        || (tile == Tile::IdentityCheck && journey.recommended.is_none())
        || (tile == Tile::YourCover && (shown != TileState::Done || journey.recommended.is_some()))
        || (tile == Tile::Documents && !outdated_documents(journey).is_empty())
        || (tile == Tile::Documents && local.reading(Proof::Identity) | local.reading(Proof::Address))
}

/// The current tile: the first open one that needs an action, else the first open one.
pub fn current(journey: &Journey, local: &LocalState) -> Option<Tile> {
    let open: Vec<Tile> = Tile::ALL.into_iter().filter(|tile| open(journey, local, *tile)).collect();
    // The policies come before the confirmation.
    if journey.recommended.is_some() && !local.policy_chosen && open.contains(&Tile::YourCover) {
        return Some(Tile::YourCover);
    }
    let wanting = open.iter().copied().find(|tile| {
        let waiting_for_us = *tile == Tile::IdentityCheck && in_review(journey);
        !waiting_for_us && matches!(state(journey, local, *tile), TileState::Ready | TileState::NeedsAttention)
    });
    let unfinished = || open.iter().copied().find(|tile| state(journey, local, *tile) != TileState::Done);
    wanting.or_else(unfinished).or_else(|| open.first().copied())
}

/// Whether the application is in manual review.
pub fn in_review(journey: &Journey) -> bool {
    journey.kyc.as_ref().is_some_and(|kyc| kyc.status == KycStatus::Review)
}

/// The outcome of the identity check, for its own tile. The tile's state does not distinguish review from rejection.
pub fn outcome(journey: &Journey, tile: Tile) -> Option<KycStatus> {
    journey.kyc.as_ref().map(|kyc| kyc.status).filter(|_| tile == Tile::IdentityCheck)
}

/// A state as text.
pub fn state_text(journey: &Journey, tile: Tile, state: TileState) -> &'static str {
    match (tile, state) {
        (Tile::IdentityCheck, TileState::NeedsAttention) => match outcome(journey, tile) {
            Some(KycStatus::Review) => "With a colleague",
            Some(KycStatus::Rejected) => "Not passed",
            _ => "Needs attention",
        },
        (_, TileState::Locked) => "Not started",
        (_, TileState::Ready) => "Your turn",
        (Tile::Documents, TileState::Working) => "Being read",
        (Tile::IdentityCheck, TileState::Working) => "Checking",
        (_, TileState::Working) => "In progress",
        (Tile::Documents, TileState::NeedsAttention) if journey.is_asked() => "Your turn",
        (_, TileState::NeedsAttention) => "Needs attention",
        (_, TileState::Done) => "Done",
    }
}

/// The summary line: the known data, or the question to come.
pub fn line(journey: &Journey, local: &LocalState, tile: Tile) -> String {
    let state = state(journey, local, tile);
    match (tile, state) {
        (Tile::AboutYou, _) => match &journey.user_info {
            Some(info) => {
                format!("{}, born {}", info.full_name(), text::date(&info.date_of_birth))
            }
            None => line_before_events(state, tile).to_owned(),
        },
        (_, TileState::Locked) => line_before_events(state, tile).to_owned(),
        (Tile::Documents, TileState::Done) => match outdated_documents(journey).into_iter().next() {
            Some((_, Outdated::TooOld(date))) => {
                format!("Your proof of address is dated {date}: a newer one would help")
            }
            Some((_, Outdated::Expired(date))) => {
                format!("Your proof of identity ran out on {date}: a valid one would help")
            }
            None => {
                let kinds: Vec<_> = journey.documents.iter().map(|document| document.kind.label()).collect();
                format!("{} received and read", sentence(&kinds))
            }
        },
        (Tile::Documents, TileState::NeedsAttention) if journey.problem(tile).is_none() => {
            let fields: usize = journey.documents.iter().map(|document| document.to_confirm().len()).sum();
            format!("{} to check", text::count(fields, "field", "fields"))
        }
        (Tile::Documents, TileState::NeedsAttention) if journey.is_asked() => {
            "A colleague asks for another document".to_owned()
        }
        (Tile::Documents, TileState::NeedsAttention) => "A document could not be used".to_owned(),
        (Tile::Documents, TileState::Working) => "We are reading what you sent; this takes seconds".to_owned(),
        (Tile::Documents, TileState::Ready) => "A proof of identity and a proof of address".to_owned(),
        (Tile::IdentityCheck, TileState::Working) => "Five checks; this takes seconds".to_owned(),
        (Tile::IdentityCheck, TileState::Done) => "Your identity is confirmed".to_owned(),
        (Tile::IdentityCheck, _) => match outcome(journey, tile) {
            Some(KycStatus::Review) => "A colleague is looking at your application".to_owned(),
            Some(KycStatus::Rejected) => "We could not confirm your identity".to_owned(),
            _ => "The check could not be finished".to_owned(),
        },
        (Tile::YourCover, TileState::Done) => {
            let found = journey.recommended.as_ref().map_or(0, |data| data.recommendations.len());
            format!("{} found for you", text::count(found, "policy", "policies"))
        }
        (Tile::YourCover, TileState::Working) => "We have your answers".to_owned(),
        (Tile::YourCover, TileState::NeedsAttention) => "Your policies could not be worked out".to_owned(),
        (Tile::YourCover, TileState::Ready) => "Nine short questions".to_owned(),
        (Tile::Confirm, TileState::Done) => selected(journey)
            .map_or_else(|| "Your policy is chosen".to_owned(), |policy| format!("You chose {}", policy.name)),
        (Tile::Confirm, _) => "Choose one policy and confirm".to_owned(),
    }
}

/// `Passport`, `Passport and proof of address`.
fn sentence(kinds: &[&str]) -> String {
    let mut text = kinds.join(" and ").to_lowercase();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

#[cfg(test)]
mod tests;
