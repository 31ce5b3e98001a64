//! Writes the effects of an event in one transaction, once per event: read models, the audit line and the mark on the
//! event.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use domain::event::{ApplicationId, Envelope};
use jiff::Timestamp;
use serde::Serialize;

use super::{AuditEntry, CaseWrite, MAX_POSITION_ATTEMPTS, Store, StoreError, Table, Transacted, n, s};

/// One write of a consumer.
#[derive(Clone, Debug)]
pub struct Effect {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Put(Table, HashMap<String, AttributeValue>),
    Stage { application_id: String, stage: &'static str, at: String },
}

impl Effect {
    /// Writes `row`, which has its table's keys, unless a later event of the customer wrote it already. Stored
    /// attributes that are not in `row` stay, except [`Table::optional_attributes`].
    ///
    /// # Errors
    /// [`StoreError::Item`] if the row cannot be written as an item.
    pub fn put(table: Table, row: &impl Serialize) -> Result<Self, StoreError> {
        let item = serde_dynamo::to_item(row).map_err(StoreError::item(table.base_name()))?;
        Ok(Self { kind: Kind::Put(table, item) })
    }

    /// Writes the application's stage to attributes that only consumers use, unless a later event wrote it already.
    pub fn stage(application_id: &ApplicationId, stage: &'static str, at: Timestamp) -> Self {
        Self { kind: Kind::Stage { application_id: application_id.to_string(), stage, at: format!("{at:.3}") } }
    }
}

/// The result of applying an event's effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// This call wrote them.
    Now,
    /// An earlier delivery wrote them.
    Earlier,
    /// The event is not in the event log. Nothing was written.
    Unknown,
    /// The case changed since it was read. Nothing was written; the caller reads it again.
    CaseChanged,
}

impl Store {
    /// Writes a consumer's effects once per event, however often it is called. `json` is the event as it was published,
    /// `case` the case that it opens or renews.
    ///
    /// Rows that a later event of the customer wrote stay. A late event (replayed, or from a topic whose consumer lags)
    /// is handled and audited, and only its writes to newer rows are skipped. The rows are therefore the same for every
    /// order of events.
    ///
    /// # Errors
    /// [`StoreError`]. Either everything or nothing was written, and the call may be repeated.
    pub async fn apply(
        &self,
        event: &Envelope,
        json: &str,
        effects: &[Effect],
        case: Option<&CaseWrite>,
        at: Timestamp,
    ) -> Result<Applied, StoreError> {
        let mut effects: Vec<&Effect> = effects.iter().collect();
        let mut first_attempt = true;
        for _ in 0..MAX_POSITION_ATTEMPTS {
            let head = match first_attempt {
                true => self.likely_audit_head(event.customer_id, event.sequence).await?,
                false => self.audit_head(event.customer_id).await?,
            };
            first_attempt = false;
            let entry = AuditEntry::next(&head, event, json, at);
            let mut items = vec![self.handled_item(event, at)?, self.audit_item(&entry)?];
            let before_effects = items.len();
            for effect in &effects {
                items.push(self.effect_item(effect, event.sequence)?);
            }
            let before_case = items.len();
            if let Some(case) = case {
                items.extend(self.case_items(case)?);
            }
            match self.transact(items).await? {
                Transacted::Done => {
                    self.remember_audit_head(&entry);
                    return Ok(Applied::Now);
                }
                Transacted::ConditionFailed(failed) if failed.contains(&0) => {
                    return Ok(if self.contains_event(event).await? { Applied::Earlier } else { Applied::Unknown });
                }
                Transacted::ConditionFailed(failed) if failed.iter().any(|place| *place >= before_case) => {
                    return Ok(Applied::CaseChanged);
                }
                // Another consumer took the audit position, so the next one is tried. Effects on rows that a later
                // event wrote are dropped.
                Transacted::ConditionFailed(failed) => {
                    if failed.contains(&1) {
                        self.forget_audit_head(event.customer_id);
                    }
                    let mut places = before_effects..;
                    effects.retain(|_| places.next().is_none_or(|place| !failed.contains(&place)));
                }
            }
        }
        Err(StoreError::Contended)
    }

