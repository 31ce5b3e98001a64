//! The application: the state that commands decide on, guarded by its version (optimistic locking).

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use domain::document::{Document, DocumentKind, MAX_RETAKES, Proof};
use domain::event::{ApplicationId, Envelope, KycVerified, PolicyRecommended, UserInfo, WorkflowCompleted};
use domain::needs::Needs;
use domain::watchlist::Screening;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::newer::{self, FORMAT};
use super::{AuditEntry, Lease, MAX_POSITION_ATTEMPTS, Store, StoreError, Table, Transacted, document_work, n, s};

/// The number of receipts that an application keeps. The oldest is dropped first.
const RECEIPTS: usize = 32;

/// The state of one application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// Its identifier, which contains the customer's identifier.
    pub application_id: ApplicationId,
    /// Incremented by every change, and the condition of the next change.
    pub version: u64,
    /// The sequence of the customer's newest event.
    pub last_sequence: u64,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The applicant's details as typed, normalised.
    pub user_info: UserInfo,
    /// Current documents, at most one for each proof.
    pub documents: Vec<Document>,
    /// Stored documents that are not read yet.
    pub pending: Vec<PendingRead>,
    /// Documents whose files are kept, in the order of their upload.
    #[serde(default)]
    pub kept: Vec<KeptFile>,
    /// Documents whose files are being deleted and that no other field lists.
    #[serde(default)]
    pub deleting: Vec<Uuid>,
    /// Whether all files of the application are being deleted, including unlisted ones.
    #[serde(default)]
    pub deleting_all: bool,
    /// When the next file is due for deletion.
    #[serde(default)]
    pub delete_due: Option<Timestamp>,
    /// When all document files were deleted. A later upload resets it to `None`.
    #[serde(default)]
    pub documents_deleted_at: Option<Timestamp>,
    /// When a command last changed it.
    #[serde(default)]
    pub changed_at: Option<Timestamp>,
    /// The number of uploaded documents, including replaced ones.
    #[serde(default)]
    pub uploads: u32,
    /// The number of unreadable photos, by proof.
    pub retakes: std::collections::BTreeMap<Proof, u32>,
    /// Answers to the questionnaire.
    pub needs: Option<Needs>,
    /// The identity check's decision.
    pub kyc: Option<KycVerified>,
    /// The sequence of the KYC_VERIFIED in which the rules last decided. `None` in rows of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules_decision: Option<u64>,
    /// Whether the rules ever decided REVIEW, so that the application has a case.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub had_review: bool,
    /// The result of the sanctions screening: evidence for reviewers. No event and no page contains it.
    #[serde(default)]
    pub screening: Option<Screening>,
    /// The recommended policies.
    pub recommended: Option<PolicyRecommended>,
    /// The applicant's choice of a policy.
    pub completed: Option<WorkflowCompleted>,
    /// Answers to requests that carried an `Idempotency-Key`, newest last.
    pub receipts: Vec<Receipt>,
    /// The number of handoff links that were created.
    #[serde(default)]
    pub handoffs: u32,
    /// The newest handoff link, until it is used.
    #[serde(default)]
    pub handoff: Option<Handoff>,
    /// The phone that used the last link.
    #[serde(default)]
    pub phone: Option<Phone>,
    /// Sessions for the whole application that expire at this time or before have been ended.
    #[serde(default)]
    pub sessions_ended: Option<Timestamp>,
    /// The JSON that it was loaded from. Fields that this version does not know are written back from it.
    #[serde(skip)]
    stored: Option<Arc<str>>,
}

/// A stored handoff link, which lets one phone upload documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handoff {
    /// SHA-256 of its secret, hexadecimal. The secret itself is not stored.
    pub hash: String,
    /// When it expires.
    pub expires: Timestamp,
}

/// A phone that may upload documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Phone {
    /// The identifier of the request that redeemed the link.
    pub request: Uuid,
    /// When its session ends.
    pub until: Timestamp,
}

/// A stored document that is waiting to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingRead {
    /// Its identifier.
    pub document_id: Uuid,
    /// The kind that the applicant chose.
    pub kind: DocumentKind,
    /// The file name on the applicant's device.
    pub file_name: String,
    /// SHA-256 of the uploaded file, hexadecimal. `None` in rows of earlier versions.
    #[serde(default)]
    pub sha256: Option<String>,
    /// When it was uploaded.
    pub since: Timestamp,
    /// The number of reading attempts that were started.
    #[serde(default)]
    pub attempts: u8,
}

/// A document whose files are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptFile {
    /// Its identifier.
    pub document_id: Uuid,
    /// When it was uploaded.
    pub since: Timestamp,
    /// When it was replaced by another document. `None` while it is current or waiting to be read.
    pub replaced_at: Option<Timestamp>,
}

/// The answer to a request. A repeated request gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The request's `Idempotency-Key`.
    pub key: String,
    /// SHA-256 of the command's name and the request's body, hexadecimal.
    pub fingerprint: String,
    /// The answer's HTTP status.
    pub status: u16,
    /// The answer's body, JSON.
    pub body: String,
}

