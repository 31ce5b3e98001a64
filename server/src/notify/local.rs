//! Stores messages in a folder, one file per event, for `/outbox`.

use std::path::PathBuf;

use domain::api::OutboxMessage;
use domain::event::Envelope;
use futures::future::BoxFuture;

use super::{Message, Notifier, NotifyError};

/// How many messages the page shows.
const SHOWN: usize = 200;

/// The local replacement of a notification service.
#[derive(Clone, Debug)]
pub struct LocalNotifier {
    folder: PathBuf,
}

impl LocalNotifier {
    /// Stores messages in `folder`, which is created if it is missing, with access for its owner only.
    ///
    /// # Errors
    /// The folder cannot be created.
    pub fn new(folder: PathBuf) -> std::io::Result<Self> {
        crate::private::folder(&folder)?;
        Ok(Self { folder })
    }

    /// The newest messages, newest first.
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
        // The names are event ids (UUID v7), which sort by time.
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
        // Written atomically, and readable by its owner only, because it contains an address.
        let path = self.folder.join(format!("{}.json", event.event_id));
        tokio::task::spawn_blocking(move || crate::private::write(&path, &json))
            .await
            .map_err(std::io::Error::other)??;
        Ok(())
    }
}

impl Notifier for LocalNotifier {
    fn send<'a>(&'a self, event: &'a Envelope, message: &'a Message) -> BoxFuture<'a, Result<(), NotifyError>> {
        Box::pin(self.keep(event, message))
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use domain::event::{ApplicationId, EventData, Stage, UserInfo};
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::commands::envelope;
    use crate::notify::Audience;

    #[tokio::test]
    async fn message_is_readable_by_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        // The owner has opened the folder to other users.
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let notifier = LocalNotifier::new(folder.path().to_owned()).unwrap();
        let id = ApplicationId::new(Uuid::from_u128(1), Timestamp::UNIX_EPOCH);
        let data = EventData::UserInfoSubmitted(UserInfo::default());
        let event = envelope(&id, 1, Stage::SubmitUserInfo, data, Timestamp::UNIX_EPOCH);
        let message = Message {
            audience: Audience::Applicant,
            to: Some("ingrid@example.com".to_owned()),
            subject: "s".to_owned(),
            body: "b".to_owned(),
        };
        notifier.send(&event, &message).await.unwrap();
        notifier.send(&event, &message).await.unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(notifier.messages().await.unwrap()[0].to.as_deref(), Some("ingrid@example.com"));
    }
}
