//! The pages. They connect the state with tiles and components.

mod journey;
mod not_found;
mod outbox;
mod page_frame;
mod phone;
mod server_error;
mod thank_you;

pub use journey::JourneyPage;
pub use not_found::NotFound;
pub use outbox::OutboxPage;
pub use phone::{PhoneLinkPage, PhonePage};
pub use server_error::ServerError;
pub use thank_you::ThankYou;
