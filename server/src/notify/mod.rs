//! Notifications to the applicant, to compliance and to support: by Amazon SNS, or stored locally.

mod local;
mod measured;
mod messages;
mod sns;

use domain::event::Envelope;
use futures::future::BoxFuture;

use crate::errors::ErrorKind;

pub use local::LocalNotifier;
pub use measured::MeasuredNotifier;
pub use messages::{Audience, Message, confirmation, reviewed, staff_message};
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
        /// The kind of the error.
        kind: ErrorKind,
        /// The SDK's description.
        message: String,
    },
}

impl NotifyError {
    /// The kind of the error. A folder that cannot be written counts as unavailable: the operator can correct it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io(_) => ErrorKind::Unavailable,
            Self::Sns { kind, .. } => *kind,
        }
    }
}

/// Sends notifications.
pub trait Notifier: Send + Sync + 'static {
    /// Sends the message that belongs to `event`. It may be called again for the same event; the receiver should be
    /// able to recognise the repetition.
    fn send<'a>(&'a self, event: &'a Envelope, message: &'a Message) -> BoxFuture<'a, Result<(), NotifyError>>;
}
