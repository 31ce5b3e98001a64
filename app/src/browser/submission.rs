//! The submission of a form: whether it is in progress, its last error, and its idempotency key.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::logic::failure::Failure;
use crate::logic::failure::Notice;
use crate::logic::idempotency_keys::IdempotencyKeys;
use crate::state::PageStore;

/// The state of a submission. Copies are handles to the same state.
#[derive(Clone, Copy)]
pub struct Submission {
    /// Whether a request is in progress.
    pub busy: RwSignal<bool>,
    /// The last error.
    pub notice: RwSignal<Option<Notice>>,
    store: PageStore,
    idempotency_keys: StoredValue<IdempotencyKeys>,
}

impl Submission {
    /// A submission without a request.
    pub fn new(store: PageStore) -> Self {
        Self {
            busy: RwSignal::new(false),
            notice: RwSignal::new(None),
            store,
            idempotency_keys: StoredValue::new(IdempotencyKeys::default()),
        }
    }

    /// Sends a request, unless one is in progress. `intent` is the content as text: a retry of the same content reuses
    /// the idempotency key. `then` receives the success.
    pub fn run<T, F>(self, intent: &str, send: impl FnOnce(Uuid) -> F, then: impl FnOnce(T) + 'static)
    where
        T: 'static,
        F: Future<Output = Result<T, Failure>> + 'static,
    {
        if self.busy.get_untracked() {
            return;
        }
        let fresh = Uuid::new_v4();
        let key = self.idempotency_keys.try_update_value(|keys| keys.key(intent, fresh)).unwrap_or(fresh);
        self.busy.set(true);
        self.notice.set(None);
        let request = send(key);
        // The event may arrive before the answer and dispose of the form, hence `try_`.
        spawn_local(async move {
            let answer = request.await;
            if answer.as_ref().map_or_else(Failure::decided, |_| true) {
                _ = self.idempotency_keys.try_update_value(IdempotencyKeys::settle);
            }
            _ = self.busy.try_set(false);
            match answer {
                Ok(value) => then(value),
                Err(failure) => {
                    if let Some(end) = failure.session_end() {
                        self.store.session_end.set(Some(end));
                    }
                    if failure == Failure::NewerVersion {
                        self.store.newer_version.set(true);
                    }
                    _ = self.notice.try_set(Some(failure.notice()));
                }
            }
        });
    }
}
