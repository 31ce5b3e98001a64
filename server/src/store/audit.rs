//! `audit-logs`: a hash chain of processed events and deletions for each customer, so that a removed or changed line is
//! detected.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use domain::case::{Case, CaseRecord};
use domain::event::Envelope;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Application, AuditHead, Store, StoreError, Table, s};
use hex::encode;

/// The `topic` of a line about the deletion of document files, which has no event.
pub const DELETED: &str = "documents deleted";
/// The `topic` of a line about a change of a case.
pub const CASE: &str = "case changed";
/// The `topic` of a line about an access to a case that was refused because of who asked.
pub const DENIED: &str = "case access denied";
/// The `topic` of a line about a look at a case.
pub const VIEWED: &str = "case viewed";

/// An access to a case that changed nothing.
#[derive(Clone, Copy, Debug)]
pub struct CaseAccess<'a> {
    /// The member of staff.
    pub by: &'a str,
    /// Why it was refused: the code of [`domain::case::Refusal`]. `None`: the case was shown.
    pub refused: Option<&'static str>,
}

/// The `topic` of a line about a sanctions list that an operator put into use.
pub const ACCEPTED: &str = "list accepted";

/// The `customer_id` of lines about sanctions lists: no customer has it.
pub const LISTS: Uuid = Uuid::max();

/// One line of a customer's audit log. It has hashes and no personal data; the event itself is in `kafka-events`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The customer.
    pub customer_id: Uuid,
    /// 1, 2, 3... without a gap.
    pub position: u64,
    /// The event whose effects were written. A line without an event has an id of its own.
    pub event_id: Uuid,
    /// Its topic, or [`DELETED`], [`CASE`], [`VIEWED`], [`DENIED`] or [`ACCEPTED`].
    pub topic: String,
    /// Its sequence. For a deletion, the sequence of the newest event at that time; for a case, that of the event that
    /// the case is about.
    pub sequence: u64,
    /// When the effects were written: RFC 3339, UTC.
    pub recorded_at: String,
    /// SHA-256 of the event's stored JSON, or of `detail`, hexadecimal.
    pub event_hash: String,
    /// For a line without an event: what happened, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// `hash` of the previous line; empty in the first line.
    pub previous_hash: String,
    /// SHA-256 of all fields above, hexadecimal.
    pub hash: String,
}

impl AuditEntry {
    /// The line after `head`. `json` is the event as it is stored and published, so that the hash covers
    /// fields of newer versions.
    pub fn next(head: &AuditHead, event: &Envelope, json: &str, at: Timestamp) -> Self {
        Self {
            customer_id: event.customer_id,
            position: 0,
            event_id: event.event_id,
            topic: event.event_type().topic().to_owned(),
            sequence: event.sequence,
            recorded_at: format!("{at:.3}"),
            event_hash: encode(Sha256::digest(json)),
            detail: None,
            previous_hash: String::new(),
            hash: String::new(),
        }
        .after(head)
    }

    /// The line after `head`, about the deletion of the files of `documents`.
    pub fn of_deletion(head: &AuditHead, application: &Application, documents: &[Uuid], at: Timestamp) -> Self {
        let id = &application.application_id;
        let detail = serde_json::json!({ "applicationId": id.to_string(), "documentIds": documents });
        Self::about(head, id.customer_id(), DELETED, application.last_sequence, detail.to_string(), at)
    }

    /// The line after `head`, about a change of a case. `based_on` is the sequence of the event that the case is about.
    pub fn of_case(head: &AuditHead, record: &CaseRecord, based_on: u64, at: Timestamp) -> Self {
        let detail = serde_json::json!({
            "applicationId": record.application_id.to_string(),
            "position": record.position,
            "kind": record.kind,
            "by": record.by,
            "recordHash": record.hash,
        });
        Self::about(head, record.application_id.customer_id(), CASE, based_on, detail.to_string(), at)
    }

    /// The line after `head`, about an access to a case that changed nothing.
    pub fn of_access(head: &AuditHead, case: &Case, access: &CaseAccess<'_>, at: Timestamp) -> Self {
        let id = &case.application_id;
        let mut detail = serde_json::json!({ "applicationId": id.to_string(), "by": access.by });
        let topic = match access.refused {
            None => VIEWED,
            Some(code) => {
                detail["refused"] = code.into();
                DENIED
            }
        };
        Self::about(head, id.customer_id(), topic, case.evidence.based_on, detail.to_string(), at)
    }

