//! The texts of the phone's page, and of the link to it.

use domain::document::Proof;

/// The status of a proof on the phone's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofStatus {
    proof: Proof,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Missing,
    Reading,
    Read,
    Rejected,
}

/// The status of `proof`. A reading in progress outweighs a document, and a document outweighs a problem.
pub fn proof_status(proof: Proof, reading: bool, read: bool, problem: bool) -> ProofStatus {
    let phase = match (reading, read, problem) {
        (true, ..) => Phase::Reading,
        (false, true, _) => Phase::Read,
        (false, false, true) => Phase::Rejected,
        (false, false, false) => Phase::Missing,
    };
    ProofStatus { proof, phase }
}

impl ProofStatus {
    /// The announcement for screen readers.
    pub fn text(self) -> String {
        let what = match self.phase {
            Phase::Missing => "we still need it",
            Phase::Reading => "we are reading it",
            Phase::Read => "we have it",
            Phase::Rejected => "please take another photo",
        };
        format!("{}: {what}.", self.proof.title())
    }
}

/// The remaining validity of a link, in whole minutes so that it is announced seldom. `None`: it has expired.
pub fn remaining_text(seconds: u32) -> Option<String> {
    match seconds {
        0 => None,
        1..60 => Some("The code works for less than a minute.".to_owned()),
        60..120 => Some("The code works for one more minute.".to_owned()),
        _ => Some(format!("The code works for {} more minutes.", seconds / 60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remaining_time_is_shown_in_minutes_and_expires() {
        let left = |seconds| remaining_text(seconds).unwrap_or_default();
        assert_eq!(left(600), "The code works for 10 more minutes.");
        assert_eq!(left(120), "The code works for 2 more minutes.");
        assert_eq!(left(119), "The code works for one more minute.");
        assert_eq!(left(59), "The code works for less than a minute.");
        assert_eq!(remaining_text(0), None);
    }

    #[test]
    fn proof_status_shows_the_most_important_state() {
        let text = |reading, read, problem| proof_status(Proof::Identity, reading, read, problem).text();
        assert_eq!(text(true, true, true), "Proof of identity: we are reading it.");
        assert_eq!(text(false, true, true), "Proof of identity: we have it.");
        assert_eq!(text(false, false, true), "Proof of identity: please take another photo.");
        assert_eq!(text(false, false, false), "Proof of identity: we still need it.");
    }
}
