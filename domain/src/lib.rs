//! The rules, without input or output: events, the journey they fold into, the parsing of an applicant, the
//! machine-readable zone, the identity check and the scoring of policies.
//!
//! The server and the browser run this same crate, so that both decide alike. Time, randomness and identifiers are
//! parameters: the same input gives the same answer, today and in an audit years later.

pub mod aamva;
pub mod agreement;
pub mod api;
pub mod applicant;
#[cfg(feature = "review")]
pub mod case;
pub mod country;
pub mod date;
pub mod document;
pub mod event;
pub mod field_error;
pub mod field_value;
pub mod invisible;
pub mod journey;
pub mod kyc;
pub mod licence;
pub mod mrz;
pub mod names;
pub mod needs;
pub mod policy;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
mod text;
pub mod versions;
pub mod watchlist;
