//! Measures notifications, whichever way they are sent.

use std::sync::Arc;
use std::time::Instant;

use domain::event::Envelope;
use futures::future::BoxFuture;

use super::{Message, Notifier, NotifyError};

/// A notifier whose attempts are measured.
pub struct MeasuredNotifier(Arc<dyn Notifier>);

impl MeasuredNotifier {
    /// Measures the attempts of `notifier`.
    pub fn new(notifier: Arc<dyn Notifier>) -> Self {
        Self(notifier)
    }
}

impl Notifier for MeasuredNotifier {
    fn send<'a>(&'a self, event: &'a Envelope, message: &'a Message) -> BoxFuture<'a, Result<(), NotifyError>> {
        Box::pin(async move {
            let started = Instant::now();
            let sent = self.0.send(event, message).await;
            let (audience, outcome) = (message.audience.as_str(), if sent.is_ok() { "sent" } else { "failed" });
            metrics::counter!("onboard_notifications_total", "audience" => audience, "outcome" => outcome).increment(1);
            metrics::histogram!("onboard_notification_seconds").record(started.elapsed());
            sent
        })
    }
}
