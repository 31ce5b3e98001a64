//! Queries: the snapshot, the events after a sequence, and page images.

use bytes::Bytes;
use domain::api::{PendingDocument, Snapshot};
use domain::event::{ApplicationId, Envelope};
use domain::journey::Journey;
use jiff::Timestamp;
use uuid::Uuid;

use super::{CommandError, Commands};
use crate::blobs::{BlobError, Part};
use crate::store::Application;

impl Commands {
    /// The state of an application.
    ///
    /// # Errors
    /// [`CommandError::NotFound`]; [`CommandError::Store`].
    pub async fn snapshot(&self, id: &ApplicationId) -> Result<Snapshot, CommandError> {
        // Events are loaded first, so that the application is never older than the journey, and no document that an
        // event completed is still pending. Later events reach the page by its socket.
        let events = self.context.store.all_events(id.customer_id()).await?;
        let application = self.context.store.application(id).await?.ok_or(CommandError::NotFound)?;
        Ok(snapshot(application, &events, self.context.clock.now()))
    }

    /// The snapshot of a customer's application, if the customer has one that is `accepted`.
    ///
    /// # Errors
    /// [`CommandError::Store`].
    pub async fn snapshot_of(
        &self,
        customer_id: Uuid,
        accepted: impl Fn(&Application) -> bool,
    ) -> Result<Option<Snapshot>, CommandError> {
        let events = self.context.store.all_events(customer_id).await?;
        let Some(first) = events.first() else { return Ok(None) };
        let application = self.context.store.application(&first.application_id).await?;
        Ok(application.filter(accepted).map(|application| snapshot(application, &events, self.context.clock.now())))
    }

    /// The JPEG image of a page of a current document; the first page is 1. Replaced documents and documents that are
    /// still being read are not found.
    ///
    /// # Errors
    /// [`CommandError::NotFound`], also after its deletion; [`CommandError::Store`]; [`CommandError::Blob`].
    pub async fn page(&self, id: &ApplicationId, document_id: Uuid, page: u8) -> Result<Bytes, CommandError> {
        let application = self.load(id).await?;
        let document = application.documents.iter().find(|document| document.document_id == document_id);
        if !document.is_some_and(|document| (1..=document.pages).contains(&page)) {
            return Err(CommandError::NotFound);
        }
        self.context.blobs.get(id, document_id, Part::Page(page)).await.map_err(|error| match error {
            BlobError::Gone => CommandError::NotFound,
            error => error.into(),
        })
    }

    /// Up to 100 events after `sequence`, in sequence.
    ///
    /// # Errors
    /// [`CommandError::Store`].
    pub async fn events_after(&self, id: &ApplicationId, sequence: u64) -> Result<Vec<Envelope>, CommandError> {
        Ok(self.context.store.events_after(id.customer_id(), sequence).await?)
    }
}

/// The snapshot of these events and this application at `now`. A document in the journey is read, so it is not pending.
fn snapshot(application: Application, events: &[Envelope], now: Timestamp) -> Snapshot {
    let journey = Journey::fold(events);
    let is_read = |document_id| journey.documents.iter().any(|document| document.document_id == document_id);
    let pending = application.pending.into_iter().filter(|pending| !is_read(pending.document_id));
    let pending =
        pending.map(|p| PendingDocument { document_id: p.document_id, kind: p.kind, file_name: p.file_name }).collect();
    Snapshot {
        customer_id: application.application_id.customer_id(),
        application_id: application.application_id,
        journey,
        pending,
        needs: application.needs,
        phone_until: application.phone.filter(|phone| now < phone.until).map(|phone| phone.until.to_string()),
        documents_deleted_at: application.documents_deleted_at,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::document::{Document, DocumentKind};
    use domain::event::{DocumentsProcessed, EventData, Stage, UserInfo};

    use super::*;
    use crate::commands::envelope;
    use crate::store::PendingRead;

    #[test]
    fn document_of_the_journey_is_not_pending() {
        let now = Timestamp::UNIX_EPOCH;
        let id = ApplicationId::new(Uuid::from_u128(1), now);
        let [read, unread] = [2, 3].map(Uuid::from_u128);
        let kind = DocumentKind::Passport;
        let document = Document::new(read, "p.jpg".to_owned(), kind, BTreeMap::new());
        let data = DocumentsProcessed { documents: vec![document], ..DocumentsProcessed::default() };
        let events = [
            envelope(&id, 1, Stage::SubmitUserInfo, EventData::UserInfoSubmitted(UserInfo::default()), now),
            envelope(&id, 2, Stage::ProcessDocuments, EventData::DocumentsProcessed(data), now),
        ];
        let mut application = Application::open(id, UserInfo::default(), now);
        application.pending = [read, unread]
            .map(|document_id| PendingRead {
                document_id,
                kind,
                file_name: "p.jpg".to_owned(),
                sha256: None,
                since: now,
                attempts: 1,
            })
            .into();
        let snapshot = snapshot(application, &events, now);
        assert_eq!(snapshot.journey.documents.len(), 1);
        assert_eq!(snapshot.pending.iter().map(|pending| pending.document_id).collect::<Vec<_>>(), [unread]);
    }
}
