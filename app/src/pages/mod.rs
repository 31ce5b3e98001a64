//! The pages. They connect the state with tiles and components.

mod address;
mod journey;
mod not_found;
mod outbox;
mod page_frame;
mod phone;
#[cfg(feature = "ssr")]
mod server_error;
mod thank_you;
mod title;

pub(crate) use address::{Page, ShownPage};
pub use journey::JourneyPage;
pub use not_found::NotFound;
pub use outbox::OutboxPage;
pub use phone::{PhoneLinkPage, PhonePage};
#[cfg(feature = "ssr")]
pub use server_error::ServerError;
pub use thank_you::ThankYou;
