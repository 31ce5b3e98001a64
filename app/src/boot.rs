//! What the server hands to the page: as contexts while it renders, and once more, in the page, for the browser.

use domain::api::{OutboxMessage, Snapshot};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The applicant's state, provided by the server as a context for each request. `None`: a new visitor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageState(pub Option<Snapshot>);

/// Messages that the local notifier kept, newest first, provided by the server as a context for each request to
/// `/outbox`. `None`, or no context at all: there is no local notifier, and no such page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outbox(pub Option<Vec<OutboxMessage>>);

/// What the page starts from, the same on both sides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Boot {
    pub snapshot: Option<Snapshot>,
    pub outbox: Option<Vec<OutboxMessage>>,
}

impl Boot {
    /// From the contexts on the server; in the browser from what the server wrote into the page.
    pub(crate) fn shared() -> Self {
        SharedValue::new(|| Self {
            snapshot: use_context::<PageState>().and_then(|PageState(snapshot)| snapshot),
            outbox: use_context::<Outbox>().and_then(|Outbox(messages)| messages),
        })
        .into_inner()
    }
}
