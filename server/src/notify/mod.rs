//! Notifications: to the applicant, to compliance, to support. A seam, since the world differs: Amazon SNS, or kept
//! locally where a person can read them.

mod local;
mod messages;
mod sns;

use domain::event::Envelope;
use futures::future::BoxFuture;

use crate::errors::ErrorKind;

pub use local::LocalNotifier;
pub use messages::{Audience, Message, message_for};
pub use sns::{SnsNotifier, SnsTopics};

/// Why a notification was not sent.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The folder of local messages cannot be written.
    #[error("local message: {0}")]
    Io(#[from] std::io::Error),
    /// SNS refused the message, failed or timed out.
    #[error("SNS Publish: {message}")]
    Sns {
        /// What can be done about it.
        kind: ErrorKind,
        /// The SDK's description.
        message: String,
    },
}

impl NotifyError {
    /// What can be done about it. A folder that cannot be written waits for the operator, like a service that is down.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io(_) => ErrorKind::Unavailable,
            Self::Sns { kind, .. } => *kind,
        }
    }
}

/// Takes notifications.
pub trait Notifier: Send + Sync + 'static {
    /// Sends what belongs to `event`. A second call for the same event must not be a second message where the
    /// receiving side can tell.
    fn send<'a>(&'a self, event: &'a Envelope, message: &'a Message) -> BoxFuture<'a, Result<(), NotifyError>>;
}
