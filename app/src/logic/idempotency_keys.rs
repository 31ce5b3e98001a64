//! Idempotency keys: a retry of the same content uses the same `Idempotency-Key`, so that the server does it once.

use uuid::Uuid;

/// The content of the last attempt, and its key.
#[derive(Clone, Debug, Default)]
pub struct IdempotencyKeys {
    attempt: Option<(String, Uuid)>,
}

impl IdempotencyKeys {
    /// The key for `body`: that of the last attempt if its body was the same, else `fresh`.
    pub fn key(&mut self, body: &str, fresh: Uuid) -> Uuid {
        match &self.attempt {
            Some((known, key)) if known == body => *key,
            _ => {
                self.attempt = Some((body.to_owned(), fresh));
                fresh
            }
        }
    }

    /// The attempt was answered. The next one gets a new key.
    pub fn settle(&mut self) {
        self.attempt = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_keeps_its_key_and_changed_content_gets_a_new_key() {
        let (one, two, three) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let mut keys = IdempotencyKeys::default();
        assert_eq!(keys.key("a", one), one);
        assert_eq!(keys.key("a", two), one);
        assert_eq!(keys.key("b", two), two);
        keys.settle();
        assert_eq!(keys.key("b", three), three);
    }
}
