//! `cases`: the case of each application that came to REVIEW, at position 0, and the record of each of its changes at
//! positions 1, 2, 3... A case is written only together with its record, on the condition that nobody changed it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use domain::case::{Case, CaseRecord, CaseState};
use domain::event::{ApplicationId, Envelope};
use jiff::Timestamp;

use super::newer::{self, FORMAT};
use super::tables::QUEUE_INDEX;
use super::{
    Application, AuditEntry, CaseAccess, Lease, MAX_POSITION_ATTEMPTS, Store, StoreError, Table, Transacted, n, s,
};

/// The name of the table, for errors.
const TABLE: &str = "cases";
/// The partition of the queue's index. Far fewer cases are written than one partition takes (1,000 a second).
const QUEUE: &str = "undecided";

/// The next state of a case, with the record of the change.
#[derive(Clone, Debug)]
pub struct CaseWrite {
    /// The revision that was read; 0 for a case that did not exist.
    pub before: u64,
    /// The case.
    pub case: Case,
    /// The record of the change.
    pub record: CaseRecord,
}

/// The result of writing a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseCommit {
    /// Everything was written.
    Yes,
    /// The case changed since it was read.
    CaseChanged,
    /// The application changed since it was read.
    ApplicationChanged,
}

impl Store {
    /// The case of an application.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn case(&self, id: &ApplicationId) -> Result<Option<Case>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(self.tables.name(Table::Cases))
            .key("applicationId", s(id.to_string()))
            .key("position", n(0))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::request("GetItem"))?;
        answer.item.as_ref().map(case_of).transpose()
    }

    /// The records of a case, in order of position.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn case_records(&self, id: &ApplicationId) -> Result<Vec<CaseRecord>, StoreError> {
        let items = self.partition(Table::Cases, "applicationId", id).await?;
        // The case itself is at position 0.
        items.iter().filter(|item| !item.contains_key("case")).map(|item| json_of(item, "record")).collect()
    }

    /// The first `limit` undecided cases, in the order of the queue. Those that this version cannot read are errors of
    /// their own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn undecided_cases(&self, limit: usize) -> Result<Vec<Result<Case, StoreError>>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(self.tables.name(Table::Cases))
            .index_name(QUEUE_INDEX)
            .key_condition_expression("#queue = :queue")
            .expression_attribute_names("#queue", "queue")
            .expression_attribute_values(":queue", s(QUEUE))
            .into_paginator()
            .page_size(i32::try_from(limit.clamp(1, 1000)).unwrap_or(1000))
            .items()
            .send();
        let mut cases = Vec::new();
        while cases.len() < limit
            && let Some(item) = pages.next().await
        {
            cases.push(case_of(&item.map_err(StoreError::request("Query"))?));
        }
        Ok(cases)
    }

    /// Writes the next state of a case with a line in the customer's audit log, in one transaction.
    ///
    /// # Errors
    /// [`StoreError`]. After an error the transaction may or may not have been written.
    pub async fn commit_case(&self, write: &CaseWrite, at: Timestamp) -> Result<CaseCommit, StoreError> {
        let committed = self.commit_with_case(Vec::new(), write, at).await?;
        Ok(if committed.is_empty() { CaseCommit::Yes } else { CaseCommit::CaseChanged })
    }

    /// Writes a person's decision: the application's next state, its event, the closed case and a line in the audit log,
    /// in one transaction.
    ///
    /// # Errors
    /// [`StoreError`]. After an error the transaction may or may not have been written.
    pub async fn commit_review(
        &self,
        after: &Application,
        event: &Envelope,
        lease: Option<Lease>,
        write: &CaseWrite,
    ) -> Result<CaseCommit, StoreError> {
        let items = vec![self.application_item(after)?, self.event_item(event, lease)?];
        let failed = self.commit_with_case(items, write, event.timestamp).await?;
        Ok(match failed.as_slice() {
            [] => CaseCommit::Yes,
            // The SDK retries after a time-out. If the first attempt was written, the retry fails its own condition.
            _ if self.contains_event(event).await? => CaseCommit::Yes,
            [0 | 1, ..] => CaseCommit::ApplicationChanged,
            _ => CaseCommit::CaseChanged,
        })
    }

    /// Writes `items`, a case and its audit line. Returns the places of the conditions that failed, the case's after
    /// those of `items`.
    async fn commit_with_case(
        &self,
        items: Vec<TransactWriteItem>,
        write: &CaseWrite,
        at: Timestamp,
    ) -> Result<Vec<usize>, StoreError> {
        let customer_id = write.case.application_id.customer_id();
        for _ in 0..MAX_POSITION_ATTEMPTS {
            let head = self.audit_head(customer_id).await?;
            let entry = AuditEntry::of_case(&head, &write.record, write.case.evidence.based_on, at);
            let mut items = items.clone();
            items.extend(self.case_items(write)?);
            let audit = items.len();
            items.push(self.audit_item(&entry)?);
            match self.transact(items).await? {
                Transacted::Done => {
                    self.remember_audit_head(&entry);
                    return Ok(Vec::new());
                }
                // Another process took the audit position, so the next one is tried.
                Transacted::ConditionFailed(failed) if failed == [audit] => self.forget_audit_head(customer_id),
                Transacted::ConditionFailed(failed) => return Ok(failed),
            }
        }
        Err(StoreError::Contended)
    }

    /// Appends a line to the customer's audit log about a look at a case, or an action that was refused because of who
    /// asked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_access(&self, case: &Case, access: &CaseAccess<'_>, at: Timestamp) -> Result<(), StoreError> {
        let customer_id = case.application_id.customer_id();
        for _ in 0..MAX_POSITION_ATTEMPTS {
            let head = self.audit_head(customer_id).await?;
            let entry = AuditEntry::of_access(&head, case, access, at);
            match self.transact(vec![self.audit_item(&entry)?]).await? {
                Transacted::Done => {
                    self.remember_audit_head(&entry);
                    return Ok(());
                }
                Transacted::ConditionFailed(_) => self.forget_audit_head(customer_id),
            }
        }
        Err(StoreError::Contended)
    }

    /// The writes of a case and of its record.
    pub(super) fn case_items(&self, write: &CaseWrite) -> Result<[TransactWriteItem; 2], StoreError> {
        let CaseWrite { before, case, record } = write;
        let table = self.tables.name(Table::Cases);
        let item = Put::builder()
            .table_name(table)
            .item("applicationId", s(case.application_id.to_string()))
            .item("revision", n(case.revision))
            .item("format", n(FORMAT));
        let mut put = item
            .clone()
            .item("position", n(0))
            .item("case", s(serde_json::to_string(case).map_err(StoreError::json(TABLE))?));
        put = match before {
            0 => put.condition_expression("attribute_not_exists(applicationId)"),
            before => put.condition_expression("revision = :before").expression_attribute_values(":before", n(before)),
        };
        if case.state != CaseState::Closed {
            put = put.item("queue", s(QUEUE)).item("rank", s(case.rank()));
        }
        let record = item
            .item("position", n(record.position))
            .item("record", s(serde_json::to_string(record).map_err(StoreError::json(TABLE))?))
            .condition_expression("attribute_not_exists(applicationId)");
        Ok([put.build()?, record.build()?].map(|put| TransactWriteItem::builder().put(put).build()))
    }
}

fn case_of(item: &HashMap<String, AttributeValue>) -> Result<Case, StoreError> {
    newer::check_format(TABLE, item)?;
    json_of(item, "case")
}

fn json_of<T: serde::de::DeserializeOwned>(
    item: &HashMap<String, AttributeValue>,
    attribute: &str,
) -> Result<T, StoreError> {
    let text = item.get(attribute).and_then(|text| text.as_s().ok());
    let text =
        text.ok_or_else(|| StoreError::Item { table: TABLE, message: format!("{attribute} is not a string") })?;
    serde_json::from_str(text).map_err(StoreError::json(TABLE))
}
