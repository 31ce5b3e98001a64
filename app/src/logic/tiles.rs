//! What a tile shows: its state with what only this page knows, whether it is open, and its one line.

use domain::document::Proof;
use domain::event::KycStatus;
use domain::journey::{Journey, Tile, TileState};

use super::choice::selected;
use super::fields::{Late, late_in};
use super::words;

/// What the page knows beside the journey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// There is a session: the details were sent.
    pub session: bool,
    /// A proof of identity is being read.
    pub reading_identity: bool,
    /// A proof of address is being read.
    pub reading_address: bool,
    /// The needs were answered.
    pub needs_answered: bool,
    /// One of the policies was chosen, though not confirmed.
    pub policy_chosen: bool,
}

impl Beside {
    /// Whether a document that proves `proof` is being read.
    pub const fn reading(&self, proof: Proof) -> bool {
        match proof {
            Proof::Identity => self.reading_identity,
            Proof::Address => self.reading_address,
        }
    }
}

/// The state to show: the journey's, or `Working` while something is under way that is no event yet.
pub fn state(journey: &Journey, beside: &Beside, tile: Tile) -> TileState {
    let settled = journey.tile(tile);
    let nothing_to_confirm = || journey.documents.iter().all(|document| document.to_confirm().is_empty());
    let handed_in = |proof| beside.reading(proof) || journey.document(proof).is_some();
    match (tile, settled) {
        (Tile::AboutYou, TileState::Ready) if beside.session => TileState::Working,
        (Tile::Documents, _)
            if (beside.reading_identity || beside.reading_address)
                && nothing_to_confirm()
                && handed_in(Proof::Identity)
                && handed_in(Proof::Address) =>
        {
            TileState::Working
        }
        // A replacement for a document that was good is not yet judged either.
        (Tile::YourCover, TileState::Ready) if beside.needs_answered => TileState::Working,
        _ => settled,
    }
}

/// Whether a tile is open without being asked to: the first one that is not finished; the questionnaire while the
/// identity check is with us; the checks, so that one sees them pass, until there are policies to look at; the policies
/// until one of them is chosen; a document whose time is over, as long as another can take its place.
pub fn open(journey: &Journey, beside: &Beside, tile: Tile) -> bool {
    if journey.completed.is_some() {
        return false;
    }
    let shown = state(journey, beside, tile);
    if shown == TileState::Locked {
        return false;
    }
    let first = Tile::ALL.into_iter().find(|tile| state(journey, beside, *tile) != TileState::Done);
    first == Some(tile)
        || (tile == Tile::IdentityCheck && journey.recommended.is_none())
        || (tile == Tile::YourCover && (shown != TileState::Done || journey.recommended.is_some()))
        || (tile == Tile::Documents && !late_in(journey).is_empty())
        || (tile == Tile::Documents && beside.reading(Proof::Identity) | beside.reading(Proof::Address))
}

/// The tile where the applicant is: the first one that is open and wants something, else the first open one.
pub fn current(journey: &Journey, beside: &Beside) -> Option<Tile> {
    let open: Vec<Tile> = Tile::ALL.into_iter().filter(|tile| open(journey, beside, *tile)).collect();
    // The policies want looking at before there is anything to confirm.
    if journey.recommended.is_some() && !beside.policy_chosen && open.contains(&Tile::YourCover) {
        return Some(Tile::YourCover);
    }
    let wanting = open.iter().copied().find(|tile| {
        let waiting_for_us = *tile == Tile::IdentityCheck && in_review(journey);
        !waiting_for_us && matches!(state(journey, beside, *tile), TileState::Ready | TileState::NeedsAttention)
    });
    let unfinished = || open.iter().copied().find(|tile| state(journey, beside, *tile) != TileState::Done);
    wanting.or_else(unfinished).or_else(|| open.first().copied())
}