impl Application {
    /// A new application, before its first event.
    pub fn open(application_id: ApplicationId, user_info: UserInfo, at: Timestamp) -> Self {
        Self {
            application_id,
            version: 0,
            last_sequence: 0,
            opened_at: at,
            user_info,
            documents: Vec::new(),
            pending: Vec::new(),
            kept: Vec::new(),
            deleting: Vec::new(),
            deleting_all: false,
            delete_due: None,
            documents_deleted_at: None,
            changed_at: None,
            uploads: 0,
            retakes: std::collections::BTreeMap::new(),
            needs: None,
            kyc: None,
            rules_decision: None,
            had_review: false,
            screening: None,
            recommended: None,
            completed: None,
            receipts: Vec::new(),
            handoffs: 0,
            handoff: None,
            phone: None,
            sessions_ended: None,
            stored: None,
        }
    }

    /// Adds a document and removes an earlier one of the same proof.
    pub fn replace_document(&mut self, document: Document) {
        self.documents.retain(|d| d.kind.proves() != document.kind.proves());
        self.documents.push(document);
        self.documents.sort_by_key(|d| d.kind);
    }

    /// Whether the application lists files of this document.
    pub fn has_files_of(&self, document_id: Uuid) -> bool {
        self.kept.iter().any(|kept| kept.document_id == document_id)
            || self.documents.iter().any(|document| document.document_id == document_id)
    }

    /// Marks kept documents as replaced at `now` if they are neither current nor waiting to be read.
    pub fn mark_replaced(&mut self, now: Timestamp) {
        for kept in self.kept.iter_mut().filter(|kept| kept.replaced_at.is_none()) {
            let in_use = self.documents.iter().any(|document| document.document_id == kept.document_id)
                || self.pending.iter().any(|pending| pending.document_id == kept.document_id);
            if !in_use {
                kept.replaced_at = Some(now);
            }
        }
    }

    /// Whether no further photo of `proof` may be requested. The next one is accepted as it is.
    pub fn retakes_exhausted(&self, proof: Proof) -> bool {
        self.retakes.get(&proof).is_some_and(|count| *count >= MAX_RETAKES)
    }

    /// Counts one more unreadable photo of `proof`, and returns their number.
    pub fn count_retake(&mut self, proof: Proof) -> u32 {
        let count = self.retakes.entry(proof).or_insert(0);
        *count += 1;
        *count
    }

    /// Adds a receipt, and drops the oldest ones beyond the limit.
    pub fn keep_receipt(&mut self, receipt: Receipt) {
        self.receipts.push(receipt);
        let surplus = self.receipts.len().saturating_sub(RECEIPTS);
        self.receipts.drain(..surplus);
    }
}

/// The result of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// State and event were written.
    Yes,
    /// The application's version changed meanwhile. The caller must load, decide and commit again.
    Conflict,
}

impl Store {
    /// Loads an application.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn application(&self, id: &ApplicationId) -> Result<Option<Application>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(self.tables.name(Table::Applications))
            .key("applicationId", s(id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::request("GetItem"))?;
        answer.item.as_ref().and_then(state_of).transpose()
    }

    /// Writes the application's next state and its event in one transaction. `after.version` must be the loaded
    /// version; the written version is one higher. With an `event`, `after.last_sequence` must be its sequence. `lease`
    /// names the relay that publishes it.
    ///
    /// # Errors
    /// [`StoreError`]. After an error the transaction may or may not have been written.
    pub async fn commit(
        &self,
        after: &Application,
        event: Option<&Envelope>,
        lease: Option<Lease>,
    ) -> Result<Committed, StoreError> {
        let mut items = vec![self.application_item(after)?];
        if let Some(event) = event {
            items.push(self.event_item(event, lease)?);
        }
        match self.transact(items).await? {
            Transacted::Done => Ok(Committed::Yes),
            // The SDK retries after a time-out. If the first attempt was written, the retry fails its own condition, so
            // the event log decides.
            Transacted::ConditionFailed(_) => match event {
                Some(event) if self.contains_event(event).await? => Ok(Committed::Yes),
                _ => Ok(Committed::Conflict),
            },
        }
    }

    /// Writes the application's next state and an audit entry for the deletion of the files of `documents`, in one
    /// transaction.
    ///
    /// # Errors
    /// [`StoreError`]. After an error the transaction may or may not have been written.
    pub async fn commit_deletion(
        &self,
        after: &Application,
        documents: &[Uuid],
        at: Timestamp,
    ) -> Result<Committed, StoreError> {
        for _ in 0..MAX_POSITION_ATTEMPTS {
            let customer_id = after.application_id.customer_id();
            let head = self.audit_head(customer_id).await?;
            let entry = AuditEntry::of_deletion(&head, after, documents, at);
            match self.transact(vec![self.application_item(after)?, self.audit_item(&entry)?]).await? {
                Transacted::Done => {
                    self.remember_audit_head(&entry);
                    return Ok(Committed::Yes);
                }
                Transacted::ConditionFailed(failed) if failed.contains(&0) => return Ok(Committed::Conflict),
                // A consumer took the audit position, so the next one is tried.
                Transacted::ConditionFailed(_) => self.forget_audit_head(customer_id),
            }
        }
        Err(StoreError::Contended)
    }

