//! One intention, one `Idempotency-Key`: sending the same thing again after a failed attempt must not do it twice.

use uuid::Uuid;

/// What the applicant is trying to do, and the key under which it is being tried.
#[derive(Clone, Debug, Default)]
pub struct Intention {
    attempt: Option<(String, Uuid)>,
}

impl Intention {
    /// The key for sending `body`: the one of the last attempt where the body is the same, else `fresh`.
    pub fn key(&mut self, body: &str, fresh: Uuid) -> Uuid {
        match &self.attempt {
            Some((known, key)) if known == body => *key,
            _ => {
                self.attempt = Some((body.to_owned(), fresh));
                fresh
            }
        }
    }

    /// The attempt was answered: what comes next is a new intention.
    pub fn settle(&mut self) {
        self.attempt = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_keeps_its_key_and_a_change_gets_another() {
        let (one, two, three) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let mut intention = Intention::default();
        assert_eq!(intention.key("a", one), one);
        assert_eq!(intention.key("a", two), one);
        assert_eq!(intention.key("b", two), two);
        intention.settle();
        assert_eq!(intention.key("b", three), three);
    }
}
