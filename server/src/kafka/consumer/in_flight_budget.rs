//! The in-flight budget: the bound of the queue between polling and handling.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::scheduler::Delivered;

/// Counts the messages that are polled and not done. When it is used up, the poller pauses its partitions; one message
/// more may be polled.
#[derive(Debug)]
pub(super) struct InFlightBudget {
    messages: AtomicUsize,
    bytes: AtomicUsize,
    most_messages: usize,
    most_bytes: usize,
}

impl InFlightBudget {
    pub(super) const fn new(most_messages: usize, most_bytes: usize) -> Self {
        Self { messages: AtomicUsize::new(0), bytes: AtomicUsize::new(0), most_messages, most_bytes }
    }

    pub(super) fn add(&self, message: &Delivered) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(size(message), Ordering::Relaxed);
    }

    pub(super) fn remove(&self, message: &Delivered) {
        self.messages.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(size(message), Ordering::Relaxed);
    }

    /// Whether no more messages should be polled.
    pub(super) fn is_full(&self) -> bool {
        self.messages.load(Ordering::Relaxed) >= self.most_messages
            || self.bytes.load(Ordering::Relaxed) >= self.most_bytes
    }

    /// Whether half of the budget is free. Fetching resumes only then, because a pause discards what librdkafka
    /// prefetched.
    pub(super) fn is_half_free(&self) -> bool {
        self.messages.load(Ordering::Relaxed) <= self.most_messages / 2
            && self.bytes.load(Ordering::Relaxed) <= self.most_bytes / 2
    }
}

fn size(message: &Delivered) -> usize {
    message.key.as_ref().map_or(0, Vec::len) + message.payload.as_ref().map_or(0, Vec::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_is_full_at_either_bound_and_half_free_below_half_of_both() {
        let message =
            Delivered { partition: 0, offset: 0, key: Some(vec![0; 10]), payload: Some(vec![0; 30]), timestamp: None };
        let by_count = InFlightBudget::new(2, 10_000);
        by_count.add(&message);
        assert!(!by_count.is_full());
        by_count.add(&message);
        assert!(by_count.is_full() && !by_count.is_half_free());
        by_count.remove(&message);
        assert!(by_count.is_half_free());

        let by_size = InFlightBudget::new(100, 80);
        by_size.add(&message);
        by_size.add(&message);
        assert!(by_size.is_full());
        by_size.remove(&message);
        assert!(!by_size.is_full() && by_size.is_half_free());
    }
}
