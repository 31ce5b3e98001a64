//! Notifications by Amazon SNS, with one topic per audience.

use std::time::Duration;

use aws_sdk_sns::Client;
use aws_sdk_sns::error::DisplayErrorContext;
use aws_sdk_sns::types::MessageAttributeValue;
use domain::event::Envelope;
use futures::future::BoxFuture;

use super::{Audience, Message, Notifier, NotifyError};
use crate::errors::ErrorKind;

/// The time limit of one publication, retries included.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The ARNs of the topics.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct SnsTopics {
    pub applicant: String,
    pub compliance: String,
    pub support: String,
}

/// Publishes to SNS.
pub struct SnsNotifier {
    client: Client,
    topics: SnsTopics,
}

impl SnsNotifier {
    /// Publishes through `client` to `topics`.
    pub fn new(client: Client, topics: SnsTopics) -> Self {
        Self { client, topics }
    }

    async fn publish(&self, event: &Envelope, message: &Message) -> Result<(), NotifyError> {
        let topic = match message.audience {
            Audience::Applicant => &self.topics.applicant,
            Audience::Compliance => &self.topics.compliance,
            Audience::Support => &self.topics.support,
        };
        let attribute = |value: &str| {
            MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()
                .map_err(|error| NotifyError::Sns { kind: ErrorKind::Refused, message: error.to_string() })
        };
        let mut request = self
            .client
            .publish()
            .topic_arn(topic)
            .subject(&message.subject)
            .message(&message.body)
            // Subscribers recognise repetitions by it.
            .message_attributes("eventId", attribute(&event.event_id.to_string())?);
        if let Some(to) = &message.to {
            request = request.message_attributes("email", attribute(to)?);
        }
        if topic.ends_with(".fifo") {
            request = request
                .message_group_id(event.customer_id.to_string())
                .message_deduplication_id(event.event_id.to_string());
        }
        match tokio::time::timeout(TIMEOUT, request.send()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(NotifyError::Sns {
                kind: ErrorKind::of_sdk(&error),
                message: DisplayErrorContext(&error).to_string(),
            }),
            Err(_) => Err(NotifyError::Sns {
                kind: ErrorKind::Unavailable,
                message: format!("no answer within {} s", TIMEOUT.as_secs()),
            }),
        }
    }
}

impl Notifier for SnsNotifier {
    fn send<'a>(&'a self, event: &'a Envelope, message: &'a Message) -> BoxFuture<'a, Result<(), NotifyError>> {
        Box::pin(self.publish(event, message))
    }
}
