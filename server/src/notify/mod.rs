//! Notifications: to the applicant, to compliance, to support. A seam, since the world differs: Amazon SNS, or kept
//! locally where a person can read them.

mod local;
mod messages;
mod sns;

use domain::event::Envelope;
use futures::future::BoxFuture;

pub use local::LocalNotifier;
pub use messages::{Audience, Message, message_for};
pub use sns::{SnsNotifier, SnsTopics};

/// A notification that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The folder of local messages.
    #[error("local message: {0}")]
    Io(#[from] std::io::Error),
    /// SNS.
    #[error("SNS Publish: {0}")]
    Sns(String),
}

/// Takes notifications.
pub trait Notifier: Send + Sync + 'static {
    /// Sends what belongs to `event`. A second call for the same event must not be a second message where the
    /// receiving side can tell.
    fn send<'a>(&'a self, event: &'a Envelope, message: &'a Message) -> BoxFuture<'a, Result<(), NotifyError>>;
}
