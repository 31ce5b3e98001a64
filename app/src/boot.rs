//! The initial data of the page: contexts while the server renders, and JSON in the page for the browser.

use std::collections::BTreeMap;

use domain::api::{OutboxMessage, Snapshot};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The applicant's state, provided by the server as a context for each request. `None`: a new visitor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageState(pub Option<Snapshot>);

/// Messages of the local notifier, newest first, provided by the server as a context for each request to `/outbox`.
/// `None` or no context: there is no local notifier, and the page does not exist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outbox(pub Option<Vec<OutboxMessage>>);

/// Whether the phone link of this request is valid, provided by the server as a context for each request to
/// `/phone/{token}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PhoneLink(pub bool);

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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Boot {
    pub snapshot: Option<Snapshot>,
    pub outbox: Option<Vec<OutboxMessage>>,
    pub products: Products,
    /// Whether the phone link is valid. `None` on other pages.
    #[serde(default)]
    pub phone_link: Option<bool>,
    /// Whether this build could read the state in the page. Always true on the server.
    #[serde(skip, default = "yes")]
    readable: bool,
}

const fn yes() -> bool {
    true
}

/// Whether this build can read the state in the page.
#[cfg(feature = "hydrate")]
pub(crate) fn is_readable() -> bool {
    let context = std::sync::Arc::new(hydration_context::HydrateSharedContext::new());
    Owner::new_root(Some(context)).with(|| Boot::shared().readable)
}

impl Boot {
    /// From the contexts on the server, from the JSON in the page in the browser.
    pub(crate) fn shared() -> Self {
        SharedValue::new(|| Self {
            snapshot: use_context::<PageState>().and_then(|PageState(snapshot)| snapshot),
            outbox: use_context::<Outbox>().and_then(|Outbox(messages)| messages),
            products: products(),
            phone_link: use_context::<PhoneLink>().map(|PhoneLink(works)| works),
            // The browser runs this only if the state in the page is missing or unreadable.
            readable: cfg!(feature = "ssr"),
        })
        .into_inner()
    }
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

#[cfg(not(feature = "ssr"))]
fn products() -> Products {
    Products::new()
}

/// The descriptions of the policies, from anywhere inside `App`.
pub(crate) fn use_products() -> StoredProducts {
    expect_context::<StoredProducts>()
}

/// [`Products`], shared without copying.
#[derive(Clone, Copy)]
pub(crate) struct StoredProducts(StoredValue<Products>);

impl StoredProducts {
    pub(crate) fn new(products: Products) -> Self {
        Self(StoredValue::new(products))
    }

    /// The description of one policy, if the catalogue has it.
    pub(crate) fn get(&self, policy_id: &str) -> Option<ProductText> {
        self.0.with_value(|products| products.get(policy_id).cloned())
    }
}
