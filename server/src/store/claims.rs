//! Claims: which of several instances does a piece of work. A claim ends by itself, so that another takes over what a dead
//! instance held.
//!
//! Claims only keep two from doing the same at the same time. Nothing is wrong where they fail, for instance because a
//! holder was stopped for minutes, or clocks disagree: then something is done twice.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use domain::event::ApplicationId;
use jiff::Timestamp;
use uuid::Uuid;

use super::events::raw_event_of;
use super::{Store, StoreError, Table, n, s};
use crate::raw_event::RawEvent;

/// For how long a claim holds unless it is renewed. Longer than the work usually takes.
pub const LEASE: Duration = Duration::from_secs(4);
/// By how much the clocks of two instances may differ before both do the same work.
const SKEW: i64 = 1000;
/// A claim that ends later than this is the work of a clock that is wrong, and is not waited for.
const FAR: i64 = 60_000;

/// Whose work something is, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The instance; another one after each start, unless it has a name of its own.
    pub by: Uuid,
    /// Milliseconds since 1970, by the clock of that instance.
    pub until: i64,
}

/// What a claim means to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It holds the claim.
    Ours,
    /// It may take the claim: nobody holds it, or not any more.
    Open,
    /// Another holds it.
    Theirs {
        /// When it may be taken at the earliest, in milliseconds since 1970, unless it is renewed.
        until: i64,
    },
}

impl Claim {
    /// A claim of `by`, from `now` on.
    pub fn new(by: Uuid, now: i64) -> Self {
        Self { by, until: now + LEASE.as_millis() as i64 }
    }

    /// What `claim` means to `me` at `now`.
    pub fn turn(claim: Option<Self>, me: Uuid, now: i64) -> Turn {
        match claim {
            Some(claim) if claim.by == me && claim.until > now => Turn::Ours,
            Some(claim) if claim.by != me && claim.until + SKEW >= now && claim.until <= now + FAR => {
                Turn::Theirs { until: claim.until + SKEW + 1 }
            }
            _ => Turn::Open,
        }
    }

    /// Whether `me` holds it for long enough yet to begin without renewing it: half of the lease, after which work under
    /// way renews it.
    pub fn lasts(self, me: Uuid, now: i64) -> bool {
        self.by == me && self.until - now >= LEASE.as_millis() as i64 / 2
    }

    /// The claim in an item, if it carries one.
    pub(super) fn of(item: &HashMap<String, AttributeValue>) -> Option<Self> {
        let by = item.get("claimedBy")?.as_s().ok()?.parse().ok()?;
        let until = item.get("claimedUntil")?.as_n().ok()?.parse().ok()?;
        Some(Self { by, until })
    }

    pub(super) fn put(self, put: PutBuilder) -> PutBuilder {
        put.item("claimedBy", s(self.by.to_string())).item("claimedUntil", n(self.until))
    }
}

/// The machine's time as claims have it.
pub fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// The condition that [`Claim::turn`] is not [`Turn::Theirs`], on attributes of these names.
fn not_theirs(by: &str, until: &str) -> String {
    format!("(attribute_not_exists({by}) OR {by} = :me OR {until} < :over OR {until} > :far)")
}

impl Store {
    /// Claims an unpublished event, or renews the claim, and returns the event's text. None where it is published, or claimed
    /// by another.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim_event(
        &self,
        customer_id: Uuid,
        sequence: u64,
        me: Uuid,
    ) -> Result<Option<RawEvent>, StoreError> {
        let now = now();
        let claimed = self
            .client
            .update_item()
            .table_name(self.tables.name(Table::KafkaEvents))
            .key("customerId", s(customer_id.to_string()))
            .key("sequence", n(sequence))
            .update_expression("SET claimedBy = :me, claimedUntil = :until")
            .condition_expression(format!(
                "attribute_exists(unpublished) AND {}",
                not_theirs("claimedBy", "claimedUntil")
            ))
            .expression_attribute_values(":me", s(me.to_string()))
            .expression_attribute_values(":until", n(Claim::new(me, now).until))
            .expression_attribute_values(":over", n(now - SKEW))
            .expression_attribute_values(":far", n(now + FAR))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew)
            .send()
            .await;
        match claimed {
            Ok(answer) => answer.attributes().map(raw_event_of).transpose(),
            Err(error) if refused(&error) => Ok(None),
            Err(error) => Err(StoreError::request("UpdateItem")(error)),
        }
    }

    /// Gives an event back, for others to publish. Nothing happens where the claim is another's by now.
    ///
    /// # Errors
    /// [`StoreError::Request`].
    pub async fn release_event(&self, customer_id: Uuid, sequence: u64, me: Uuid) -> Result<(), StoreError> {
        let released = self
            .client
            .update_item()
            .table_name(self.tables.name(Table::KafkaEvents))
            .key("customerId", s(customer_id.to_string()))
            .key("sequence", n(sequence))
            .update_expression("REMOVE claimedBy, claimedUntil")
            .condition_expression("claimedBy = :me")
            .expression_attribute_values(":me", s(me.to_string()))
            .send()
            .await;
        match released {
            Ok(_) => Ok(()),
            Err(error) if refused(&error) => Ok(()),
            Err(error) => Err(StoreError::request("UpdateItem")(error)),
        }
    }

    /// Claims the reading of a document, or renews the claim; false where another reads it. Kept on the application's
    /// item beside `state`, without a new version: it decides nothing.
    ///
    /// # Errors
    /// [`StoreError::Request`].
    pub async fn claim_reading(&self, id: &ApplicationId, document_id: Uuid, me: Uuid) -> Result<bool, StoreError> {
        let now = now();
        let claim = Claim::new(me, now);
        let reader = HashMap::from([("by".into(), s(claim.by.to_string())), ("until".into(), n(claim.until))]);
        let claimed = self
            .client
            .update_item()
            .table_name(self.tables.name(Table::Applications))
            .key("applicationId", s(id.to_string()))
            .update_expression("SET #reader = :reader")
            .condition_expression(format!(
                "attribute_exists(applicationId) AND (attribute_not_exists(#reader) OR {})",
                not_theirs("#reader.#by", "#reader.#until")
            ))
            .expression_attribute_names("#reader", reader_of(document_id))
            .expression_attribute_names("#by", "by")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":reader", AttributeValue::M(reader))
            .expression_attribute_values(":me", s(me.to_string()))
            .expression_attribute_values(":over", n(now - SKEW))
            .expression_attribute_values(":far", n(now + FAR))
            .send()
            .await;
        match claimed {
            Ok(_) => Ok(true),
            Err(error) if refused(&error) => Ok(false),
            Err(error) => Err(StoreError::request("UpdateItem")(error)),
        }
    }

    /// Gives the reading of a document back. Nothing happens where the claim is another's by now.
    ///
    /// # Errors
    /// [`StoreError::Request`].
    pub async fn release_reading(&self, id: &ApplicationId, document_id: Uuid, me: Uuid) -> Result<(), StoreError> {
        let released = self
            .client
            .update_item()
            .table_name(self.tables.name(Table::Applications))
            .key("applicationId", s(id.to_string()))
            .update_expression("REMOVE #reader")
            .condition_expression("#reader.#by = :me")
            .expression_attribute_names("#reader", reader_of(document_id))
            .expression_attribute_names("#by", "by")
            .expression_attribute_values(":me", s(me.to_string()))
            .send()
            .await;
        match released {
            Ok(_) => Ok(()),
            Err(error) if refused(&error) => Ok(()),
            Err(error) => Err(StoreError::request("UpdateItem")(error)),
        }
    }
}

