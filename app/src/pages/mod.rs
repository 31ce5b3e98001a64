//! The pages. They wire state and parts together; what they show is in `tiles` and `parts`.

mod frame;
mod journey;
mod not_found;
mod outbox;
mod phone;
mod thank_you;
mod trouble;

pub use journey::JourneyPage;
pub use not_found::NotFound;
pub use outbox::OutboxPage;
pub use phone::{PhoneLinkPage, PhonePage};
pub use thank_you::ThankYou;
pub use trouble::Trouble;
