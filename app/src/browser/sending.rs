//! One form's sending: whether it is under way, what went wrong, and under which key it is tried.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use crate::logic::failure::Failure;
use crate::logic::failure::Notice;
use crate::logic::intention::Intention;
use crate::state::Store;

/// The state of a form's sending. Copies are handles to the same state.
#[derive(Clone, Copy)]
pub struct Sending {
    /// Whether a request is under way.
    pub busy: RwSignal<bool>,
    /// What went wrong last.
    pub notice: RwSignal<Option<Notice>>,
    store: Store,
    intention: StoredValue<Intention>,
}

impl Sending {
    /// Nothing is under way yet.
    pub fn new(store: Store) -> Self {
        Self {
            busy: RwSignal::new(false),
            notice: RwSignal::new(None),
            store,
            intention: StoredValue::new(Intention::default()),
        }
    }

    /// Sends, unless something is under way already. `intent` is what is being sent, as text: sending the same again
    /// after a failure reuses the key. `then` takes a success.
    pub fn run<T, F>(self, intent: &str, send: impl FnOnce(Uuid) -> F, then: impl FnOnce(T) + 'static)
    where
        T: 'static,
        F: Future<Output = Result<T, Failure>> + 'static,
    {
        if self.busy.get_untracked() {
            return;
        }
        let fresh = Uuid::new_v4();
        let key = self.intention.try_update_value(|intention| intention.key(intent, fresh)).unwrap_or(fresh);
        self.busy.set(true);
        self.notice.set(None);
        let request = send(key);
        // The answer's event may be quicker than the answer, and the form may be gone by then: hence `try_`.
        spawn_local(async move {
            let answer = request.await;
            if answer.as_ref().map_or_else(Failure::decided, |_| true) {
                _ = self.intention.try_update_value(Intention::settle);
            }
            _ = self.busy.try_set(false);
            match answer {
                Ok(value) => then(value),
                Err(failure) => {
                    if failure.session_over() {
                        self.store.session_over.set(true);
                    }
                    _ = self.notice.try_set(Some(failure.notice()));
                }
            }
        });
    }
}
