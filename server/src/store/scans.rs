//! Scans of whole tables, for commands that look for what is missing after a restore.

use super::application::{Application, state_of};
use super::{EventRow, Store, StoreError, Table};

impl Store {
    /// Calls `each` with every row of the event log, in no order. Reads the whole table.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn scan_events(&self, mut each: impl FnMut(EventRow)) -> Result<(), StoreError> {
        let name = self.tables.name(Table::KafkaEvents);
        let mut pages = self.client.scan().table_name(name).consistent_read(true).into_paginator().items().send();
        while let Some(item) = pages.next().await {
            each(EventRow::of(&item.map_err(StoreError::request("Scan"))?));
        }
        Ok(())
    }

    /// Calls `each` with every application, in no order. One that this build cannot read is an error of its own. Reads
    /// the whole table.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn scan_applications(
        &self,
        mut each: impl FnMut(Result<Application, StoreError>),
    ) -> Result<(), StoreError> {
        let name = self.tables.name(Table::Applications);
        let mut pages = self.client.scan().table_name(name).consistent_read(true).into_paginator().items().send();
        while let Some(item) = pages.next().await {
            let item = item.map_err(StoreError::request("Scan"))?;
            if let Some(application) = state_of(&item) {
                each(application);
            }
        }
        Ok(())
    }
}
