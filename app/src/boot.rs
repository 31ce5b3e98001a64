//! The initial data of the page: contexts while the server renders, and JSON in the page for the browser.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::api::OutboxMessage;
#[cfg(not(feature = "hydrate"))]
use domain::api::Snapshot;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
#[cfg(feature = "ssr")]
use serde_json::value::to_raw_value;

use crate::parts::Part;
use crate::state::PageStore;

/// The applicant's state, provided by the server as a context for each request. `None`: a new visitor.
#[cfg(not(feature = "hydrate"))]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageState(pub Option<Snapshot>);

/// Messages of the local notifier, newest first, provided by the server as a context for each request to `/outbox`.
/// `None` or no context: there is no local notifier, and the page does not exist.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outbox(pub Option<Vec<OutboxMessage>>);

/// Whether the phone link of this request is valid, provided by the server as a context for each request to
/// `/phone/{token}`.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PhoneLink(pub bool);

/// The files with the code of each part of the page, by the names of the parts: what `cargo leptos build --split`
/// writes into its manifest. Provided by the server as a context for each request, so that pages preload what they show.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartFiles(pub Arc<BTreeMap<String, Vec<String>>>);

/// The description of a policy in the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProductText {
    /// One sentence.
    pub summary: String,
    /// What is covered, one line each.
    pub covers: Vec<String>,
}

/// The description of every policy, by its id.
pub type Products = BTreeMap<String, ProductText>;

/// The initial data, the same on the server and in the browser.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Boot {
    /// A [`Snapshot`], which only [`Part::Session`] can read.
    snapshot: Option<Box<RawValue>>,
    /// A list of [`OutboxMessage`], which only [`Part::Pages`] can read.
    pub outbox: Option<Box<RawValue>>,
    /// [`Products`], which only [`Part::Cover`] can read.
    pub products: Option<Box<RawValue>>,
    /// Whether the phone link is valid. `None` on other pages.
    #[serde(default)]
    pub phone_link: Option<bool>,
    /// The parts that the page shows at once.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// Whether this build could read the state in the page.
    #[cfg(feature = "hydrate")]
    #[serde(skip, default = "yes")]
    readable: bool,
}

#[cfg(feature = "hydrate")]
const fn yes() -> bool {
    true
}

/// Reads the state in the page before hydration. `None` if this build cannot read it.
#[cfg(feature = "hydrate")]
pub(crate) fn read() -> Option<Boot> {
    let context = Arc::new(hydration_context::HydrateSharedContext::new());
    let boot = Owner::new_root(Some(context)).with(Boot::shared);
    boot.readable.then_some(boot)
}

#[cfg(not(feature = "hydrate"))]
fn snapshot_of_request() -> Option<Snapshot> {
    use_context::<PageState>().and_then(|PageState(snapshot)| snapshot)
}

#[cfg(not(feature = "hydrate"))]
fn store_of_request() -> PageStore {
    let store = PageStore::empty();
    if let Some(snapshot) = snapshot_of_request() {
        store.restore(snapshot);
    }
    store
}

impl Boot {
    /// The state of the page.
    #[cfg(not(feature = "hydrate"))]
    pub(crate) fn store(&self) -> PageStore {
        store_of_request()
    }

    /// The state of the page. That of a new visitor if this build cannot read the applicant's.
    #[cfg(feature = "hydrate")]
    pub(crate) fn store(&self) -> PageStore {
        let store = PageStore::empty();
        if let (Some(part), Some(snapshot)) = (crate::browser::parts::loaded().session, &self.snapshot) {
            part.restore(store, snapshot.get());
        }
        store
    }

    /// Whether this build can read the applicant's state. [`Part::Session`] must be there.
    #[cfg(feature = "hydrate")]
    pub(crate) fn is_readable(&self) -> bool {
        let part = crate::browser::parts::loaded().session;
        self.snapshot.as_ref().is_none_or(|snapshot| part.is_some_and(|part| part.reads(snapshot.get())))
    }

    /// From the contexts on the server, from the JSON in the page in the browser.
    pub(crate) fn shared() -> Self {
        SharedValue::new(Self::of_request).into_inner()
    }

    #[cfg(feature = "ssr")]
    fn of_request() -> Self {
        let messages = use_context::<Outbox>().and_then(|Outbox(messages)| messages);
        Self {
            snapshot: snapshot_of_request().and_then(|snapshot| to_raw_value(&snapshot).ok()),
            outbox: messages.and_then(|messages| to_raw_value(&messages).ok()),
            products: to_raw_value(&products()).ok(),
            phone_link: use_context::<PhoneLink>().map(|PhoneLink(works)| works),
            parts: parts(),
        }
    }

    /// The state in the page is missing or unreadable.
    #[cfg(not(feature = "ssr"))]
    fn of_request() -> Self {
        Self::default()
    }
}

#[cfg(feature = "ssr")]
fn parts() -> Vec<Part> {
    crate::parts::at_once(crate::pages::Page::current(), store_of_request())
}

/// The files with the code of the parts that the page shows at once.
#[cfg(feature = "ssr")]
pub(crate) fn files_at_once() -> Vec<String> {
    let PartFiles(files) = use_context().unwrap_or_default();
    let names = parts().into_iter().map(Part::name);
    let mut found: Vec<_> = names.filter_map(|name| files.get(name)).flatten().cloned().collect();
    found.sort();
    found.dedup();
    found
}

/// The descriptions from the catalogue. They are part of the page, so that the WebAssembly needs neither catalogue nor
/// parser.
#[cfg(feature = "ssr")]
fn products() -> Products {
    domain::policy::Catalogue::builtin()
        .products()
        .iter()
        .map(|product| {
            (product.id.clone(), ProductText { summary: product.summary.clone(), covers: product.covers.clone() })
        })
        .collect()
}

/// What only one page shows, from anywhere inside `App`.
#[derive(Clone, Copy)]
pub(crate) struct OtherPages {
    outbox: StoredValue<Option<Box<RawValue>>>,
    /// Whether the phone link is valid.
    pub phone_link: bool,
}

impl OtherPages {
    pub(crate) fn new(outbox: Option<Box<RawValue>>, phone_link: bool) -> Self {
        Self { outbox: StoredValue::new(outbox), phone_link }
    }

    /// The messages of the outbox. `None`: there is no local notifier.
    pub(crate) fn outbox(&self) -> Option<Vec<OutboxMessage>> {
        self.outbox.with_value(|messages| serde_json::from_str(messages.as_ref()?.get()).ok())
    }
}

/// The descriptions of the policies, from anywhere inside `App`.
pub(crate) fn use_products() -> StoredProducts {
    expect_context::<StoredProducts>()
}

/// [`Products`] as the page has them.
#[derive(Clone, Copy)]
pub(crate) struct StoredProducts(StoredValue<Option<Box<RawValue>>>);

impl StoredProducts {
    pub(crate) fn new(products: Option<Box<RawValue>>) -> Self {
        Self(StoredValue::new(products))
    }

    /// Reads them.
    pub(crate) fn read(&self) -> Products {
        self.0.with_value(|products| serde_json::from_str(products.as_ref()?.get()).ok()).unwrap_or_default()
    }
}
