//! What instances are still to be told that did not answer: told again after their rest, so that a page does not wait for
//! its heartbeat because another instance was slow for a moment.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use uuid::Uuid;

use crate::store::ConnectionRecord;

/// Connections of one instance that are remembered; what finds no room is left to heartbeats.
const CONNECTIONS: usize = 10_000;
/// How often one is told again.
const TRIES: u8 = 3;

/// An event for a connection. One is enough: told of the newest, a socket fetches what comes before.
pub(super) struct Owed {
    pub record: ConnectionRecord,
    pub frame: Bytes,
    tries: u8,
}

/// What is owed, by instance and connection.
#[derive(Default)]
pub(super) struct Ledger {
    instances: Mutex<HashMap<String, HashMap<Uuid, Owed>>>,
}

impl Ledger {
    fn instances(&self) -> MutexGuard<'_, HashMap<String, HashMap<Uuid, Owed>>> {
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an event in place of an earlier one. True where it is the first for its instance, which then has to be
    /// called on.
    pub fn note(&self, record: ConnectionRecord, frame: Bytes) -> bool {
        let mut instances = self.instances();
        let first = !instances.contains_key(&record.instance);
        let owed = instances.entry(record.instance.clone()).or_default();
        if owed.len() < CONNECTIONS || owed.contains_key(&record.connection_id) {
            owed.insert(record.connection_id, Owed { record, frame, tries: 0 });
        }
        first
    }

    /// Notes again what was not told this time either, unless it was tried often or there is a newer event.
    pub fn again(&self, owed: Owed) {
        if owed.tries < TRIES
            && let Some(instance) = self.instances().get_mut(&owed.record.instance)
        {
            instance.entry(owed.record.connection_id).or_insert(Owed { tries: owed.tries + 1, ..owed });
        }
    }

    /// What is owed to `instance`; none where that is nothing, and the next [`Self::note`] is a first one again.
    pub fn take(&self, instance: &str) -> Option<Vec<Owed>> {
        let mut instances = self.instances();
        let owed = std::mem::take(instances.get_mut(instance)?);
        if owed.is_empty() {
            instances.remove(instance);
            return None;
        }
        Some(owed.into_values().collect())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn record(connection: u128) -> ConnectionRecord {
        let at = Timestamp::UNIX_EPOCH;
        ConnectionRecord::new(Uuid::nil(), Uuid::from_u128(connection), "http://one".to_owned(), at)
    }

    fn frames(owed: &[Owed]) -> Vec<&[u8]> {
        owed.iter().map(|owed| &*owed.frame).collect()
    }

    #[test]
    fn the_newest_event_is_enough() {
        let ledger = Ledger::default();
        assert!(ledger.note(record(1), "2".into()));
        assert!(!ledger.note(record(1), "3".into()));
        let mut owed = ledger.take("http://one").unwrap();
        assert_eq!(frames(&owed), [b"3"]);
        // A newer one came while this was told in vain.
        assert!(!ledger.note(record(1), "4".into()), "it is being called on");
        ledger.again(owed.pop().unwrap());
        assert_eq!(frames(&ledger.take("http://one").unwrap()), [b"4"]);
        assert!(ledger.take("http://one").is_none());
        assert!(ledger.note(record(1), "5".into()));
    }

    #[test]
    fn it_is_not_tried_for_ever() {
        let ledger = Ledger::default();
        ledger.note(record(1), "2".into());
        let mut rounds = 0;
        while let Some(owed) = ledger.take("http://one") {
            rounds += 1;
            owed.into_iter().for_each(|owed| ledger.again(owed));
        }
        assert_eq!(rounds, TRIES + 1);
    }
}
