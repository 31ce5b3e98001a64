//! The five tiles.

mod about_details;
mod about_you;
mod camera;
mod confirm;
mod cover;
mod document_doubts;
mod document_fields;
mod document_notes;
mod document_picture;
mod document_slot;
mod documents;
mod frame;
mod handoff;
mod identity_check;
mod outcome;
mod phone_documents;
mod policies;
mod problem;
mod questionnaire;
mod reading;
mod upload_form;
mod waiting;

pub use about_you::AboutYou;
pub use confirm::Confirm;
pub use cover::Cover;
pub use documents::Documents;
pub use frame::TileFrame;
pub use identity_check::IdentityCheck;
pub use phone_documents::PhoneDocuments;
