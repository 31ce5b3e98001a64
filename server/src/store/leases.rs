//! Leases: a lease gives one instance the right to a piece of work. It expires, so that another instance takes over the
//! work of an instance that stopped.
//!
//! A lease only reduces duplicate work. Correctness never depends on it: if a holder was suspended for minutes, or
//! clocks disagree, two instances do the same work.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::event::ApplicationId;
use jiff::Timestamp;
use uuid::Uuid;

use super::events::raw_event_of;
use super::{Store, StoreError, Table, n, s};
use crate::raw_event::RawEvent;

type Item = HashMap<String, AttributeValue>;

/// How long a lease lasts unless it is renewed. Longer than the work usually takes.
pub const LEASE_TIME: Duration = Duration::from_secs(4);
/// The clock skew between two instances that is tolerated, in milliseconds.
const SKEW: i64 = 1000;
/// A lease that ends later than this many milliseconds from now was written by a wrong clock, and is ignored.
const FAR: i64 = 60_000;

/// An instance's right to a piece of work, and its expiry. Stored as `claimedBy` and `claimedUntil`, the names of
/// version 0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The instance. Its identifier changes with each start, unless the configuration gives it one.
    pub by: Uuid,
    /// Milliseconds since 1970, by the clock of that instance.
    pub until: i64,
}

/// What a lease means to one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseStatus {
    /// The instance holds it.
    Held,
    /// There is no lease, or it has expired: the instance may take it.
    Free,
    /// Another instance holds it.
    HeldElsewhere {
        /// The earliest time at which it may be taken unless it is renewed, in milliseconds since 1970.
        until: i64,
    },
}

impl Lease {
    /// A lease of `by` that begins at `now`.
    pub fn new(by: Uuid, now: i64) -> Self {
        Self { by, until: now + LEASE_TIME.as_millis() as i64 }
    }

    /// What `lease` means to `me` at `now`.
    pub fn status(lease: Option<Self>, me: Uuid, now: i64) -> LeaseStatus {
        match lease {
            Some(lease) if lease.by == me && lease.until > now => LeaseStatus::Held,
            Some(lease) if lease.by != me && lease.until + SKEW >= now && lease.until <= now + FAR => {
                LeaseStatus::HeldElsewhere { until: lease.until + SKEW + 1 }
            }
            _ => LeaseStatus::Free,
        }
    }

    /// Whether `me` holds it for at least half of its time. Work may then start without renewing it.
    pub fn is_fresh(self, me: Uuid, now: i64) -> bool {
        self.by == me && self.until - now >= LEASE_TIME.as_millis() as i64 / 2
    }

    /// The lease in an event's item, if there is one.
    pub(super) fn of(item: &Item) -> Option<Self> {
        Self::from_attributes(item, "claimedBy", "claimedUntil")
    }

    /// The lease on reading a document in an application's item, if there is one.
    pub(super) fn of_reading(item: &Item, document_id: Uuid) -> Option<Self> {
        Self::from_attributes(item.get(&reader_attribute(document_id))?.as_m().ok()?, "by", "until")
    }

    fn from_attributes(item: &Item, by: &str, until: &str) -> Option<Self> {
        let by = item.get(by)?.as_s().ok()?.parse().ok()?;
        let until = item.get(until)?.as_n().ok()?.parse().ok()?;
        Some(Self { by, until })
    }

    pub(super) fn put(self, put: PutBuilder) -> PutBuilder {
        put.item("claimedBy", s(self.by.to_string())).item("claimedUntil", n(self.until))
    }
}

/// The machine's time in the unit of leases: milliseconds since 1970.
pub fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