    /// The write of an application's next state, on condition that the stored version is `after.version`.
    pub(super) fn application_item(&self, after: &Application) -> Result<TransactWriteItem, StoreError> {
        let before = after.version;
        let mut written = after.clone();
        written.version += 1;
        let state = json(&written).map_err(StoreError::json("applications"))?;
        let id = after.application_id.to_string();
        let customer = after.application_id.customer_id().to_string();
        let table = self.tables.name(Table::Applications);

        let work = document_work::index_key(after);
        Ok(if before == 0 {
            let mut put = Put::builder()
                .table_name(table)
                .item("applicationId", s(id))
                .item("customerId", s(customer))
                .item("version", n(written.version))
                .item("format", n(FORMAT))
                .item("openedAt", s(after.opened_at.to_string()))
                .item("state", s(state))
                .condition_expression("attribute_not_exists(applicationId)");
            if let Some(work) = work {
                put = put.item("reading", s(work));
            }
            TransactWriteItem::builder().put(put.build()?).build()
        } else {
            // Consumers keep their own attributes beside `state`, so the item must not be replaced.
            let reading = if work.is_none() { "REMOVE reading" } else { ", reading = :reading" };
            let mut update = Update::builder()
                .table_name(table)
                .key("applicationId", s(id))
                .update_expression(format!("SET #state = :state, version = :after, #format = :format {reading}"))
                .condition_expression("version = :before")
                .expression_attribute_names("#state", "state")
                .expression_attribute_names("#format", "format")
                .expression_attribute_values(":state", s(state))
                .expression_attribute_values(":format", n(FORMAT))
                .expression_attribute_values(":before", n(before))
                .expression_attribute_values(":after", n(written.version));
            if let Some(work) = work {
                update = update.expression_attribute_values(":reading", s(work));
            }
            TransactWriteItem::builder().update(update.build()?).build()
        })
    }
}

/// The application in an item. `None` if the item has only attributes of consumers.
pub(super) fn state_of(item: &HashMap<String, AttributeValue>) -> Option<Result<Application, StoreError>> {
    let state = item.get("state")?;
    Some(newer::check_format("applications", item).and_then(|()| {
        let text = state
            .as_s()
            .map_err(|_| StoreError::Item { table: "applications", message: "state is not a string".into() })?;
        parse(text)
    }))
}

fn parse(text: &str) -> Result<Application, StoreError> {
    let mut application: Application = serde_json::from_str(text).map_err(StoreError::json("applications"))?;
    application.stored = Some(text.into());
    Ok(application)
}

/// The JSON to write: the application's next state, with the unknown fields of the stored one.
fn json(next: &Application) -> Result<String, serde_json::Error> {
    let mut value = serde_json::to_value(next)?;
    if let Some(stored) = &next.stored {
        let stored: serde_json::Value = serde_json::from_str(stored)?;
        let known = serde_json::to_value(Application::deserialize(&stored)?)?;
        newer::keep_unknown(&stored, &known, &mut value);
    }
    serde_json::to_string(&value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn unknown_fields_of_a_row_survive_a_change() {
        let customer = Uuid::from_u128(1);
        let id = ApplicationId::new(customer, Timestamp::UNIX_EPOCH);
        let mut opened = Application::open(id, UserInfo::default(), Timestamp::UNIX_EPOCH);
        opened.keep_receipt(Receipt { key: "k".into(), fingerprint: "f".into(), status: 202, body: "{}".into() });
        let mut row: Value = serde_json::from_str(&json(&opened).unwrap()).unwrap();
        row["channel"] = json!("broker");
        row["receipts"][0]["locale"] = json!("nb");
        let mut loaded = parse(&row.to_string()).unwrap();
        loaded.handoffs = 7;
        loaded.keep_receipt(Receipt { key: "l".into(), fingerprint: "f".into(), status: 202, body: "{}".into() });
        let written: Value = serde_json::from_str(&json(&loaded).unwrap()).unwrap();
        assert_eq!((&written["handoffs"], &written["channel"]), (&json!(7), &json!("broker")));
        assert_eq!(written["receipts"][0]["locale"], json!("nb"));
        assert_eq!(written["receipts"][1].get("locale"), None);
    }

    #[test]
    fn row_with_an_unknown_enum_value_is_refused_as_newer() {
        let id = ApplicationId::new(Uuid::from_u128(1), Timestamp::UNIX_EPOCH);
        let opened = Application::open(id, UserInfo::default(), Timestamp::UNIX_EPOCH);
        let mut row: Value = serde_json::from_str(&json(&opened).unwrap()).unwrap();
        row["pending"] = json!([{
            "documentId": Uuid::from_u128(2),
            "kind": "residence_permit",
            "fileName": "p.jpg",
            "since": Timestamp::UNIX_EPOCH,
        }]);
        assert!(matches!(parse(&row.to_string()), Err(StoreError::Newer { table: "applications", .. })));
    }
}
