//! Finds applications with unread documents, and applications with files that are due for deletion. One index serves
//! both searches.

use domain::event::ApplicationId;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::application::state_of;
use super::leases;
use super::tables::READING_INDEX;
use super::{Application, Lease, LeaseStatus, PendingRead, Store, StoreError, Table, s};

/// The key in [`READING_INDEX`] of applications with unread documents.
const UNREAD: &str = "yes";

/// The number of applications in one page of a query.
const PAGE: i32 = 50;

/// A document that is waiting to be read, and its application.
#[derive(Clone, Debug)]
pub struct UnreadDocument {
    /// The application.
    pub application_id: ApplicationId,
    /// The document.
    pub pending: PendingRead,
}

/// The application's key in [`READING_INDEX`]: that of unread documents, or the day (UTC) of its next deletion. `None`
/// if it has neither.
pub(super) fn index_key(application: &Application) -> Option<String> {
    if !application.pending.is_empty() {
        return Some(UNREAD.to_owned());
    }
    application.delete_due.map(|at| deletion_key(at.to_zoned(TimeZone::UTC).date()))
}

fn deletion_key(day: Date) -> String {
    format!("delete {day}")
}

impl Store {
    /// Unread documents that no other instance than `me` leases: at least `wanted`, if there are so many. The index is
    /// eventually consistent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn documents_to_read(&self, me: Uuid, wanted: usize) -> Result<Vec<UnreadDocument>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(self.tables.name(Table::Applications))
            .index_name(READING_INDEX)
            .key_condition_expression("reading = :yes")
            .expression_attribute_values(":yes", s(UNREAD))
            .limit(PAGE)
            .into_paginator()
            .send();
        let now = leases::now();
        let mut found = Vec::new();
        while found.len() < wanted
            && let Some(page) = pages.try_next().await.map_err(StoreError::request("Query"))?
        {
            for item in page.items() {
                // An application of a newer version must not block the others.
                let Some(Ok(application)) = state_of(item) else {
                    tracing::debug!("application with unread documents not readable");
                    continue;
                };
                for pending in application.pending {
                    if !matches!(
                        Lease::status(Lease::of_reading(item, pending.document_id), me, now),
                        LeaseStatus::HeldElsewhere { .. }
                    ) {
                        found.push(UnreadDocument { application_id: application.application_id.clone(), pending });
                    }
                }
            }
        }
        Ok(found)
    }

    /// At most `limit` applications whose next deletion is due on `day` (UTC), and not after `now`. The index is
    /// eventually consistent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn documents_due(
        &self,
        day: Date,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(self.tables.name(Table::Applications))
            .index_name(READING_INDEX)
            .key_condition_expression("reading = :day")
            .expression_attribute_values(":day", s(deletion_key(day)))
            .limit(PAGE)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(page) = pages.try_next().await.map_err(StoreError::request("Query"))?
        {
            let applications = page.items().iter().filter_map(|item| state_of(item)?.ok());
            let due = applications.filter(|application| application.delete_due.is_some_and(|at| at <= now));
            found.extend(due.map(|application| application.application_id));
        }
        found.truncate(limit);
        Ok(found)
    }
}