impl Store {
    /// Takes or renews the lease on an unpublished event, and returns the event's text. `None` if the event is
    /// published or another instance holds the lease.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lease_event(
        &self,
        customer_id: Uuid,
        sequence: u64,
        me: Uuid,
    ) -> Result<Option<RawEvent>, StoreError> {
        let lease = Lease::new(me, now());
        let update = self
            .update_event(customer_id, sequence)
            .update_expression("SET claimedBy = :me, claimedUntil = :until")
            .expression_attribute_values(":until", n(lease.until))
            .return_values(ReturnValue::AllNew);
        let written = acquire(update, me, "attribute_exists(unpublished)", "claimedBy", "claimedUntil").await?;
        written.as_ref().map(raw_event_of).transpose()
    }

    /// Releases the lease on an event, so that others may publish it. Does nothing if another instance holds it.
    ///
    /// # Errors
    /// [`StoreError::Request`].
    pub async fn release_event(&self, customer_id: Uuid, sequence: u64, me: Uuid) -> Result<(), StoreError> {
        let update = self.update_event(customer_id, sequence).update_expression("REMOVE claimedBy, claimedUntil");
        release(update, me, "claimedBy").await
    }

    /// Takes or renews the lease on reading a document; false if another instance holds it. The lease is an attribute
    /// beside `state` and does not raise the application's version, because no decision depends on it.
    ///
    /// # Errors
    /// [`StoreError::Request`].
    pub async fn lease_reading(&self, id: &ApplicationId, document_id: Uuid, me: Uuid) -> Result<bool, StoreError> {
        let lease = Lease::new(me, now());
        let reader = HashMap::from([("by".into(), s(lease.by.to_string())), ("until".into(), n(lease.until))]);
        let update = self
            .update_reader(id, document_id)
            .update_expression("SET #reader = :reader")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":reader", AttributeValue::M(reader));
        let acquired = acquire(update, me, "attribute_exists(applicationId)", "#reader.#by", "#reader.#until").await?;
        Ok(acquired.is_some())
    }

    /// Releases the lease on reading a document. Does nothing if another instance holds it.
    ///
    /// # Errors
    /// [`StoreError::Request`].
    pub async fn release_reading(&self, id: &ApplicationId, document_id: Uuid, me: Uuid) -> Result<(), StoreError> {
        release(self.update_reader(id, document_id).update_expression("REMOVE #reader"), me, "#reader.#by").await
    }

    fn update_event(&self, customer_id: Uuid, sequence: u64) -> UpdateItemFluentBuilder {
        let table = self.tables.name(Table::KafkaEvents);
        let update = self.client.update_item().table_name(table);
        update.key("customerId", s(customer_id.to_string())).key("sequence", n(sequence))
    }

    fn update_reader(&self, id: &ApplicationId, document_id: Uuid) -> UpdateItemFluentBuilder {
        let table = self.tables.name(Table::Applications);
        let update = self.client.update_item().table_name(table).key("applicationId", s(id.to_string()));
        update
            .expression_attribute_names("#reader", reader_attribute(document_id))
            .expression_attribute_names("#by", "by")
    }
}

/// Sends an update that writes a lease of `me`, on condition of `guard` and that [`Lease::status`] is not
/// [`LeaseStatus::HeldElsewhere`]. `by` and `until` are the paths of the lease's attributes. Returns the item's
/// attributes (empty unless the update asks for them), or `None` if the condition failed.
pub(super) async fn acquire(
    update: UpdateItemFluentBuilder,
    me: Uuid,
    guard: &str,
    by: &str,
    until: &str,
) -> Result<Option<Item>, StoreError> {
    let now = now();
    let free = format!("attribute_not_exists({by}) OR {by} = :me OR {until} < :over OR {until} > :far");
    let sent = update
        .condition_expression(format!("{guard} AND ({free})"))
        .expression_attribute_values(":me", s(me.to_string()))
        .expression_attribute_values(":over", n(now - SKEW))
        .expression_attribute_values(":far", n(now + FAR))
        .send()
        .await;
    match sent {
        Ok(written) => Ok(Some(written.attributes.unwrap_or_default())),
        Err(error) if condition_failed(&error) => Ok(None),
        Err(error) => Err(StoreError::request("UpdateItem")(error)),
    }
}

