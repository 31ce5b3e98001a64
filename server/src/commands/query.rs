//! Questions: the snapshot and the events after a sequence.

use bytes::Bytes;
use domain::api::{PendingDocument, Snapshot};
use domain::event::{ApplicationId, Envelope};
use domain::journey::Journey;
use uuid::Uuid;

use super::{CommandError, Commands};
use crate::blobs::{BlobError, Part};

impl Commands {
    /// The state of an application.
    ///
    /// # Errors
    /// [`CommandError::NotFound`]; [`CommandError::Store`].
    pub async fn snapshot(&self, id: &ApplicationId) -> Result<Snapshot, CommandError> {
        // The application first: events that come between are newer, never older, than what it tells.
        let application = self.store.application(id).await?.ok_or(CommandError::NotFound)?;
        let events = self.store.all_events(id.customer_id()).await?;
        let pending = application
            .pending
            .into_iter()
            .map(|p| PendingDocument { document_id: p.document_id, kind: p.kind, file_name: p.file_name })
            .collect();
        Ok(Snapshot {
            customer_id: id.customer_id(),
            application_id: id.clone(),
            journey: Journey::fold(&events),
            pending,
            needs: application.needs,
            phone_until: application
                .phone
                .filter(|phone| self.clock.now() < phone.until)
                .map(|phone| phone.until.to_string()),
            documents_deleted_at: application.documents_deleted_at,
        })
    }

    /// The snapshot of a customer's application, if the customer has one.
    ///
    /// # Errors
    /// [`CommandError::Store`].
    pub async fn snapshot_of(&self, customer_id: Uuid) -> Result<Option<Snapshot>, CommandError> {
        let Some(id) = self.store.application_of(customer_id).await? else { return Ok(None) };
        match self.snapshot(&id).await {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(CommandError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The picture of a page of one of the application's documents, JPEG; the first page is 1. Only of those that count:
    /// not of replaced ones, nor of those that are still being read.
    ///
    /// # Errors
    /// [`CommandError::NotFound`], also once it is deleted; [`CommandError::Store`]; [`CommandError::Blob`].
    pub async fn page(&self, id: &ApplicationId, document_id: Uuid, page: u8) -> Result<Bytes, CommandError> {
        let application = self.store.application(id).await?.ok_or(CommandError::NotFound)?;
        let document = application.documents.iter().find(|document| document.document_id == document_id);
        if !document.is_some_and(|document| (1..=document.pages).contains(&page)) {
            return Err(CommandError::NotFound);
        }
        self.blobs.get(id, document_id, Part::Page(page)).await.map_err(|error| match error {
            BlobError::Gone => CommandError::NotFound,
            error => error.into(),
        })
    }

    /// Up to 100 events after `sequence`, in sequence.
    ///
    /// # Errors
    /// [`CommandError::Store`].
    pub async fn events_after(&self, id: &ApplicationId, sequence: u64) -> Result<Vec<Envelope>, CommandError> {
        Ok(self.store.events_after(id.customer_id(), sequence).await?)
    }
}
