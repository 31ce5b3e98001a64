//! The five tiles.

mod about_details;
mod about_you;
mod camera_control;
mod camera_dialog;
mod confirm;
mod confirm_fields_form;
mod cover;
mod document_fields;
mod document_images;
mod document_notes;
mod document_slot;
mod documents;
mod handoff;
mod identity_check;
mod outcome;
mod phone_documents;
mod policies;
mod problem;
mod questionnaire;
mod reading_progress;
mod tile_frame;
mod upload;
mod upload_form;
mod waiting;

pub use about_you::AboutYou;
pub use confirm::Confirm;
pub use cover::Cover;
pub use documents::Documents;
pub use identity_check::IdentityCheck;
pub use phone_documents::PhoneDocuments;
pub use tile_frame::TileFrame;
pub use waiting::Waiting;
