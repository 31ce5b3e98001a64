//! Keeps messages in a folder, one file an event, where `/outbox` shows them.

use std::path::PathBuf;

use domain::api::OutboxMessage;
use domain::event::Envelope;
use futures::future::BoxFuture;

use super::{Message, Notifier, NotifyError};

/// How many messages the page shows, the newest first.
const SHOWN: usize = 200;

/// The local stand-in for a notification service.
#[derive(Clone, Debug)]
pub struct LocalNotifier {
    folder: PathBuf,
}

impl LocalNotifier {
    /// Keeps messages in `folder`, which is made where missing and readable by its owner only.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn new(folder: PathBuf) -> std::io::Result<Self> {
        crate::private::folder(&folder)?;
        Ok(Self { folder })
    }

    /// The newest messages, the newest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn messages(&self) -> std::io::Result<Vec<OutboxMessage>> {
        let mut names = Vec::new();
        let mut entries = tokio::fs::read_dir(&self.folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                names.push(path);
            }
        }
        // Named by event, and event identifiers (UUID v7) sort by time.
        names.sort_unstable_by(|a, b| b.cmp(a));
        let mut messages = Vec::new();
        for path in names.into_iter().take(SHOWN) {
            let bytes = tokio::fs::read(&path).await?;
            messages.push(serde_json::from_slice(&bytes).map_err(std::io::Error::other)?);
        }
        Ok(messages)
    }

    async fn keep(&self, event: &Envelope, message: &Message) -> Result<(), NotifyError> {
        let kept = OutboxMessage {
            event_id: event.event_id,
            at: format!("{:.3}", event.timestamp),
            audience: message.audience.as_str().to_owned(),
            to: message.to.clone(),
            subject: message.subject.clone(),
            body: message.body.clone(),
        };
        let json = serde_json::to_vec_pretty(&kept).map_err(std::io::Error::other)?;
        // Written beside and renamed: a reader never sees half a message, and one event leaves one.
        let path = self.folder.join(format!("{}.json", event.event_id));
        let beside = path.with_extension("part");
        tokio::fs::write(&beside, json).await?;
        tokio::fs::rename(&beside, &path).await?;
        Ok(())
    }
}

impl Notifier for LocalNotifier {
    fn send<'a>(&'a self, event: &'a Envelope, message: &'a Message) -> BoxFuture<'a, Result<(), NotifyError>> {
        Box::pin(self.keep(event, message))
    }
}
