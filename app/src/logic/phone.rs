//! What a phone is told, and what the computer's page says of the phone.

use domain::document::Proof;

/// Where a proof is, for a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    proof: Proof,
    at: At,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Asked,
    Reading,
    Read,
    Again,
}

/// Where `proof` is, by what the page knows.
pub fn told(proof: Proof, reading: bool, read: bool, problem: bool) -> Told {
    let at = match (reading, read, problem) {
        (true, ..) => At::Reading,
        (false, true, _) => At::Read,
        (false, false, true) => At::Again,
        (false, false, false) => At::Asked,
    };
    Told { proof, at }
}

impl Told {
    /// For those who hear the page.
    pub fn words(self) -> String {
        let name = match self.proof {
            Proof::Identity => "Proof of identity",
            Proof::Address => "Proof of address",
        };
        let what = match self.at {
            At::Asked => "we still need it",
            At::Reading => "we are reading it",
            At::Read => "we have it",
            At::Again => "please take another photo",
        };
        format!("{name}: {what}.")
    }
}

/// For how long a link still works, in words that change seldom. None: it does not work any more.
pub fn link_left(seconds: u32) -> Option<String> {
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
    fn time_is_told_in_minutes_and_ends() {
        let left = |seconds| link_left(seconds).unwrap_or_default();
        assert_eq!(left(600), "The code works for 10 more minutes.");
        assert_eq!(left(120), "The code works for 2 more minutes.");
        assert_eq!(left(119), "The code works for one more minute.");
        assert_eq!(left(59), "The code works for less than a minute.");
        assert_eq!(link_left(0), None);
    }

    #[test]
    fn a_proof_is_told_by_what_matters_most() {
        let words = |reading, read, problem| told(Proof::Identity, reading, read, problem).words();
        assert_eq!(words(true, true, true), "Proof of identity: we are reading it.");
        assert_eq!(words(false, true, true), "Proof of identity: we have it.");
        assert_eq!(words(false, false, true), "Proof of identity: please take another photo.");
        assert_eq!(words(false, false, false), "Proof of identity: we still need it.");
    }
}
