//! The two proofs that an applicant hands in, as the page names them.

use domain::document::{DocumentKind, Proof};

/// The prefix of the ids of a proof's elements.
pub const fn slug(proof: Proof) -> &'static str {
    match proof {
        Proof::Identity => "identity",
        Proof::Address => "address",
    }
}

/// The kind of document that is preselected.
pub const fn default_kind(proof: Proof) -> DocumentKind {
    match proof {
        Proof::Identity => DocumentKind::Passport,
        Proof::Address => DocumentKind::ProofOfAddress,
    }
}
