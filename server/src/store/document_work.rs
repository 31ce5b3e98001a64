//! Which applications have work on their documents: some to be read, or files to be deleted on a day. One index tells of both.

use domain::event::ApplicationId;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::application::state_of;
use super::leases;
use super::tables::READING_INDEX;
use super::{Application, Lease, LeaseStatus, PendingRead, Store, StoreError, Table, s};

/// What [`READING_INDEX`] has for applications with documents to be read.
const TO_READ: &str = "yes";

/// How many applications are looked at together.
const PAGE: i32 = 50;

/// A document to be read, and whose.
#[derive(Clone, Debug)]
pub struct BeingRead {
    /// The application.
    pub application_id: ApplicationId,
    /// The document.
    pub pending: PendingRead,
}

/// Where [`READING_INDEX`] has an application: among those with documents to be read, or among those of whose files the next
/// is to be deleted on a day (UTC).
pub(super) fn of(application: &Application) -> Option<String> {
    if !application.pending.is_empty() {
        return Some(TO_READ.to_owned());
    }
    application.delete_due.map(|at| to_delete(at.to_zoned(TimeZone::UTC).date()))
}

fn to_delete(day: Date) -> String {
    format!("delete {day}")
}

impl Store {
    /// Documents that are stored and not read: those that nobody leases to read, or `me`, at least `enough` where there
    /// are so many. The index may trail the table by moments.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn documents_to_read(&self, me: Uuid, enough: usize) -> Result<Vec<BeingRead>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(self.tables.name(Table::Applications))
            .index_name(READING_INDEX)
            .key_condition_expression("reading = :yes")
            .expression_attribute_values(":yes", s(TO_READ))
            .limit(PAGE)
            .into_paginator()
            .send();
        let now = leases::now();
        let mut found = Vec::new();
        while found.len() < enough
            && let Some(page) = pages.try_next().await.map_err(StoreError::request("Query"))?
        {
            for item in page.items() {
                // One that this build cannot read must not hide the others.
                let Some(Ok(application)) = state_of(item) else {
                    tracing::debug!("an application with documents to be read cannot be read itself");
                    continue;
                };
                for pending in application.pending {
                    if !matches!(
                        Lease::status(Lease::of_reading(item, pending.document_id), me, now),
                        LeaseStatus::HeldElsewhere { .. }
                    ) {
                        found.push(BeingRead { application_id: application.application_id.clone(), pending });
                    }
                }
            }
        }
        Ok(found)
    }

    /// Applications of whose files the next is to be deleted on `day` (UTC), and not after `now`: at most `enough`. The
    /// index may trail the table by moments.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn documents_due(
        &self,
        day: Date,
        now: Timestamp,
        enough: usize,
    ) -> Result<Vec<ApplicationId>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(self.tables.name(Table::Applications))
            .index_name(READING_INDEX)
            .key_condition_expression("reading = :day")
            .expression_attribute_values(":day", s(to_delete(day)))
            .limit(PAGE)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while found.len() < enough
            && let Some(page) = pages.try_next().await.map_err(StoreError::request("Query"))?
        {
            let applications = page.items().iter().filter_map(|item| state_of(item)?.ok());
            let due = applications.filter(|application| application.delete_due.is_some_and(|at| at <= now));
            found.extend(due.map(|application| application.application_id));
        }
        found.truncate(enough);
        Ok(found)
    }
}