/// Whether a colleague has the application on the desk.
pub fn in_review(journey: &Journey) -> bool {
    journey.kyc.as_ref().is_some_and(|kyc| kyc.status == KycStatus::Review)
}

/// What came of the identity check, for its own tile: a state alone does not tell a review from a rejection.
pub fn outcome(journey: &Journey, tile: Tile) -> Option<KycStatus> {
    journey.kyc.as_ref().map(|kyc| kyc.status).filter(|_| tile == Tile::IdentityCheck)
}

/// A state in words.
pub fn state_words(journey: &Journey, tile: Tile, state: TileState) -> &'static str {
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
        (_, TileState::NeedsAttention) => "Needs attention",
        (_, TileState::Done) => "Done",
    }
}

/// What is known, in one line; what comes, where nothing is.
pub fn line(journey: &Journey, beside: &Beside, tile: Tile) -> String {
    let state = state(journey, beside, tile);
    match (tile, state) {
        (Tile::AboutYou, _) => match &journey.user_info {
            Some(info) => {
                format!("{} {}, born {}", info.first_name, info.last_name, words::date(&info.date_of_birth))
            }
            None if state == TileState::Working => "Saving your details".to_owned(),
            None => "Your name, date of birth and address".to_owned(),
        },
        (Tile::Documents, TileState::Locked) => "A proof of identity and a proof of address".to_owned(),
        (Tile::Documents, TileState::Done) => match late_in(journey).into_iter().next() {
            Some((_, Late::Old(date))) => format!("Your proof of address is dated {date}: a newer one would help"),
            Some((_, Late::Expired(date))) => {
                format!("Your proof of identity ran out on {date}: a valid one would help")
            }
            None => {
                let kinds: Vec<_> = journey.documents.iter().map(|document| document.kind.label()).collect();
                format!("{} received and read", sentence(&kinds))
            }
        },
        (Tile::Documents, TileState::NeedsAttention) if journey.problem(tile).is_none() => {
            let fields: usize = journey.documents.iter().map(|document| document.to_confirm().len()).sum();
            format!("{} to check", words::count(fields, "field", "fields"))
        }
        (Tile::Documents, TileState::NeedsAttention) => "A document could not be used".to_owned(),
        (Tile::Documents, TileState::Working) => "We are reading what you sent; this takes seconds".to_owned(),
        (Tile::Documents, TileState::Ready) => "A proof of identity and a proof of address".to_owned(),
        (Tile::IdentityCheck, TileState::Locked) => "Starts by itself when your documents are complete".to_owned(),
        (Tile::IdentityCheck, TileState::Working) => "Five checks; this takes seconds".to_owned(),
        (Tile::IdentityCheck, TileState::Done) => "Your identity is confirmed".to_owned(),
        (Tile::IdentityCheck, _) => match outcome(journey, tile) {
            Some(KycStatus::Review) => "A colleague is looking at your application".to_owned(),
            Some(KycStatus::Rejected) => "We could not confirm your identity".to_owned(),
            _ => "The check could not be finished".to_owned(),
        },
        (Tile::YourCover, TileState::Locked) => "A few questions, then the policies that fit".to_owned(),
        (Tile::YourCover, TileState::Done) => {
            let found = journey.recommended.as_ref().map_or(0, |data| data.recommendations.len());
            format!("{} found for you", words::count(found, "policy", "policies"))
        }
        (Tile::YourCover, TileState::Working) => "We have your answers".to_owned(),
        (Tile::YourCover, TileState::NeedsAttention) => "Your policies could not be worked out".to_owned(),
        (Tile::YourCover, TileState::Ready) => "Nine short questions".to_owned(),
        (Tile::Confirm, TileState::Done) => selected(journey)
            .map_or_else(|| "Your policy is chosen".to_owned(), |policy| format!("You chose {}", policy.name)),
        (Tile::Confirm, TileState::Locked) => "Your choice and your consent".to_owned(),
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
