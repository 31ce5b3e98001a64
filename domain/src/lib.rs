//! What is true, without any input or output: events, the journey they fold into, the rules that parse an applicant,
//! read a machine-readable zone, decide an identity check and score a policy.
//!
//! The server and the browser run this same crate, so that both judge alike. Time, randomness and identifiers come in
//! as parameters: the same input gives the same answer, today and in an audit years later.

pub mod aamva;
pub mod agreement;
pub mod api;
pub mod applicant;
pub mod country;
pub mod document;
pub mod event;
pub mod field_value;
pub mod journey;
pub mod kyc;
pub mod licence;
pub mod mrz;
pub mod names;
pub mod needs;
pub mod policy;
mod text;
pub mod watchlist;