    /// The write that marks the event as handled and, since it came from Kafka, as published; its condition fails if it
    /// is handled already or not in the log.
    fn handled_item(&self, event: &Envelope, at: Timestamp) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(self.tables.name(Table::KafkaEvents))
            .key("customerId", s(event.customer_id.to_string()))
            .key("sequence", n(event.sequence))
            .update_expression("SET handledAt = :at REMOVE unpublished, unpublishedSince, claimedBy, claimedUntil")
            .condition_expression("eventId = :event AND attribute_not_exists(handledAt)")
            .expression_attribute_values(":at", s(format!("{at:.3}")))
            .expression_attribute_values(":event", s(event.event_id.to_string()))
            .build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The write of one effect of the event of this sequence; its condition fails if a later event wrote the row.
    fn effect_item(&self, effect: &Effect, sequence: u64) -> Result<TransactWriteItem, StoreError> {
        let builder = TransactWriteItem::builder();
        Ok(match &effect.kind {
            Kind::Put(table, item) => builder.update(self.row_update(*table, item, sequence)?).build(),
            Kind::Stage { application_id, stage, at } => {
                let update = Update::builder()
                    .table_name(self.tables.name(Table::Applications))
                    .key("applicationId", s(application_id))
                    .update_expression("SET #stage = :stage, stageAt = :at, stageSequence = :sequence")
                    .condition_expression(
                        "attribute_exists(applicationId) AND \
                         (attribute_not_exists(stageSequence) OR stageSequence < :sequence)",
                    )
                    .expression_attribute_names("#stage", "stage")
                    .expression_attribute_values(":stage", s(*stage))
                    .expression_attribute_values(":at", s(at))
                    .expression_attribute_values(":sequence", n(sequence))
                    .build()?;
                builder.update(update).build()
            }
        })
    }

    /// Sets the attributes of a row that this version knows. Attributes of newer versions stay.
    fn row_update(
        &self,
        table: Table,
        item: &HashMap<String, AttributeValue>,
        sequence: u64,
    ) -> Result<Update, StoreError> {
        let keys = table.key_names();
        let mut update = Update::builder()
            .table_name(self.tables.name(table))
            .condition_expression("attribute_not_exists(#sequence) OR #sequence < :sequence")
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":sequence", n(sequence));
        let (mut set, mut remove) = ("SET #sequence = :sequence".to_owned(), Vec::new());
        for (place, (name, value)) in item.iter().enumerate() {
            if keys.contains(&name.as_str()) {
                update = update.key(name, value.clone());
                continue;
            }
            set.push_str(&format!(", #set{place} = :set{place}"));
            update = update
                .expression_attribute_names(format!("#set{place}"), name)
                .expression_attribute_values(format!(":set{place}"), value.clone());
        }
        for (place, name) in
            table.optional_attributes().iter().enumerate().filter(|(_, name)| !item.contains_key(**name))
        {
            update = update.expression_attribute_names(format!("#remove{place}"), *name);
            remove.push(format!("#remove{place}"));
        }
        if !remove.is_empty() {
            set.push_str(&format!(" REMOVE {}", remove.join(", ")));
        }
        Ok(update.update_expression(set).build()?)
    }

    /// Whether the notification of an event was sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_notified(&self, event: &Envelope) -> Result<bool, StoreError> {
        let row = self.event_row(event.customer_id, event.sequence).await?;
        Ok(row.is_some_and(|row| row.contains_key("notifiedAt")))
    }

    /// Records that the notification of an event was sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn mark_notified(&self, event: &Envelope, at: Timestamp) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(self.tables.name(Table::KafkaEvents))
            .key("customerId", s(event.customer_id.to_string()))
            .key("sequence", n(event.sequence))
            .update_expression("SET notifiedAt = :at")
            .condition_expression("eventId = :event")
            .expression_attribute_values(":at", s(format!("{at:.3}")))
            .expression_attribute_values(":event", s(event.event_id.to_string()))
            .send()
            .await
            .map(|_| ())
            .map_err(StoreError::request("UpdateItem"))
    }
}
