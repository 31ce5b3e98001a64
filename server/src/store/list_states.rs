//! The state of each sanctions list: which issue is in use, when it was checked, what was refused. One item for each
//! list in `applications`, without the attribute `state`, so that versions without these items ignore them.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use jiff::Timestamp;
use uuid::Uuid;

use super::leases::{acquire, now, release};
use super::{AuditEntry, Committed, Lease, MAX_POSITION_ATTEMPTS, Store, StoreError, Table, Transacted, audit, n, s};

/// The write of a list's next state, on condition that its revision is unchanged.
const WRITE: &str = "SET listState = :state, listRevision = :after";
const UNCHANGED: &str = "listRevision = :before";
const ABSENT: &str = "attribute_not_exists(listRevision)";

/// The state of a list as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredListState {
    /// The state as JSON.
    pub json: String,
    /// Rises with each change.
    pub revision: u64,
}

/// What the audit log says of an operator's acceptance.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// The list, the issue and the operator, as JSON.
    pub detail: String,
    /// When it was accepted.
    pub at: Timestamp,
}

fn key(list: &str) -> String {
    format!("LIST-{list}")
}

impl Store {
    /// The state of a list; `None` before its first check.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_state(&self, list: &str) -> Result<Option<StoredListState>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(self.tables.name(Table::Applications))
            .key("applicationId", s(key(list)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::request("GetItem"))?;
        answer.item.as_ref().map_or(Ok(None), stored)
    }

    /// Writes the next state of a list on condition that its revision still is `before` (0: there is none). With an
    /// `acceptance`, the audit log gets its line in the same transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn commit_list_state(
        &self,
        list: &str,
        json: &str,
        before: u64,
        acceptance: Option<&Acceptance>,
    ) -> Result<Committed, StoreError> {
        for _ in 0..MAX_POSITION_ATTEMPTS {
            let mut items = vec![self.list_state_item(list, json, before)?];
            let entry = match acceptance {
                Some(accepted) => {
                    let head = self.audit_head(audit::LISTS).await?;
                    Some(AuditEntry::of_acceptance(&head, accepted.detail.clone(), accepted.at))
                }
                None => None,
            };
            items.extend(entry.as_ref().map(|entry| self.audit_item(entry)).transpose()?);
            match self.transact(items).await? {
                Transacted::Done => {
                    if let Some(entry) = &entry {
                        self.remember_audit_head(entry);
                    }
                    return Ok(Committed::Yes);
                }
                Transacted::ConditionFailed(failed) if failed.contains(&0) => return Ok(Committed::Conflict),
                // Another acceptance took the audit position, so the next one is tried.
                Transacted::ConditionFailed(_) => self.forget_audit_head(audit::LISTS),
            }
        }
        Err(StoreError::Contended)
    }

    fn list_state_item(&self, list: &str, json: &str, before: u64) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(self.tables.name(Table::Applications))
            .key("applicationId", s(key(list)))
            .update_expression(WRITE)
            .expression_attribute_values(":state", s(json))
            .expression_attribute_values(":after", n(before + 1));
        let update = match before {
            0 => update.condition_expression(ABSENT),
            _ => update.condition_expression(UNCHANGED).expression_attribute_values(":before", n(before)),
        };
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    /// Takes or renews the lease on checking a list with its publisher; false if another instance holds it.
    ///
    /// # Errors
    /// [`StoreError::Request`].
    pub async fn lease_list(&self, list: &str, me: Uuid) -> Result<bool, StoreError> {
        let lease = Lease::new(me, now());
        let update = self
            .update_list(list)
            .update_expression("SET claimedBy = :me, claimedUntil = :until")
            .expression_attribute_values(":until", n(lease.until));
        // No list has the attribute of an application's state.
        let guard = "attribute_not_exists(customerId)";
        Ok(acquire(update, me, guard, "claimedBy", "claimedUntil").await?.is_some())
    }

    /// Releases the lease on a list. Does nothing if another instance holds it.
    ///
    /// # Errors
    /// [`StoreError::Request`].
    pub async fn release_list(&self, list: &str, me: Uuid) -> Result<(), StoreError> {
        release(self.update_list(list).update_expression("REMOVE claimedBy, claimedUntil"), me, "claimedBy").await
    }

    fn update_list(&self, list: &str) -> UpdateItemFluentBuilder {
        let table = self.tables.name(Table::Applications);
        self.client.update_item().table_name(table).key("applicationId", s(key(list)))
    }
}

/// The state in an item; `None` if the item has a lease only.
fn stored(item: &HashMap<String, AttributeValue>) -> Result<Option<StoredListState>, StoreError> {
    let Some(json) = item.get("listState") else { return Ok(None) };
    let wrong = |message: &str| StoreError::Item { table: "applications", message: message.to_owned() };
    let json = json.as_s().map_err(|_| wrong("listState is not a string"))?.clone();
    let revision = item.get("listRevision").and_then(|revision| revision.as_n().ok()?.parse().ok());
    Ok(Some(StoredListState { json, revision: revision.ok_or_else(|| wrong("listRevision is not a number"))? }))
}