/// The attribute that tells who reads a document.
fn reader_of(document_id: Uuid) -> String {
    format!("reader:{document_id}")
}

/// Who reads a document, by an application's item.
pub(super) fn reading_claim(item: &HashMap<String, AttributeValue>, document_id: Uuid) -> Option<Claim> {
    let reader = item.get(&reader_of(document_id))?.as_m().ok()?;
    let by = reader.get("by")?.as_s().ok()?.parse().ok()?;
    let until = reader.get("until")?.as_n().ok()?.parse().ok()?;
    Some(Claim { by, until })
}

fn refused<R>(
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

    fn turn(by: Uuid, until: i64) -> Turn {
        Claim::turn(Some(Claim { by, until }), ME, NOW)
    }

    #[test]
    fn at_its_edges() {
        assert_eq!(Claim::turn(None, ME, NOW), Turn::Open);
        assert_eq!(turn(ME, NOW + 1), Turn::Ours);
        assert_eq!(turn(ME, NOW), Turn::Open);
        assert_eq!(turn(OTHER, NOW + 1), Turn::Theirs { until: NOW + 2 + SKEW });
        assert_eq!(turn(OTHER, NOW - SKEW), Turn::Theirs { until: NOW + 1 });
        assert_eq!(turn(OTHER, NOW - SKEW - 1), Turn::Open);
        assert_eq!(turn(OTHER, NOW + FAR), Turn::Theirs { until: NOW + FAR + SKEW + 1 });
        assert_eq!(turn(OTHER, NOW + FAR + 1), Turn::Open);
        let half = LEASE.as_millis() as i64 / 2;
        assert!(Claim::new(ME, NOW).lasts(ME, NOW + half) && !Claim::new(ME, NOW).lasts(ME, NOW + half + 1));
        assert!(!Claim::new(OTHER, NOW).lasts(ME, NOW));
    }

    proptest! {
        #[test]
        fn a_new_claim_holds_for_its_lease_and_for_one_only(age in 0_i64..10_000, ahead in -SKEW..=SKEW) {
            let claim = Some(Claim::new(ME, NOW));
            let ours = Claim::turn(claim, ME, NOW + age);
            // The other's clock is ahead or behind by no more than is allowed for.
            let theirs = Claim::turn(claim, OTHER, NOW + age + ahead);
            prop_assert!(!(ours == Turn::Ours && theirs == Turn::Open), "{ours:?} {theirs:?}");
            prop_assert_eq!(ours == Turn::Ours, age < LEASE.as_millis() as i64);
        }

        #[test]
        fn waiting_has_an_end(until in NOW - 100_000..NOW + 100_000) {
            let claim = Some(Claim { by: OTHER, until });
            if let Turn::Theirs { until } = Claim::turn(claim, ME, NOW) {
                prop_assert!(until > NOW && until <= NOW + FAR + SKEW + 1);
                prop_assert_eq!(Claim::turn(claim, ME, until), Turn::Open);
                prop_assert_ne!(Claim::turn(claim, ME, until - 1), Turn::Open);
            }
        }

        #[test]
        fn nobody_publishes_on_the_claim_of_another(by in 2_u128..9, until in any::<i32>()) {
            let claim = Claim { by: Uuid::from_u128(by), until: NOW + i64::from(until) };
            prop_assert_ne!(Claim::turn(Some(claim), ME, NOW), Turn::Ours);
        }
    }
}
