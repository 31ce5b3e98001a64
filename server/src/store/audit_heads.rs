//! The newest audit line of customers, in memory, so that appending a line needs no read.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::AuditEntry;

/// The cache's capacity in customers, about 10 MB. A full cache is cleared, at the cost of one read for each customer.
const CAPACITY: usize = 50_000;

/// The place of a line in its customer's hash chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditHead {
    /// Its position; 0 before the first line.
    pub position: u64,
    /// Its hash; empty before the first line.
    pub hash: String,
}

impl AuditHead {
    /// The place of `entry`.
    pub fn of(entry: &AuditEntry) -> Self {
        Self { position: entry.position, hash: entry.hash.clone() }
    }
}

/// What this process last wrote or read of each chain. A line that another process appended since is noticed when the
/// condition of the next append fails.
#[derive(Debug, Default)]
pub(super) struct AuditHeads(Mutex<HashMap<Uuid, AuditHead>>);

impl AuditHeads {
    pub(super) fn get(&self, customer_id: Uuid) -> Option<AuditHead> {
        self.heads().get(&customer_id).cloned()
    }

    /// Remembers the newest line of a customer.
    pub(super) fn set(&self, customer_id: Uuid, head: AuditHead) {
        let mut heads = self.heads();
        if heads.len() >= CAPACITY && !heads.contains_key(&customer_id) {
            heads.clear();
        }
        heads.insert(customer_id, head);
    }

    /// Forgets a head whose position turned out to be taken.
    pub(super) fn forget(&self, customer_id: Uuid) {
        self.heads().remove(&customer_id);
    }

    fn heads(&self) -> MutexGuard<'_, HashMap<Uuid, AuditHead>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