/// Sends an update that removes a lease, on condition that `me` holds it. `by` is the path of its holder.
pub(super) async fn release(update: UpdateItemFluentBuilder, me: Uuid, by: &str) -> Result<(), StoreError> {
    let update = update.condition_expression(format!("{by} = :me"));
    match update.expression_attribute_values(":me", s(me.to_string())).send().await {
        Ok(_) => Ok(()),
        Err(error) if condition_failed(&error) => Ok(()),
        Err(error) => Err(StoreError::request("UpdateItem")(error)),
    }
}

/// The attribute of an application's item that holds the lease on reading a document.
fn reader_attribute(document_id: Uuid) -> String {
    format!("reader:{document_id}")
}

fn condition_failed<R>(
    error: &aws_sdk_dynamodb::error::SdkError<aws_sdk_dynamodb::operation::update_item::UpdateItemError, R>,
) -> bool {
    error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_800_000_000_000;
    const ME: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn status(by: Uuid, until: i64) -> LeaseStatus {
        Lease::status(Some(Lease { by, until }), ME, NOW)
    }

    #[test]
    fn status_at_the_edges_of_a_lease() {
        assert_eq!(Lease::status(None, ME, NOW), LeaseStatus::Free);
        assert_eq!(status(ME, NOW + 1), LeaseStatus::Held);
        assert_eq!(status(ME, NOW), LeaseStatus::Free);
        assert_eq!(status(OTHER, NOW + 1), LeaseStatus::HeldElsewhere { until: NOW + 2 + SKEW });
        assert_eq!(status(OTHER, NOW - SKEW), LeaseStatus::HeldElsewhere { until: NOW + 1 });
        assert_eq!(status(OTHER, NOW - SKEW - 1), LeaseStatus::Free);
        assert_eq!(status(OTHER, NOW + FAR), LeaseStatus::HeldElsewhere { until: NOW + FAR + SKEW + 1 });
        assert_eq!(status(OTHER, NOW + FAR + 1), LeaseStatus::Free);
        let half = LEASE_TIME.as_millis() as i64 / 2;
        assert!(Lease::new(ME, NOW).is_fresh(ME, NOW + half) && !Lease::new(ME, NOW).is_fresh(ME, NOW + half + 1));
        assert!(!Lease::new(OTHER, NOW).is_fresh(ME, NOW));
    }

    proptest! {
        #[test]
        fn new_lease_lasts_its_time_and_excludes_other_instances(age in 0_i64..10_000, ahead in -SKEW..=SKEW) {
            let lease = Some(Lease::new(ME, NOW));
            let ours = Lease::status(lease, ME, NOW + age);
            // The clock skew of the other instance is within the tolerance.
            let theirs = Lease::status(lease, OTHER, NOW + age + ahead);
            prop_assert!(!(ours == LeaseStatus::Held && theirs == LeaseStatus::Free), "{ours:?} {theirs:?}");
            prop_assert_eq!(ours == LeaseStatus::Held, age < LEASE_TIME.as_millis() as i64);
        }

        #[test]
        fn every_lease_can_eventually_be_taken(until in NOW - 100_000..NOW + 100_000) {
            let lease = Some(Lease { by: OTHER, until });
            if let LeaseStatus::HeldElsewhere { until } = Lease::status(lease, ME, NOW) {
                prop_assert!(until > NOW && until <= NOW + FAR + SKEW + 1);
                prop_assert_eq!(Lease::status(lease, ME, until), LeaseStatus::Free);
                prop_assert_ne!(Lease::status(lease, ME, until - 1), LeaseStatus::Free);
            }
        }

        #[test]
        fn lease_of_another_instance_is_never_held(by in 2_u128..9, until in any::<i32>()) {
            let lease = Lease { by: Uuid::from_u128(by), until: NOW + i64::from(until) };
            prop_assert_ne!(Lease::status(Some(lease), ME, NOW), LeaseStatus::Held);
        }
    }
}