    /// The line after `head` about something that has no event. `detail` is JSON.
    fn about(head: &AuditHead, customer_id: Uuid, topic: &str, sequence: u64, detail: String, at: Timestamp) -> Self {
        Self {
            customer_id,
            position: 0,
            event_id: Uuid::now_v7(),
            topic: topic.to_owned(),
            sequence,
            recorded_at: format!("{at:.3}"),
            event_hash: encode(Sha256::digest(&detail)),
            detail: Some(detail),
            previous_hash: String::new(),
            hash: String::new(),
        }
        .after(head)
    }

    /// The line after `head`, about a sanctions list that an operator put into use. `detail` is JSON.
    pub fn of_acceptance(head: &AuditHead, detail: String, at: Timestamp) -> Self {
        Self::about(head, LISTS, ACCEPTED, 0, detail, at)
    }

    fn after(mut self, head: &AuditHead) -> Self {
        self.position = head.position + 1;
        self.previous_hash.clone_from(&head.hash);
        self.hash = self.expected_hash();
        self
    }

    fn expected_hash(&self) -> String {
        // `event_hash` covers `detail`.
        let Self { customer_id, position, event_id, topic, sequence, recorded_at, event_hash, previous_hash, .. } =
            self;
        let text = format!(
            "{customer_id}|{position}|{event_id}|{topic}|{sequence}|{recorded_at}|{event_hash}|{previous_hash}"
        );
        encode(Sha256::digest(text))
    }
}

/// Whether a customer's complete log, in order of position, is unchanged.
pub fn verify_chain(entries: &[AuditEntry]) -> bool {
    let mut previous = "";
    entries.iter().zip(1..).all(|(entry, position)| {
        let detail_matches =
            entry.detail.as_ref().is_none_or(|detail| entry.event_hash == encode(Sha256::digest(detail)));
        let valid = detail_matches
            && entry.position == position
            && entry.previous_hash == previous
            && entry.hash == entry.expected_hash();
        previous = &entry.hash;
        valid
    })
}

impl Store {
    /// A customer's audit log, in order of position.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_log(&self, customer_id: Uuid) -> Result<Vec<AuditEntry>, StoreError> {
        let items = self.partition(Table::AuditLogs, "customerId", customer_id).await?;
        items.into_iter().map(|item| serde_dynamo::from_item(item).map_err(StoreError::item("audit-logs"))).collect()
    }

    /// The newest line of a customer's audit log, from memory if possible. A caller whose line finds its position taken
    /// calls [`Self::forget_audit_head`] and tries again.
    pub(super) async fn audit_head(&self, customer_id: Uuid) -> Result<AuditHead, StoreError> {
        if let Some(head) = self.audit_heads.get(customer_id) {
            return Ok(head);
        }
        let answer = self
            .client
            .query()
            .table_name(self.tables.name(Table::AuditLogs))
            .key_condition_expression("customerId = :customer")
            .expression_attribute_values(":customer", s(customer_id.to_string()))
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(1)
            .send()
            .await
            .map_err(StoreError::request("Query"))?;
        let newest = answer.items.unwrap_or_default().into_iter().next();
        let newest: Option<AuditEntry> =
            newest.map(|item| serde_dynamo::from_item(item).map_err(StoreError::item("audit-logs"))).transpose()?;
        Ok(newest.as_ref().map(AuditHead::of).unwrap_or_default())
    }

    /// As [`Self::audit_head`] before the line of the event of this sequence. A first event has no line before it. A
    /// head with fewer lines than earlier events is not taken from memory: another process appended the others.
    pub(super) async fn likely_audit_head(&self, customer_id: Uuid, sequence: u64) -> Result<AuditHead, StoreError> {
        match self.audit_heads.get(customer_id) {
            Some(head) if head.position + 1 >= sequence => return Ok(head),
            Some(_) => self.forget_audit_head(customer_id),
            None if sequence == 1 => return Ok(AuditHead::default()),
            None => {}
        }
        self.audit_head(customer_id).await
    }

    /// Remembers an appended line.
    pub(super) fn remember_audit_head(&self, entry: &AuditEntry) {
        self.audit_heads.set(entry.customer_id, AuditHead::of(entry));
    }

    pub(super) fn forget_audit_head(&self, customer_id: Uuid) {
        self.audit_heads.forget(customer_id);
    }

    /// The write that appends `entry`; its condition fails if the position is taken.
    pub(super) fn audit_item(&self, entry: &AuditEntry) -> Result<TransactWriteItem, StoreError> {
        let item: std::collections::HashMap<String, AttributeValue> =
            serde_dynamo::to_item(entry).map_err(StoreError::item("audit-logs"))?;
        let put = Put::builder()
            .table_name(self.tables.name(Table::AuditLogs))
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(customerId)")
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}
